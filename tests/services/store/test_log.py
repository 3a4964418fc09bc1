"""The log's contract, on both stores: order, gaps, cursors, packing."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from services.errors import Conflict, InvalidInput, NotFound
from services.registry.model import Mode
from services.store.batches import Batch, Categorical, LabelBatch, PredictionBatch, encode
from services.store.cassandra import CassandraStore
from services.store.cassandra.log import CassandraLogSource
from services.store.identifiers import new_ids
from services.store.interface import LogEntry, Position, Segment, Store
from services.store.log.gaps import count_lost, find_gaps, lost_batches, pass_gap
from services.store.sqlite import SqliteStore
from services.store.sqlite.log import SqliteLogSource

NewPredictions = Callable[..., PredictionBatch]
WRITER = "gateway-1"


def write(
    store: Store, project: str, batches: Iterable[Batch], *, number: int = 0, writer: str = WRITER,
    close: bool = False,
) -> list[Batch]:  # fmt: skip
    written = list(batches)
    store.open_segment(project, writer, number)
    for sequence, batch in enumerate(written):
        store.append(project, Position(writer, number, sequence), encode(batch))
    if close:
        rows = sum(len(batch) for batch in written)
        store.close_segment(project, writer, number, rows=rows, last_sequence=len(written) - 1)
    return written


def ids(batches: Iterable[Batch]) -> set[tuple[int, int]]:
    return {(high, low) for batch in batches for high, low in batch.ids.tolist()}


def read(store: Store, project: str, after: dict[str, tuple[int, int]] | None = None) -> list[LogEntry]:
    return list(store.read(project, after or {}))


def advanced(entries: Iterable[LogEntry]) -> dict[str, tuple[int, int]]:
    return {entry.writer: entry.advance for entry in entries if entry.advance is not None}


def labels(count: int) -> LabelBatch:
    return LabelBatch(new_ids(count), np.arange(count, dtype=float), np.arange(count, dtype=np.int64))


def mixed(new_predictions: NewPredictions) -> list[Batch]:
    return [
        new_predictions(30),
        labels(5),
        new_predictions(10, mode=Mode.CHALLENGER),
        new_predictions(20),
        labels(3),
        new_predictions(1, revision="b" * 64),
    ]


def test_batches_come_back_in_order_with_their_places(
    store: Store, project: str, new_predictions: NewPredictions
) -> None:
    written = write(store, project, mixed(new_predictions))
    entries = read(store, project)
    assert [entry.advance for entry in entries] == [(0, sequence) for sequence in range(6)]
    for entry, batch in zip(entries, written, strict=True):
        assert type(entry.batch) is type(batch)
        np.testing.assert_array_equal(entry.batch.ids, batch.ids)


def test_a_refresh_reads_what_is_after_its_cursor(
    store: Store, project: str, new_predictions: NewPredictions
) -> None:
    write(store, project, mixed(new_predictions))
    assert [entry.advance for entry in read(store, project, {WRITER: (0, 3)})] == [(0, 4), (0, 5)]
    assert read(store, project, {WRITER: (0, 5)}) == []


def test_many_batches_cross_every_page(store: Store, project: str) -> None:
    write(store, project, [labels(1) for _ in range(100)], close=True)
    write(store, project, [labels(1) for _ in range(33)], number=1)
    assert len(read(store, project)) == 133
    assert len(read(store, project, {WRITER: (0, 31)})) == 101
    assert len(read(store, project, {WRITER: (0, 99)})) == 33


def test_shipping_again_changes_nothing(store: Store, project: str) -> None:
    first = encode(labels(2))
    store.open_segment(project, WRITER, 0)
    for _ in range(2):
        store.open_segment(project, WRITER, 0)
        store.append(project, Position(WRITER, 0, 0), first)
    assert len(read(store, project)) == 1


def test_reading_stops_at_a_gap_until_it_is_filled(store: Store, project: str) -> None:
    store.open_segment(project, WRITER, 0)
    for sequence in (0, 1, 3):
        store.append(project, Position(WRITER, 0, sequence), encode(labels(1)))
    assert advanced(read(store, project)) == {WRITER: (0, 1)}
    store.append(project, Position(WRITER, 0, 2), encode(labels(1)))
    assert advanced(read(store, project)) == {WRITER: (0, 3)}


def test_a_segment_is_read_only_once_those_before_it_are_closed(store: Store, project: str) -> None:
    write(store, project, [labels(1)], number=0)
    write(store, project, [labels(1)], number=1)
    assert advanced(read(store, project)) == {WRITER: (0, 0)}
    store.close_segment(project, WRITER, 0, rows=1, last_sequence=0)
    assert advanced(read(store, project)) == {WRITER: (1, 0)}


def test_a_closed_segment_that_lacks_its_end_holds_the_reader(store: Store, project: str) -> None:
    write(store, project, [labels(1)], number=0)
    store.close_segment(project, WRITER, 0, rows=2, last_sequence=1)
    write(store, project, [labels(1)], number=1)
    assert advanced(read(store, project)) == {WRITER: (0, 0)}


def test_an_empty_closed_segment_is_passed(store: Store, project: str) -> None:
    store.open_segment(project, WRITER, 0)
    store.close_segment(project, WRITER, 0, rows=0, last_sequence=-1)
    write(store, project, [labels(1)], number=1)
    assert advanced(read(store, project)) == {WRITER: (1, 0)}


def test_writers_do_not_hold_each_other(store: Store, project: str) -> None:
    write(store, project, [labels(2)], writer="one")
    store.open_segment(project, "two", 0)
    store.append(project, Position("two", 0, 1), encode(labels(1)))
    write(store, project, [labels(3)], writer="zed")
    assert advanced(read(store, project)) == {"one": (0, 0), "zed": (0, 0)}
    assert store.writers(project) == ["one", "two", "zed"]


def test_a_limit_ends_where_the_cursor_can_stand(store: Store, project: str) -> None:
    write(store, project, [labels(10) for _ in range(5)])
    entries = list(store.read(project, {}, limit=25))
    assert advanced(entries) == {WRITER: (0, 2)}


def test_segments_tell_their_state(store: Store, project: str) -> None:
    write(store, project, [labels(2)], number=0, close=True)
    store.open_segment(project, WRITER, 1)
    assert store.segments(project) == [
        Segment(WRITER, 0, 2, 0, 0, closed=True),
        Segment(WRITER, 1, 0, -1, 0, closed=False),
    ]


def test_a_blob_over_the_limit_is_refused(store: Store, project: str) -> None:
    with pytest.raises(InvalidInput, match="too long"):
        store.append(project, Position(WRITER, 0, 0), bytes(1_000_001))


def test_packing_keeps_every_row_and_its_order_within_a_kind(
    store: Store, project: str, new_predictions: NewPredictions
) -> None:
    written = write(store, project, mixed(new_predictions), close=True)
    (segment,) = store.segments(project)
    packed = store.pack(project, segment)
    assert packed.chunks == 4
    entries = read(store, project)
    assert ids(entry.batch for entry in entries) == ids(written)
    assert advanced(entries) == {WRITER: (0, 5)}
    assert [entry.advance for entry in entries][:-1] == [None] * 3
    assert store.pack(project, packed) == packed
    champions = entries[0].batch
    assert isinstance(champions, PredictionBatch)
    np.testing.assert_array_equal(champions.predicted[:30], written[0].predicted)
    np.testing.assert_array_equal(champions.sequences, [0] * 30 + [3] * 20)


def test_a_reader_in_the_middle_of_a_segment_goes_on_after_it_is_packed(
    store: Store, project: str, new_predictions: NewPredictions
) -> None:
    written = write(store, project, mixed(new_predictions), close=True)
    store.pack(project, store.segments(project)[0])
    for sequence in range(5):
        entries = read(store, project, {WRITER: (0, sequence)})
        assert ids(entry.batch for entry in entries) == ids(written[sequence + 1 :])
        assert advanced(entries) == {WRITER: (0, 5)}
    assert read(store, project, {WRITER: (0, 5)}) == []


def test_packing_joins_texts_and_splits_below_the_limit(store: Store, project: str) -> None:
    def batch(start: int, count: int) -> LabelBatch:
        texts = [f"{number:08d}{'x' * 40}" for number in range(start, start + count)]
        return LabelBatch(new_ids(count), Categorical.of([*texts[1:], None]), np.zeros(count, np.int64))

    written = write(
        store, project, [batch(start, 10_000) for start in range(0, 120_000, 10_000)], close=True
    )
    packed = store.pack(project, store.segments(project)[0])
    assert packed.chunks > 1
    found = [entry.batch for entry in read(store, project)]
    np.testing.assert_array_equal(
        np.concatenate([part.ids for part in found]), np.concatenate([part.ids for part in written])
    )

    def texts(batches: list[Batch]) -> list[str | None]:
        return [
            text
            for part in batches
            if isinstance(part, LabelBatch) and isinstance(part.labels, Categorical)
            for text in part.labels.texts()
        ]

    assert texts(found) == texts(written)


def test_only_a_closed_and_whole_segment_is_packed(store: Store, project: str) -> None:
    write(store, project, [labels(1)])
    with pytest.raises(Conflict, match="open"):
        store.pack(project, store.segments(project)[0])
    store.close_segment(project, WRITER, 0, rows=2, last_sequence=1)
    with pytest.raises(Conflict, match="lacks"):
        store.pack(project, store.segments(project)[0])
    with pytest.raises(NotFound):
        store.pack(project, Segment(WRITER, 9, 0, 0, 0))
    assert len(read(store, project)) == 1


def test_a_crash_between_the_steps_of_packing_loses_and_doubles_nothing(
    store: Store, project: str, new_predictions: NewPredictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(Exception):
        """The process ends here."""

    def crash(*_: object) -> None:
        raise Crash

    written = write(store, project, mixed(new_predictions), close=True)
    (segment,) = store.segments(project)
    driver = SqliteLogSource if store.kind == "sqlite" else CassandraLogSource
    for step in ("write_chunks", "count_chunks", "drop_blobs"):
        with monkeypatch.context() as patch:
            patch.setattr(driver, step, crash)
            with pytest.raises(Crash):
                store.pack(project, segment)
        found = [entry.batch for entry in read(store, project)]
        assert sum(len(batch) for batch in found) == sum(len(batch) for batch in written)
        assert ids(found) == ids(written)
    assert store.pack(project, segment).chunks == 4
    assert ids(entry.batch for entry in read(store, project)) == ids(written)


def test_a_segment_packed_while_it_is_read_is_read_whole_and_once(store: Store, project: str) -> None:
    written = write(store, project, [labels(1) for _ in range(80)], close=True)
    (segment,) = store.segments(project)
    reading = store.read(project, {})
    entries = [next(reading)]
    store.pack(project, segment)
    entries.extend(reading)
    assert sum(len(entry.batch) for entry in entries) == 80
    assert ids(entry.batch for entry in entries) == ids(written)
    assert advanced(entries) == {WRITER: (0, 79)}


def test_batches_without_rows_keep_their_places_and_pack_to_nothing(
    store: Store, project: str, new_predictions: NewPredictions
) -> None:
    """What a gateway leaves of a batch all of whose rows another one has brought."""
    write(store, project, [new_predictions(0)] * 2, close=True)
    write(
        store, project, [new_predictions(0), new_predictions(3), new_predictions(0)], number=1, close=True
    )
    assert advanced(read(store, project)) == {WRITER: (1, 2)}
    for segment in store.segments(project):
        store.pack(project, segment)
    entries = read(store, project)
    assert sum(len(entry.batch) for entry in entries) == 3
    assert advanced(entries) == {WRITER: (1, 2)}


def lose(store: Store, project: str, sequence: int, *, number: int = 0) -> None:
    """Delete a batch from the log, as a crash of its server may."""
    if isinstance(store, CassandraStore):
        store._session.write(
            "DELETE FROM live_db.log WHERE project = ? AND writer = ? AND segment = ? AND sequence = ?",
            (project, WRITER, number, sequence),
        )
    elif isinstance(store, SqliteStore):
        with store._database.writing() as connection:
            connection.execute(
                "DELETE FROM live_db.log WHERE project = ? AND segment = ? AND sequence = ?",
                (project, number, sequence),
            )


def lose_segment(store: Store, project: str, number: int) -> None:
    """Delete a segment's line in the list of segments."""
    if isinstance(store, CassandraStore):
        store._session.write(
            "DELETE FROM live_db.segments WHERE project = ? AND writer = ? AND segment = ?",
            (project, WRITER, number),
        )
    elif isinstance(store, SqliteStore):
        with store._database.writing() as connection:
            connection.execute(
                "DELETE FROM live_db.segments WHERE project = ? AND segment = ?", (project, number)
            )


def pass_all(store: Store, project: str) -> int:
    return sum(pass_gap(store, project, gap) for gap in find_gaps(store, project))


def test_a_whole_log_has_no_gaps(store: Store, project: str, new_predictions: NewPredictions) -> None:
    assert list(find_gaps(store, project)) == []
    write(store, project, mixed(new_predictions), number=0, close=True)
    write(store, project, mixed(new_predictions), number=1)
    assert list(find_gaps(store, project)) == []
    store.pack(project, store.segments(project)[0])
    assert list(find_gaps(store, project)) == []


@pytest.mark.parametrize("sequence", [0, 3, 5])
def test_what_a_closed_segment_has_lost_is_passed_and_the_rest_read_and_packed(
    store: Store, project: str, new_predictions: NewPredictions, sequence: int
) -> None:
    written = write(store, project, mixed(new_predictions), close=True)
    later = write(store, project, [labels(4)], number=1)
    lose(store, project, sequence)
    assert advanced(read(store, project)).get(WRITER, (0, -1)) == (0, sequence - 1)
    assert [gap.missing for gap in find_gaps(store, project)] == [(sequence,)]
    assert pass_all(store, project) == 1
    left = ids([*written[:sequence], *written[sequence + 1 :], *later])
    assert ids(entry.batch for entry in read(store, project)) == left
    assert advanced(read(store, project)) == {WRITER: (1, 0)}
    store.pack(project, store.segments(project)[0])
    assert ids(entry.batch for entry in read(store, project)) == left
    assert list(find_gaps(store, project)) == []
    assert pass_all(store, project) == 0


def test_what_an_open_segment_has_lost_is_passed(store: Store, project: str) -> None:
    write(store, project, [labels(1) for _ in range(4)])
    lose(store, project, 1)
    assert pass_all(store, project) == 1
    assert advanced(read(store, project)) == {WRITER: (0, 3)}
    store.append(project, Position(WRITER, 0, 4), encode(labels(1)))
    assert advanced(read(store, project)) == {WRITER: (0, 4)}


def test_what_comes_before_its_place_is_passed_is_not_passed(store: Store, project: str) -> None:
    written = write(store, project, [labels(2) for _ in range(3)])
    lose(store, project, 1)
    (gap,) = find_gaps(store, project)
    store.append(project, Position(WRITER, 0, 1), encode(written[1]))
    assert pass_gap(store, project, gap) == 0
    assert ids(entry.batch for entry in read(store, project)) == ids(written)


def test_a_segment_that_nobody_closed_or_lists_any_more_is_closed_once_its_writer_has_gone_on(
    store: Store, project: str
) -> None:
    written = [write(store, project, [labels(2), labels(1)], number=number)[0] for number in range(4)]
    lose_segment(store, project, 1)
    for sequence in (0, 1):
        lose(store, project, sequence, number=2)
    lose_segment(store, project, 2)
    assert advanced(read(store, project)) == {WRITER: (0, 1)}
    assert pass_all(store, project) == 0
    assert advanced(read(store, project)) == {WRITER: (3, 1)}
    del written[2]
    assert ids(written) < ids(entry.batch for entry in read(store, project))


def test_a_place_is_passed_where_nobody_waits_for_it(
    store: Store, project: str, new_predictions: NewPredictions
) -> None:
    write(store, project, mixed(new_predictions), close=True)
    write(store, project, [labels(1), labels(1), labels(1)], number=1)
    lose(store, project, 1, number=1)

    def passed(number: int, sequence: int) -> bool:
        return store.is_passed(project, Position(WRITER, number, sequence))

    assert not passed(0, 3)
    assert passed(0, 6)
    lose(store, project, 2)
    assert not passed(0, 2)
    assert not any(passed(1, sequence) for sequence in (0, 1, 2, 3))
    pass_all(store, project)
    assert [passed(1, sequence) for sequence in (0, 1, 2, 3)] == [False, True, False, False]
    store.pack(project, store.segments(project)[0])
    assert [passed(0, sequence) for sequence in (1, 2, 3, 6)] == [False, True, False, True]


def test_a_batch_that_nobody_can_read_takes_no_other_with_it(
    store: Store, project: str, new_predictions: NewPredictions
) -> None:
    written = mixed(new_predictions)
    store.open_segment(project, WRITER, 0)
    for sequence, batch in enumerate(written):
        blob = b"\x00\xff" if sequence == 2 else encode(batch)
        store.append(project, Position(WRITER, 0, sequence), blob)
    assert advanced(read(store, project)) == {WRITER: (0, 5)}
    left = ids([*written[:2], *written[3:]])
    assert ids(entry.batch for entry in read(store, project)) == left


def test_what_is_lost_is_counted_by_project(store: Store, project: str) -> None:
    assert project not in lost_batches(store)
    count_lost(store, project, 2)
    count_lost(store, project, 1)
    assert lost_batches(store)[project] == 3

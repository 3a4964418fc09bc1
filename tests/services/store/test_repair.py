"""What the log has and live tables lack comes back, exactly; on both stores."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from services.errors import Cancelled, NotFound
from services.registry.model import Mode, Project, Signature, Version
from services.store.batches import Categorical, LabelBatch, PredictionBatch, encode
from services.store.cassandra import CassandraStore
from services.store.identifiers import Ids, buckets, format_id, new_ids, uuids
from services.store.interface import Position, Store
from services.store.repair import Repair, repair_live_tables
from services.store.sqlite import SqliteStore

NewPredictions = Callable[..., PredictionBatch]
NewVersion = Callable[..., Version]


@dataclass
class Shipped:
    """A project whose gateways write as gateways do: into the live tables, then into the log."""

    store: Store
    project: Project
    next: dict[str, int]

    @property
    def name(self) -> str:
        return self.project.name

    def ship(self, batch: PredictionBatch | LabelBatch, writer: str = "g1", *, live: bool = True) -> None:
        sequence = self.next.setdefault(writer, 0)
        self.next[writer] += 1
        position = Position(writer, 0, sequence)
        if live and isinstance(batch, PredictionBatch):
            self.store.write_predictions(self.name, batch)
        elif live and isinstance(batch, LabelBatch):
            self.store.write_labels(self.name, ["A", "B"], batch, position)
        self.store.open_segment(self.name, writer, 0)
        self.store.append(self.name, position, encode(batch))

    def pack(self, writer: str = "g1") -> None:
        last = self.next[writer] - 1
        self.store.close_segment(self.name, writer, 0, rows=99, last_sequence=last)
        (segment,) = [found for found in self.store.segments(self.name) if found.writer == writer]
        self.store.pack(self.name, segment)

    def seen(self, ids: Ids) -> Any:
        """All that the team's programs, and label histories, show of these rows."""
        tables = {name: self.store.newest(self.name, name, 1000) for name in ("A", "B")}
        marks = {name: self.store.labelled_at(self.name, name, ids).tolist() for name in ("A", "B")}
        return repr((tables, marks, self.store.labels(self.name, ids)))

    def remove(self, version: str, ids: Ids) -> None:
        table = f"live_db.{self.name}_{version.lower()}"
        if isinstance(self.store, CassandraStore):
            self.store._session.write_each(
                f"DELETE FROM {table} WHERE bucket = ? AND id = ?",
                zip(buckets(ids).tolist(), uuids(ids), strict=True),
            )
        elif isinstance(self.store, SqliteStore):
            with self.store._database.writing() as connection:
                connection.executemany(
                    f"DELETE FROM {table} WHERE id = ?", [(text,) for text in texts(ids)]
                )

    def remove_history(self, ids: Ids) -> None:
        if isinstance(self.store, CassandraStore):
            self.store._session.write_each(
                "DELETE FROM live_db.labels WHERE project = ? AND bucket = ? AND id = ?",
                zip([self.name] * len(ids), buckets(ids).tolist(), uuids(ids), strict=True),
            )
        elif isinstance(self.store, SqliteStore):
            with self.store._database.writing() as connection:
                connection.executemany(
                    "DELETE FROM live_db.labels WHERE id = ?", [(text,) for text in texts(ids)]
                )


def texts(ids: Ids) -> list[str]:
    return [format_id(high, low) for high, low in ids.tolist()]


def labels(ids: Ids, values: list[float], at: int) -> LabelBatch:
    return LabelBatch(ids, np.array(values), np.full(len(ids), at, dtype=np.int64))


@pytest.fixture
def shipped(store: Store, registered: Project, regression: Signature) -> Shipped:
    """Versions A and B with live tables."""
    for name in ("A", "B"):
        store.prepare_live(registered.name, name, regression)
    return Shipped(store, registered, {})


@pytest.fixture
def now(shipped: Shipped) -> int:
    """Microseconds, after both versions were registered."""
    return int(max(version.created_at.timestamp() for version in shipped.project.versions) * 1e6) + 1_000


@pytest.mark.parametrize("packed", [False, True])
def test_rows_that_were_removed_come_back_exactly(
    shipped: Shipped, now: int, new_predictions: NewPredictions, packed: bool
) -> None:
    first, second = new_predictions(40), new_predictions(25, revision="b" * 64, mode=Mode.CHALLENGER)
    shadow = replace(first, version="B", mode=Mode.CHALLENGER, predicted=first.predicted + 1)
    for batch in (first, shadow, second):
        shipped.ship(batch)
    shipped.ship(labels(first.ids[:10], [float(number) for number in range(10)], now))
    shipped.ship(labels(first.ids[5:8], [55.0, 66.0, 77.0], now + 7))
    shipped.ship(labels(new_ids(1), [9.0], now))
    if packed:
        shipped.pack()
    everything = np.concatenate([first.ids, second.ids])
    before = shipped.seen(everything)
    assert repair_live_tables(shipped.store, shipped.name).predictions == 0
    shipped.remove("A", first.ids[3:20])
    shipped.remove("A", second.ids)
    shipped.remove("B", first.ids[:7])
    shipped.remove_history(first.ids[6:9])
    assert shipped.seen(everything) != before
    found = repair_live_tables(shipped.store, shipped.name)
    assert shipped.seen(everything) == before
    assert (found.rows, found.predictions, found.refused) == (119, 17 + 25 + 7, 0)
    again = repair_live_tables(shipped.store, shipped.name)
    assert (again.predictions, again.labels, again.history) == (0, 0, 0)
    assert repair_live_tables(shipped.store, shipped.name, after=found.cursors).rows == 0


def test_a_table_that_is_gone_comes_back_whole(
    shipped: Shipped, now: int, new_predictions: NewPredictions
) -> None:
    batch = new_predictions(12)
    shipped.ship(batch)
    shipped.ship(labels(batch.ids, [1.0] * 12, now))
    before = shipped.seen(batch.ids)
    if isinstance(shipped.store, CassandraStore):
        shipped.store._session.define(f"DROP TABLE live_db.{shipped.name}_a")
    elif isinstance(shipped.store, SqliteStore):
        shipped.store._database.connection().execute(f"DROP TABLE live_db.{shipped.name}_a")
    found = repair_live_tables(shipped.store, shipped.name)
    assert (found.predictions, found.labels, found.history) == (12, 12, 0)
    assert shipped.seen(batch.ids) == before


def test_a_newer_label_stands_and_a_prediction_that_is_there_stays(
    shipped: Shipped, now: int, new_predictions: NewPredictions
) -> None:
    batch = new_predictions(2)
    shipped.ship(batch)
    shipped.ship(labels(batch.ids, [1.0, 2.0], now))
    # Written since the log was read, by a gateway that has not shipped it to the log yet.
    newer = labels(batch.ids[:1], [7.0], now + 5)
    shipped.store.write_labels(shipped.name, ["A", "B"], newer, Position("g2", 0, 0))
    corrected = replace(batch, predicted=batch.predicted + 100)
    shipped.ship(corrected, live=False)
    before = shipped.seen(batch.ids)
    found = repair_live_tables(shipped.store, shipped.name)
    assert (found.predictions, found.labels, found.history) == (0, 0, 0)
    assert shipped.seen(batch.ids) == before


def test_labels_of_one_moment_stay_as_they_are(
    shipped: Shipped, now: int, new_predictions: NewPredictions
) -> None:
    batch = new_predictions(1)
    shipped.ship(batch)
    shipped.ship(labels(batch.ids, [1.0], now), "g2")
    shipped.ship(labels(batch.ids, [2.0], now), "g1")
    before = shipped.seen(batch.ids)
    repair_live_tables(shipped.store, shipped.name)
    assert shipped.seen(batch.ids) == before


def test_a_version_that_came_later_gets_no_labels_of_what_it_was_not_asked(
    shipped: Shipped, new_version: NewVersion, new_predictions: NewPredictions, regression: Signature
) -> None:
    batch = new_predictions(3)
    shipped.ship(batch)
    version = new_version(shipped.name, "C")
    early = int(version.created_at.timestamp() * 1e6) - 2_000
    shipped.ship(labels(batch.ids, [1.0, 2.0, 3.0], early))
    shipped.store.register(version, who="late")
    shipped.store.prepare_live(shipped.name, "C", regression)
    shipped.ship(replace(batch.take(np.array([1])), version="C", mode=Mode.CHALLENGER))
    repair_live_tables(shipped.store, shipped.name)
    assert shipped.store.labelled_at(shipped.name, "C", batch.ids).tolist() == [-1, early, -1]


def test_what_no_table_takes_is_counted_and_takes_nothing_with_it(
    shipped: Shipped, new_predictions: NewPredictions
) -> None:
    batch = new_predictions(4)
    batch.inputs["year"] = np.array([2001.0, np.inf, 2003.0, 2004.0])
    unknown = replace(new_predictions(2), version="Z")
    strange = replace(new_predictions(3), inputs={"alcohol": Categorical.of(["a", "b", "c"])})
    for one in (batch, unknown, strange):
        shipped.ship(one, live=False)
    found = repair_live_tables(shipped.store, shipped.name)
    assert (found.predictions, found.refused) == (3, 1 + 2 + 3)
    assert [reason for reason in found.reasons if "'Z'" in reason]
    there = shipped.store.predictions(shipped.name, "A", batch.ids)
    assert there is not None
    assert sorted(there.inputs["year"].tolist()) == [2001.0, 2003.0, 2004.0]


def test_several_writers_and_slices_are_gone_through_to_the_end(
    shipped: Shipped, now: int, new_predictions: NewPredictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.store.repair.SLICE_ROWS", 10)
    batches = [new_predictions(6) for _ in range(6)]
    for number, batch in enumerate(batches):
        shipped.ship(batch, f"g{number % 3}", live=False)
        shipped.ship(labels(batch.ids, [1.0] * 6, now), f"g{(number + 1) % 3}", live=False)
    shipped.pack("g1")
    found = repair_live_tables(shipped.store, shipped.name)
    assert (found.rows, found.predictions, found.labels, found.history) == (72, 36, 72, 36)
    assert set(found.cursors) == {"g0", "g1", "g2"}
    assert len(shipped.store.newest(shipped.name, "A", 100)["id"]) == 36


def test_it_ends_when_it_is_told_to_and_of_nothing_there_is_nothing(
    shipped: Shipped, new_predictions: NewPredictions
) -> None:
    with pytest.raises(NotFound):
        repair_live_tables(shipped.store, "nobody")
    assert repair_live_tables(shipped.store, shipped.name) == Repair()
    shipped.ship(new_predictions(1))
    with pytest.raises(Cancelled):
        repair_live_tables(shipped.store, shipped.name, cancelled=lambda: True)

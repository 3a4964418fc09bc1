"""What can never be stored is set aside and told, and everything else goes on."""

import sqlite3
from pathlib import Path

import pytest

from services.errors import Unavailable, Uncertain
from services.evaluation.reader.reader import ProjectReader
from services.gateway.recorder import Recorder
from services.gateway.records import AnsweredRows, Durability, RecordingLimits
from services.gateway.spool.batching import assemble_batches
from services.gateway.spool.entries import EntryReader
from services.gateway.spool.outbox import Outbox
from services.gateway.spool.spool import Spool
from services.http.loop import run
from services.registry.model import Mode
from services.store.interface import Position, Store
from services.store.log.gaps import find_gaps, pass_gap
from tests.services.gateway.recording.conftest import Platform, Until

TOO_LONG = "x" * 1_200_000


def kept(spool: Path) -> list[tuple[str, int, str, bytes]]:
    """What a spool has set aside: project, rows, reason and bytes."""
    connection = sqlite3.connect(spool / "outbox.sqlite3")
    try:
        return connection.execute("SELECT project, rows, reason, content FROM set_aside").fetchall()
    finally:
        connection.close()


def damage(database: Path, statement: str) -> None:
    """Change what a stopped gateway left."""
    connection = sqlite3.connect(database)
    with connection:
        connection.execute(statement)
    connection.close()


def with_text(platform: Platform, text: str) -> AnsweredRows:
    """One row with a text in it."""
    answers = platform.answers(1)
    answers.rows = [(1.0, text)]
    return answers


def test_a_row_that_the_store_cannot_take_stops_neither_its_project_nor_another(
    any_platform: Platform, tmp_path: Path, quick: RecordingLimits, until: Until
) -> None:
    other = Platform(any_platform.address, any_platform.store)
    other.register("A")

    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: any_platform.store, limits=quick)
        recorder.start()
        await recorder.record_and_wait(any_platform.origin(), with_text(any_platform, TOO_LONG))
        answers = any_platform.answers(3)
        others = other.answers(2)
        await recorder.record_and_wait(any_platform.origin(), answers)
        await recorder.record_and_wait(other.origin(), others)
        await recorder.record_labels(any_platform.project, answers.ids[:16], [4.0], versions=["A"])
        await until(lambda: recorder.health().rows == 0)
        assert recorder.trouble == ""
        assert (recorder.health().set_aside, recorder.health().set_aside_rows) == (1, 1)
        await recorder.stop()
        assert len(any_platform.logged_ids()) == 3
        assert len(other.logged_ids()) == 2
        assert sum(map(len, any_platform.logged_labels())) == 1

    run(main())
    (one,) = kept(tmp_path / "spool")
    assert one[:2] == (any_platform.project, 1)
    assert "too long for the log" in one[2]
    assert TOO_LONG.encode() in one[3]


def test_readers_pass_the_place_of_what_was_set_aside(
    any_platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: any_platform.store, limits=quick)
        recorder.start()
        await recorder.record_labels(any_platform.project, bytes(16), [TOO_LONG], versions=["A"])
        await recorder.record_and_wait(any_platform.origin(), any_platform.answers(3))
        await recorder.stop()

    run(main())
    assert ProjectReader(any_platform.store, any_platform.project).follow() == 3


def test_what_is_set_aside_stays_and_is_told_after_a_restart(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def main(*, first: bool) -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        recorder.start()
        if first:
            await recorder.record_and_wait(platform.origin(), with_text(platform, TOO_LONG))
        await recorder.stop()
        assert (recorder.health().set_aside, recorder.health().set_aside_rows) == (1, 1)

    run(main(first=True))
    run(main(first=False))
    assert len(kept(tmp_path / "spool")) == 1


@pytest.mark.parametrize(
    "change", ["UPDATE parcels SET blob = x'00ff' WHERE number = 1", "UPDATE parcels SET blob = x''"]
)
def test_a_batch_that_is_damaged_in_the_spool_takes_no_other_with_it(
    any_platform: Platform, tmp_path: Path, quick: RecordingLimits, change: str
) -> None:
    spool = tmp_path / "spool"

    async def again() -> None:
        recorder = Recorder.open(spool, lambda: any_platform.store, limits=quick)
        recorder.start()
        await recorder.stop()
        assert recorder.health().set_aside > 0

    run(recorded_while_down(any_platform, spool, quick))
    run(assembled(any_platform, spool, quick))
    damage(spool / "outbox.sqlite3", change)
    run(again())
    assert len(any_platform.logged_ids()) == 5 - sum(rows for _, rows, *_ in kept(spool))


def down() -> Store:
    """A store that nobody reaches: all that is recorded stays in the spool."""
    raise Unavailable("the store is down")


async def recorded_while_down(platform: Platform, spool: Path, limits: RecordingLimits) -> None:
    """Leave two rows of one kind and three of another in a spool."""
    recorder = Recorder.open(spool, down, limits=limits)
    recorder.start()
    await recorder.record_and_wait(platform.origin(), platform.answers(2))
    await recorder.record_and_wait(platform.origin("A", Mode.CHALLENGER), platform.answers(3))
    await recorder.stop(0)
    assert recorder.health().rows == 5


async def assembled(platform: Platform, spool: Path, limits: RecordingLimits) -> None:
    """Bring what is in a spool to its outbox, and no further."""
    opened = Spool(spool, limits)
    entries = EntryReader(spool / "entries.sqlite3", opened.files).read(0, 1 << 20)
    opened.outbox.place(assemble_batches(entries), entries[-1].number)
    opened.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET payload = x'c1' WHERE number = 1",
        "UPDATE headers SET header = x'00' WHERE number = 1",
        "DELETE FROM headers WHERE number = 1",
    ],
)
def test_an_entry_that_is_damaged_in_the_spool_takes_no_other_with_it(
    platform: Platform, tmp_path: Path, quick: RecordingLimits, change: str
) -> None:
    spool = tmp_path / "spool"

    async def again() -> None:
        recorder = Recorder.open(spool, lambda: platform.store, limits=quick)
        recorder.start()
        await recorder.stop()
        assert (recorder.health().rows, recorder.health().set_aside_rows) == (0, 2)

    run(recorded_while_down(platform, spool, quick))
    damage(spool / "entries.sqlite3", change)
    run(again())
    assert len(platform.logged_ids()) == 3


def test_a_client_that_waits_for_the_store_is_not_told_that_it_has_what_was_set_aside(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, Durability.STORE, limits=quick)
        recorder.start()
        with pytest.raises(Uncertain, match="set aside"):
            await recorder.record_and_wait(platform.origin(), with_text(platform, TOO_LONG))
        await recorder.record_and_wait(platform.origin(), platform.answers(1))
        await recorder.stop()

    run(main())


def test_what_comes_after_readers_have_passed_its_place_takes_another(
    any_platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    """As when a gateway is down for hours with a batch that it could not bring to the store any more."""
    spool, store, project = tmp_path / "spool", any_platform.store, any_platform.project

    async def main() -> None:
        recorder = Recorder.open(spool, down, limits=quick)
        recorder.start()
        await recorder.record_and_wait(any_platform.origin(), any_platform.answers(2))
        await recorder.record_and_wait(any_platform.origin("A", Mode.CHALLENGER), any_platform.answers(3))
        await recorder.stop(0)

    async def again() -> None:
        recorder = Recorder.open(spool, lambda: store, limits=quick)
        recorder.start()
        await recorder.stop()

    run(main())
    run(assembled(any_platform, spool, quick))
    outbox = Outbox(spool / "outbox.sqlite3")
    first, second = outbox.placed_batches()
    store.open_segment(project, outbox.writer, first.segment)
    store.append(project, Position(outbox.writer, second.segment, second.sequence), second.blob)
    outbox.close()
    (gap,) = find_gaps(store, project)
    assert pass_gap(store, project, gap) == 1
    reader = ProjectReader(store, project)
    assert reader.follow() == 3
    run(again())
    assert reader.follow() == 2
    assert len(any_platform.logged_ids()) == 5

"""The supervisor's loop in this process: outages, failing tasks, the lease, and its tasks."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from services.errors import Corrupt, Unavailable, Uncertain
from services.registry.model import Job, JobState
from services.store.interface import Position, Store
from services.store.log.gaps import lost_batches
from services.store.sqlite import SqliteStore
from services.supervisor.gap_passing import PassGaps
from services.supervisor.leadership import LEASE, Leadership
from services.supervisor.orphaned_jobs import SILENT, EndOrphanedJobs
from services.supervisor.rollup_writing import WriteRollups
from services.supervisor.segment_packing import PackSegments
from services.supervisor.supervisor import Supervisor
from services.supervisor.table_checking import CheckTables
from services.supervisor.tasks import PeriodicTask


def never() -> bool:
    return False


class Counting:
    """A task that counts how often it is asked, and fails as it is told."""

    def __init__(self) -> None:
        self.runs = 0
        self.failure: Exception | None = None

    def run(self, project: str, cancelled: Callable[[], bool]) -> None:
        self.runs += 1
        if self.failure is not None:
            raise self.failure


class Unplugged(SqliteStore):
    """A store that does not answer while it is down."""

    down = False
    asked = 0

    def ping(self) -> None:
        if self.down:
            self.asked += 1
            raise Unavailable("nobody answers")
        super().ping()

    def projects(self) -> list[str]:
        self.ping()
        return super().projects()


@contextmanager
def running(open_store: Callable[[], Store], *tasks: PeriodicTask) -> Iterator[Supervisor]:
    supervisor = Supervisor(
        open_store, make_tasks=lambda _: list(tasks), pause_seconds=0.005, lease_seconds=5.0
    )
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
        thread.join()


def test_an_outage_is_told_once_and_work_goes_on_after_it(
    store: SqliteStore, tmp_path: Path, tools: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "services.supervisor")
    task = Counting()
    opened = Unplugged(tmp_path / "workspace")
    with running(lambda: opened, task):
        tools.wait_for(lambda: task.runs > 2)
        opened.down = True
        task.failure = Unavailable("nobody answers")
        tools.wait_for(lambda: opened.asked > 3)
        opened.down, task.failure = False, None
        tools.wait_for(lambda: "the store is back" in caplog.messages)
    assert [text for text in caplog.messages if "down" in text] == [
        "the store is down, waiting for it: nobody answers"
    ]


def test_a_supervisor_that_starts_while_the_store_is_down_waits_for_it(
    store: SqliteStore, tmp_path: Path, tools: SimpleNamespace
) -> None:
    attempts = 0

    def open_store() -> Store:
        nonlocal attempts
        attempts += 1
        if attempts < 4:
            raise Unavailable("nobody answers")
        return SqliteStore(tmp_path / "workspace")

    task = Counting()
    with running(open_store, task):
        tools.wait_for(lambda: task.runs)
    assert attempts == 4


def test_one_failing_task_does_not_stop_the_others(
    store: SqliteStore, tmp_path: Path, tools: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    failing, working = Counting(), Counting()
    failing.failure = Corrupt("a chunk is broken")
    with running(lambda: SqliteStore(tmp_path / "workspace"), failing, working):
        tools.wait_for(lambda: working.runs > 2)
    assert "Counting for wine: a chunk is broken" in caplog.messages


def test_a_bug_in_one_project_does_not_stop_the_others_and_is_logged_once_with_its_trace(
    store: SqliteStore, tmp_path: Path, tools: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    tools.register(store, "beer")

    class Buggy(Counting):
        def run(self, project: str, cancelled: Callable[[], bool]) -> None:
            if project == "beer":
                raise IndexError("nobody thought of this")
            super().run(project, cancelled)

    working = Buggy()
    with running(lambda: SqliteStore(tmp_path / "workspace"), working):
        tools.wait_for(lambda: working.runs > 3)
    found = [record for record in caplog.records if "nobody thought of this" in record.getMessage()]
    assert [record.getMessage() for record in found] == ["Buggy for beer: nobody thought of this"]
    assert found[0].exc_info is not None


def test_a_project_with_which_only_the_store_has_trouble_does_not_stop_the_others(
    store: SqliteStore, tmp_path: Path, tools: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    tools.register(store, "beer")

    class TooSlow(Counting):
        def run(self, project: str, cancelled: Callable[[], bool]) -> None:
            if project == "beer":
                raise Uncertain("no answer in time")
            super().run(project, cancelled)

    task = TooSlow()
    with running(lambda: SqliteStore(tmp_path / "workspace"), task):
        tools.wait_for(lambda: task.runs > 3)
    assert caplog.messages.count("TooSlow for beer: no answer in time") == 1


def test_a_segment_that_cannot_be_packed_keeps_its_bytes_and_the_next_one_is_packed(
    store: SqliteStore, tools: SimpleNamespace
) -> None:
    tools.ship(store, 0)
    tools.ship(store, 1)
    with store._database.writing() as connection:
        connection.execute("UPDATE live_db.log SET data = x'00' WHERE segment = 0 AND sequence = 1")
    PackSegments(store).run("wine", never)
    first, second = store.segments("wine")
    assert (first.chunks, second.chunks > 0) == (0, True)
    with store._database.reading() as connection:
        (kept,) = connection.execute("SELECT count(*) FROM live_db.log WHERE segment = 0").fetchone()
    assert kept == 2


def test_a_task_that_works_again_and_fails_again_is_logged_again(
    store: SqliteStore, tmp_path: Path, tools: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    task = Counting()
    with running(lambda: SqliteStore(tmp_path / "workspace"), task):
        for _ in range(2):
            task.failure = Corrupt("a chunk is broken")
            before = task.runs
            tools.wait_for(lambda before=before: task.runs > before + 2)
            task.failure = None
            before = task.runs
            tools.wait_for(lambda before=before: task.runs > before + 2)
    assert caplog.messages.count("Counting for wine: a chunk is broken") == 2


@pytest.mark.parametrize("damage", ["rollups", "log"])
def test_a_project_whose_rollups_cannot_be_mended_does_not_stop_the_others(
    store: SqliteStore, tmp_path: Path, tools: SimpleNamespace, damage: str
) -> None:
    tools.register(store, "beer")
    tools.ship(store, 0, project="beer")
    tools.ship(store, 0)
    WriteRollups(store, rows=1).run("beer", never)
    generation = store.newest_rollups("beer")
    with store._database.writing() as connection:
        connection.execute("UPDATE live_db.rollups SET data = 'a text' WHERE project = 'beer'")
        if damage == "log":
            connection.execute("UPDATE live_db.log SET data = x'00ff' WHERE project = 'beer'")
    with running(lambda: SqliteStore(tmp_path / "workspace"), WriteRollups(store, rows=1)):
        tools.wait_for(lambda: tools.cursor(store) == (0, 1))
        if damage == "rollups":
            tools.wait_for(lambda: store.newest_rollups("beer") > generation)
            assert store.rollups("beer") is not None


def test_only_the_holder_of_the_lease_works(
    store: SqliteStore, tmp_path: Path, tools: SimpleNamespace
) -> None:
    assert store.acquire_lease(LEASE, "someone else", 60)
    idle = Counting()
    with running(lambda: SqliteStore(tmp_path / "workspace"), idle):
        leadership = Leadership(store, "a third", seconds=0.05)
        leadership.start()
        assert not leadership.held
        store.release_lease(LEASE, "someone else")
        tools.wait_for(lambda: idle.runs or leadership.held)
        leadership.close()


def test_a_leader_that_cannot_renew_stops_leading(store: SqliteStore, tools: SimpleNamespace) -> None:
    class Lost(SqliteStore):
        lost = False

        def acquire_lease(self, name: str, holder: str, seconds: float) -> bool:
            if self.lost:
                raise Unavailable("nobody answers")
            return super().acquire_lease(name, holder, seconds)

    lost = Lost(store._database.folder)
    leadership = Leadership(lost, "me", seconds=0.3)
    leadership.start()
    tools.wait_for(lambda: leadership.held)
    lost.lost = True
    tools.wait_for(lambda: not leadership.held)
    leadership.close()
    lost.close()


def test_a_segment_with_a_gap_is_packed_once_the_gap_is_filled(
    store: SqliteStore, tools: SimpleNamespace
) -> None:
    task = PackSegments(store)
    tools.ship(store, 0, close=False)
    store.close_segment("wine", "g1", 0, rows=150, last_sequence=2)
    task.run("wine", never)
    assert not store.segments("wine")[0].chunks
    blob = next(iter(store.read("wine", {}))).batch
    from services.store.batches import encode

    store.append("wine", Position("g1", 0, 2), encode(blob))
    task.run("wine", never)
    assert store.segments("wine")[0].chunks


def test_rollups_are_written_when_enough_rows_or_enough_time_have_passed(
    store: SqliteStore, tools: SimpleNamespace
) -> None:
    now = 0.0
    task = WriteRollups(store, rows=150, seconds=60, clock=lambda: now)
    task.run("wine", never)
    assert store.rollups("wine") is None
    for segment, expected in enumerate([0, 0, 2, 2, 4]):
        tools.ship(store, segment)
        task.run("wine", never)
        if segment == 0:
            assert tools.cursor(store) == (0, 1)
        elif segment == 1:
            assert tools.cursor(store) == (0, 1), "100 rows in no time are not enough"
        else:
            assert tools.cursor(store)[0] == expected
    tools.ship(store, 5)
    now = 61.0
    task.run("wine", never)
    assert tools.cursor(store) == (5, 1)


def test_a_supervisor_that_lost_the_race_for_a_generation_goes_on_from_the_winners(
    store: SqliteStore, tools: SimpleNamespace
) -> None:
    first, second = (WriteRollups(store, rows=1, clock=lambda: 0.0) for _ in range(2))
    tools.ship(store, 0)
    first.run("wine", never)
    second.run("wine", never)
    tools.ship(store, 1)
    second.run("wine", never)
    tools.ship(store, 2)
    first.run("wine", never)
    first.run("wine", never)
    assert tools.cursor(store) == (2, 1)


def test_a_job_whose_service_is_gone_is_marked_failed(store: SqliteStore) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    for name, age in (("old", SILENT + timedelta(seconds=1)), ("new", timedelta(seconds=1))):
        store.put_job(Job(name, "wine", "A", JobState.RUNNING, 0.5, "fitting", now - age, now - age))
    EndOrphanedJobs(store, clock=lambda: now).run("wine", never)
    states = {job.id: job.state for job in store.jobs("wine", "A")}
    assert states == {"old": JobState.FAILED, "new": JobState.RUNNING}


class Clock:
    """Seconds that a test lets pass."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_gap_is_passed_once_it_is_old_and_told(
    store: SqliteStore, tools: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    task = PassGaps(store, seconds=300, pause=15, clock=clock)
    rollups = WriteRollups(store, rows=1)
    tools.ship(store, 0)
    tools.ship(store, 1)
    with store._database.writing() as connection:
        connection.execute("DELETE FROM live_db.log WHERE segment = 0 AND sequence = 0")
    for seconds in (0, 15, 299):
        clock.now = 1000 + seconds
        task.run("wine", never)
        rollups.run("wine", never)
        assert tools.cursor(store) == (-1, -1)
    assert lost_batches(store) == {}
    clock.now = 1320
    task.run("wine", never)
    rollups.run("wine", never)
    assert tools.cursor(store) == (1, 1)
    assert lost_batches(store)["wine"] == 1
    assert "1 batches of wine are lost" in caplog.text
    PackSegments(store).run("wine", never)
    assert all(segment.chunks for segment in store.segments("wine"))


def test_a_gap_that_is_filled_in_time_and_one_that_comes_later_have_their_own_time(
    store: SqliteStore, tools: SimpleNamespace
) -> None:
    clock = Clock()
    task = PassGaps(store, seconds=300, pause=0, clock=clock)
    tools.ship(store, 0, close=False)
    blobs = {}
    for moment, sequence in ((1000.0, 0), (1200.0, 1)):
        with store._database.writing() as connection:
            rows = connection.execute("SELECT data FROM live_db.log WHERE sequence = ?", (sequence,))
            (blobs[sequence],) = rows.fetchone()
            connection.execute("DELETE FROM live_db.log WHERE sequence = ?", (sequence,))
        store.append("wine", Position("g1", 0, 2), blobs[sequence])
        clock.now = moment
        task.run("wine", never)
    store.append("wine", Position("g1", 0, 0), blobs[0])
    clock.now = 1400.0
    task.run("wine", never)
    assert lost_batches(store) == {}
    assert store.sequences("wine", "g1", 0) == [0, 2]
    clock.now = 1501.0
    task.run("wine", never)
    assert store.sequences("wine", "g1", 0) == [0, 1, 2]
    assert lost_batches(store)["wine"] == 1


def test_a_segment_that_stays_open_though_its_writer_has_gone_on_is_closed(
    store: SqliteStore, tools: SimpleNamespace
) -> None:
    clock = Clock()
    task = PassGaps(store, seconds=300, pause=0, clock=clock)
    tools.ship(store, 0, close=False)
    tools.ship(store, 1, close=False)
    task.run("wine", never)
    assert [segment.closed for segment in store.segments("wine")] == [False, False]
    clock.now += 301
    task.run("wine", never)
    assert [segment.closed for segment in store.segments("wine")] == [True, False]
    assert lost_batches(store) == {}
    assert WriteRollups(store, rows=1).run("wine", never) is None
    assert tools.cursor(store) == (1, 1)


def test_live_tables_that_lack_what_the_log_has_are_told(
    store: SqliteStore, tools: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    task = CheckTables(store, pause=60, clock=clock)
    tools.ship(store, 0)
    task.run("wine", never)
    assert not caplog.messages
    tools.ship(store, 1)
    with store._database.writing() as connection:
        connection.execute("DELETE FROM live_db.wine_a")
    task.run("wine", never)
    assert not caplog.messages
    clock.now += 61
    task.run("wine", never)
    assert "lack 50 predictions and 50 labels" in caplog.text
    assert store.newest("wine", "A", 10).get("id", []) == []

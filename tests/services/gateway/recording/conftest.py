"""A real store with a registered project, and rows to record."""

import importlib.util
import os
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest

from services.gateway.messages import VersionStatus
from services.gateway.mirroring import Challenger, Mirror
from services.gateway.recorder import Recorder
from services.gateway.records import AnsweredRows, AnswerOrigin, RecordingLimits
from services.http.loop import run
from services.registry.model import Field, FieldType, Mode, Project, Signature, Task, Version
from services.store.addresses import CassandraAddress, SqliteAddress, StoreAddress
from services.store.batches import LabelBatch, PredictionBatch
from services.store.cassandra import CassandraStore
from services.store.connect import open_store
from services.store.identifiers import new_ids
from services.store.interface import Store
from services.store.names import live_table
from services.store.sqlite import SqliteStore
from tests.waiting import eventually_in_loop

REVISION = "0" * 64
TARGET = Field("quality", "quality")


@dataclass
class Platform:
    """A store, a project in it, and what its log holds."""

    address: StoreAddress
    store: Store
    project: str = field(default_factory=lambda: f"wine_{uuid.uuid4().hex[:12]}")
    fields: tuple[Field, ...] = (
        Field("acidity", "acidity"),
        Field("colour", "colour", FieldType.STRING, required=False, nullable=True),
    )

    def register(
        self, name: str, fields: tuple[Field, ...] | None = None, classes: tuple[str, ...] = ()
    ) -> None:
        """Add a version; the first one of the project is its champion."""
        task = Task.CLASSIFICATION if classes else Task.REGRESSION
        signature = Signature(fields or self.fields, TARGET, task, classes)
        now = datetime.now(UTC)
        version = Version(self.project, name, Mode.CHALLENGER, signature, REVISION, now)
        self.store.register(version, who="test")

    def origin(self, name: str = "A", mode: Mode = Mode.CHAMPION) -> AnswerOrigin:
        """What answers of a version share."""
        return AnswerOrigin(self.project, name, REVISION, mode, self.fields)

    def answers(self, count: int, *, first: int = 0, propensity: float = 1.0) -> AnsweredRows:
        """Rows numbered from `first`: the number is the prediction, and the first input."""
        ids = new_ids(count).astype(">u8").tobytes()
        rows = [(float(number), "red") for number in range(first, first + count)]
        predicted = [float(number) for number in range(first, first + count)]
        return AnsweredRows(ids, rows, predicted, None, 1.5, propensity)

    def logged(self, version: str = "A") -> list[PredictionBatch]:
        """The version's batches in the log."""
        entries = self.store.read(self.project, {})
        batches = [entry.batch for entry in entries if isinstance(entry.batch, PredictionBatch)]
        return [batch for batch in batches if batch.version == version]

    def drop_live_table(self, version: str) -> None:
        """Take a version's live table away, under the feet of whoever writes there."""
        table = live_table(self.project, version)
        if isinstance(self.store, CassandraStore):
            self.store._session.define(f"DROP TABLE live_db.{table}")
        elif isinstance(self.store, SqliteStore):
            with self.store._database.writing() as connection:
                connection.execute(f"DROP TABLE live_db.{table}")

    def logged_labels(self) -> list[LabelBatch]:
        """The batches of labels in the log."""
        entries = self.store.read(self.project, {})
        return [entry.batch for entry in entries if isinstance(entry.batch, LabelBatch)]

    def logged_ids(self, version: str = "A") -> list[bytes]:
        """Every id of the version's rows in the log, as often as it stands there."""
        found = [batch.ids.astype(">u8").tobytes() for batch in self.logged(version)]
        return [block[start : start + 16] for block in found for start in range(0, len(block), 16)]

    def live_ids(self, ids: list[bytes], version: str = "A") -> set[bytes]:
        """Which of these ids have a row in the version's live table."""
        wanted = np.frombuffer(b"".join(ids), ">u8").reshape(-1, 2).astype(np.uint64)
        batch = self.store.predictions(self.project, version, wanted)
        block = b"" if batch is None else batch.ids.astype(">u8").tobytes()
        return {block[start : start + 16] for start in range(0, len(block), 16)}


@pytest.fixture(scope="session")
def cassandra_address(
    fresh_keyspaces: Callable[[], AbstractContextManager[CassandraAddress]],
) -> Iterator[CassandraAddress]:
    """Keyspaces of their own on a real server, dropped at the end."""
    with fresh_keyspaces() as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("cassandra", marks=pytest.mark.cassandra)])
def any_platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """A platform on each kind of store, with version A as its project's champion."""
    if request.param == "sqlite":
        address: StoreAddress = SqliteAddress(str(tmp_path / "store"))
    else:
        address = request.getfixturevalue("cassandra_address")
    yield from _platform(address)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """A platform on SQLite, with version A as its project's champion."""
    yield from _platform(SqliteAddress(str(tmp_path / "store")))


def _platform(address: StoreAddress) -> Iterator[Platform]:
    store = open_store(address)
    try:
        platform = Platform(address, store)
        platform.register("A")
        yield platform
    finally:
        store.close()


@pytest.fixture
def quick() -> RecordingLimits:
    """Limits with which a test need not wait."""
    return RecordingLimits(
        reserve_bytes=1 << 16,
        ship_seconds=0.01,
        store_seconds=5.0,
        repeat_seconds=0.2,
        mirror_seconds=0.5,
        ask_seconds=0.5,
        catch_up_seconds=1.0,
        look_seconds=0.05,
    )


Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def until() -> Until:
    """Waits for a condition, and fails when it does not come."""
    return eventually_in_loop


class Moments(NamedTuple):
    """When a row was to be recorded and when it was acknowledged, by the monotonic clock."""

    asked: float
    told: float


class Load:
    """A process that records without end (`load.py`), and what it said it had recorded."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.moments: dict[bytes, Moments] = {}

    def read(self, rows: int) -> None:
        """Wait until so many rows are acknowledged, or the process has ended."""
        assert self.process.stdout is not None
        while len(self.moments) < rows and (line := self.process.stdout.readline()):
            self._note(line)

    def kill(self) -> None:
        """Kill it, and hear what it had still said."""
        self.process.kill()
        assert self.process.stdout is not None
        for line in self.process.stdout.readlines():
            self._note(line)
        self.process.wait()

    def _note(self, line: bytes) -> None:
        if line.endswith(b"\n"):
            ids, asked, told = line.split()
            self.moments[bytes.fromhex(ids.decode())] = Moments(float(asked), float(told))


StartLoad = Callable[..., Load]


@pytest.fixture
def start_load() -> Iterator[StartLoad]:
    """Starts `load.py` on a platform; whatever still runs at the end is killed."""
    started: list[Load] = []

    def start(
        platform: Platform,
        spool: Path,
        *,
        durability: str = "process",
        die: str = "",
        down: bool = False,
        environment: dict[str, str] | None = None,
    ) -> Load:
        task = {
            "address": platform.address,
            "project": platform.project,
            "spool": str(spool),
            "durability": durability,
            "die": die,
            "down": down,
        }
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("load.py")), msgspec.json.encode(task).decode()],
            stdout=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
        )
        load = Load(process)
        started.append(load)
        return load

    yield start
    for load in started:
        load.kill()
        assert load.process.stdout is not None
        load.process.stdout.close()


@pytest.fixture
def ship_rest(quick: RecordingLimits) -> Callable[[Platform, Path], None]:
    """Ships what a killed process left in its spool, as the next start does."""

    async def ship(platform: Platform, spool: Path) -> None:
        recorder = Recorder.open(spool, lambda: platform.store, limits=quick)
        recorder.start()
        await recorder.stop(60)

    return lambda platform, spool: run(ship(platform, spool))


class Registry:
    """The gateway's snapshot, read anew from the store whenever a test says so."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.endpoints: dict[str, str] = {}
        self.refresh()

    def refresh(self) -> None:
        """Follow the registry."""
        project = self._platform.store.project(self._platform.project)
        assert project is not None
        self.project = project
        self._challengers = tuple(
            Challenger(
                project.name,
                version.name,
                self.endpoints.get(version.name, ""),
                "token",
                version.revision,
                version.signature,
            )
            for version in project.versions
            if version.mode is Mode.CHALLENGER
        )

    def projects(self) -> list[Project]:
        """All there is."""
        return [self.project]

    def challengers(self, project: str) -> tuple[Challenger, ...]:
        """Those of the one project."""
        assert project == self.project.name
        return self._challengers


@dataclass
class Shadows:
    """A recorder and a mirror at work, and the service of challenger B."""

    platform: Platform
    recorder: Recorder
    mirror: Mirror
    service: Any
    registry: Registry

    async def predict(self, answers: AnsweredRows) -> None:
        """What the hot path does once the champion has answered."""
        origin = self.platform.origin()
        await self.recorder.record_and_wait(origin, answers)
        self.mirror.offer(origin, answers)

    @property
    def status(self) -> VersionStatus:
        """How B fares."""
        return self.mirror.status(self.platform.project)["B"]

    @property
    def is_left_to_the_log(self) -> bool:
        """Whether nothing waits in B's queue any more."""
        return self.mirror._workers[self.platform.project, "B"].queue.rows == 0


@pytest.fixture
def challenger_service() -> Any:
    """A challenger's service, not started (`challenger.py`)."""
    path = Path(__file__).with_name("challenger.py")
    specification = importlib.util.spec_from_file_location("challenger", path)
    assert specification is not None
    assert specification.loader is not None
    challenger = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(challenger)
    return challenger.Service()


InShadow = Callable[[Callable[[Shadows], Awaitable[None]]], None]


@pytest.fixture
def in_shadow(
    platform: Platform, tmp_path: Path, quick: RecordingLimits, challenger_service: Any
) -> InShadow:
    """Runs a scenario with a recorder, a mirror and a challenger B; again goes on where it stopped."""

    async def main(scenario: Callable[[Shadows], Awaitable[None]]) -> None:
        service = challenger_service
        await service.start()
        registry = Registry(platform)
        registry.endpoints["B"] = service.endpoint
        registry.refresh()
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        recorder.start()
        mirror = Mirror(recorder, registry, lambda: platform.store, quick)
        mirror.start()
        try:
            await scenario(Shadows(platform, recorder, mirror, service, registry))
        finally:
            await mirror.stop()
            await recorder.stop()
            await service.stop()

    def start(scenario: Callable[[Shadows], Awaitable[None]]) -> None:
        project = platform.store.project(platform.project)
        if project is not None and project.version("B") is None:
            platform.register("B")
        run(main(scenario))

    return start

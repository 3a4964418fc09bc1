"""A store with one project, and real supervisor processes."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from services.registry.model import Field, Mode, Signature, Task, Version
from services.store.batches import LabelBatch, PredictionBatch, encode
from services.store.identifiers import Ids, new_ids
from services.store.interface import Position
from services.store.sqlite import SqliteStore
from tests.waiting import eventually

SIGNATURE = Signature((Field("ph", "ph"),), Field("quality", "quality"), Task.REGRESSION)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Holds the project `wine` with the version A."""
    opened = SqliteStore(tmp_path / "workspace")
    register(opened, "wine")
    yield opened
    opened.close()


def register(store: SqliteStore, project: str) -> None:
    """A project with the version A."""
    created = datetime(2026, 11, 12, tzinfo=UTC)
    store.register(Version(project, "A", Mode.CHAMPION, SIGNATURE, "1" * 64, created), who="test")
    store.prepare_live(project, "A", SIGNATURE)


def ship(
    store: SqliteStore, segment: int, *, rows: int = 50, close: bool = True, project: str = "wine"
) -> Ids:
    """A segment of writer `g1`: predictions, then their labels."""
    ids = new_ids(rows)
    numbers = np.arange(rows, dtype=np.float64)
    ones = np.ones(rows, dtype=np.float32)
    predictions = PredictionBatch(
        "A", "1" * 64, Mode.CHAMPION, ids, {"ph": numbers}, numbers, None, ones, ones
    )
    labels = LabelBatch(ids, numbers + 1, np.full(rows, time.time_ns() // 1000))
    store.open_segment(project, "g1", segment)
    store.write_predictions(project, predictions)
    store.append(project, Position("g1", segment, 0), encode(predictions))
    store.write_labels(project, ["A"], labels, Position("g1", segment, 1))
    store.append(project, Position("g1", segment, 1), encode(labels))
    if close:
        store.close_segment(project, "g1", segment, rows=2 * rows, last_sequence=1)
    return ids


def cursor(store: SqliteStore) -> tuple[int, int]:
    """Where the rollups' cursor of writer `g1` stands; (-1, -1) before there are any."""
    newest = store.rollups("wine")
    if newest is None:
        return (-1, -1)
    segment, sequence = json.loads(newest[2])["cursors"].get("g1", (-1, -1))
    return segment, sequence


@pytest.fixture
def tools() -> SimpleNamespace:
    """The functions of this file, for tests that cannot import it."""
    return SimpleNamespace(register=register, ship=ship, wait_for=eventually, cursor=cursor)


@pytest.fixture
def start_supervisor(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts real supervisors on the store's folder; ends those that still run."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [
            sys.executable, "-m", "app", "supervisor", "--store", f"sqlite:{tmp_path / 'workspace'}",
            "--held", "--lease-seconds", "1.5", "--pause-seconds", "0.1",
        ]  # fmt: skip
        log = (tmp_path / f"supervisor-{len(started)}.log").open("wb")
        with log:
            started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log))
        return started[-1]

    yield start
    for process in started:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(20)

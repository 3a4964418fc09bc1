"""A window on a real SQLite store, and the rule that nothing of it stays behind."""

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partialmethod
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.connection.platform import Platform, Progress
from app.paths import AppPaths
from app.program import Program
from app.startup import OpenRequest, Startup
from services.client import GatewayClient
from services.errors import Unavailable
from services.profiles.profile import Profile
from services.profiles.secrets import Secrets
from services.registry.model import Field, FieldType, Mode, Revision, Signature, Task, TokenRole, Version
from services.registry.tokens import new_secret, new_token
from services.store.batches import Categorical, LabelBatch, PredictionBatch, encode
from services.store.interface import Position, Store
from services.store.sqlite import SqliteStore

CLASSES = ("setosa", "versicolor", "virginica")
NOWHERE = "http://127.0.0.1:9"  # the discard port, where nothing listens


def signature(task: Task) -> Signature:
    """Two numbers in; a number or a class out."""
    inputs = (Field("alcohol", "alcohol", unit="%"), Field("fixed acidity", "fixed_acidity", unit="g/l"))
    if task is Task.REGRESSION:
        return Signature(inputs, Field("quality", "quality"), task)
    return Signature(inputs, Field("species", "species", FieldType.STRING), task, CLASSES)


def revision_of(project: str, version: str, number: int = 0) -> Revision:
    """The revision of that number of a version."""
    name = f"{project}/{version}/{number}".encode().hex()
    return Revision(
        project, version, (name * 64)[:64], 1000, datetime.now(UTC), 1279, "scikit-learn 1.6.1",
        metrics={"RMSE": 0.61 - number / 100},
    )  # fmt: skip


@dataclass(frozen=True)
class Filling:
    """How a project is filled: rows, how many of the live ones are labelled, over how many hours."""

    training: int = 300
    live: int = 400
    labelled: int = 312
    hours: float = 20.0
    seed: int = 1


def fill(store: Store, project: str, task: Task, filling: Filling = Filling()) -> None:
    """Register versions A and B, and write a training set, predictions and labels for them."""
    shape = signature(task)
    for order, name in enumerate("AB"):
        revision = revision_of(project, name)
        version = Version(
            project, name, Mode.CHALLENGER, shape, revision.sha256, datetime.now(UTC),
            url=f"http://127.0.0.1:18000/v1/projects/{project}/versions/{name}", order=order,
        )  # fmt: skip
        store.register(version, who="Ana")
        store.add_revision(revision)
    random = np.random.default_rng(filling.seed)
    _fill_training(store, project, shape, filling.training, random)
    if filling.live:
        _fill_live(store, project, shape, filling, random)


def add_live(store: Store, project: str, task: Task, filling: Filling) -> None:
    """Write live rows and labels for a project that has none yet."""
    _fill_live(store, project, signature(task), filling, np.random.default_rng(filling.seed))


def _inputs(rows: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    return {"alcohol": random.normal(10.4, 1.0, rows), "fixed_acidity": random.normal(8.3, 1.7, rows)}


def _truth(shape: Signature, inputs: dict[str, np.ndarray], random: np.random.Generator) -> np.ndarray:
    noise = random.normal(0, 0.4, len(inputs["alcohol"]))
    score = 5.6 + 0.5 * (inputs["alcohol"] - 10.4) - 0.1 * (inputs["fixed_acidity"] - 8.3) + noise
    return score if shape.task is Task.REGRESSION else np.clip(np.round(score - 4.6), 0, 2)


def _answers(
    shape: Signature, truth: np.ndarray, error: float, random: np.random.Generator
) -> tuple[np.ndarray | Categorical, np.ndarray | None]:
    if shape.task is Task.REGRESSION:
        return truth + random.normal(0, error, len(truth)), None
    scores = np.exp(
        -2 * np.abs(truth[:, None] - np.arange(3)[None, :] + random.normal(0, error, (len(truth), 3)))
    )
    scores /= scores.sum(axis=1, keepdims=True)
    return Categorical(scores.argmax(axis=1).astype(np.int32), CLASSES), scores


def _column(shape: Signature, truth: np.ndarray) -> np.ndarray | Categorical:
    return truth if shape.task is Task.REGRESSION else Categorical(truth.astype(np.int32), CLASSES)


def _fill_training(
    store: Store, project: str, shape: Signature, rows: int, random: np.random.Generator
) -> None:
    inputs = _inputs(rows, random)
    truth = _truth(shape, inputs, random)
    ids = np.arange(rows, dtype=np.float64)
    store.write_training(project, shape, {"id": ids, **inputs, shape.target.column: _column(shape, truth)})
    for name, error in (("A", 0.5), ("B", 0.35)):
        predicted, scores = _answers(shape, truth, error, random)
        by_class = None if scores is None else {c: scores[:, i] for i, c in enumerate(CLASSES)}
        store.write_training_predictions(project, name, ids, predicted, by_class)


def _fill_live(
    store: Store, project: str, shape: Signature, filling: Filling, random: np.random.Generator
) -> None:
    rows = filling.live
    inputs = _inputs(rows, random)
    truth = _truth(shape, inputs, random)
    ids = _ids(rows, filling.hours)
    store.open_segment(project, "gateway-1", 0)
    for sequence, (name, mode, error) in enumerate(
        (("A", Mode.CHAMPION, 0.6), ("B", Mode.CHALLENGER, 0.4))
    ):
        store.prepare_live(project, name, shape)
        predicted, scores = _answers(shape, truth, error, random)
        batch = PredictionBatch(
            name, revision_of(project, name).sha256, mode, ids, dict(inputs), predicted, scores,
            np.full(rows, 0.8, np.float32), np.full(rows, 1.0, np.float32),
        )  # fmt: skip
        store.write_predictions(project, batch)
        store.append(project, Position("gateway-1", 0, sequence), encode(batch))
    known = slice(0, filling.labelled)
    labels = LabelBatch(
        ids[known], _column(shape, truth[known]), np.full(filling.labelled, time.time_ns() // 1000)
    )
    position = Position("gateway-1", 0, 2)
    store.write_labels(project, ("A", "B"), labels, position)
    store.append(project, position, encode(labels))


def _ids(rows: int, hours: float) -> np.ndarray:
    """Version 7 ids, spread over the last hours."""
    now = time.time() * 1000
    milliseconds = np.linspace(now - hours * 3_600_000, now - 60_000, rows).astype(np.uint64)
    high = (
        milliseconds << np.uint64(16)
        | np.uint64(0x7000)
        | (np.arange(rows, dtype=np.uint64) & np.uint64(0xFFF))
    )
    low = np.uint64(1 << 63) | (
        np.arange(rows, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(2)
    )
    return np.stack([high, low], axis=1)


class Switch:
    """A real store that can be cut off: while `down`, every call says so."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.down = False

    def __getattr__(self, name: str) -> object:
        found = getattr(self._store, name)
        if name in {"kind", "close"} or not callable(found):
            return found

        def call(*arguments: object, **named: object) -> object:
            if self.down:
                raise Unavailable("Cassandra at 10.0.0.7 does not answer", remedy="Is it running?")
            return found(*arguments, **named)

        return call


@dataclass
class Opened:
    """A window on a store."""

    start: Startup
    store: Store
    switches: list[Switch]
    paths: AppPaths
    qtbot: QtBot

    @property
    def switch(self) -> Switch:
        """Cuts off the platform that is open."""
        return self.switches[-1]

    @property
    def program(self) -> Program:
        assert self.start.program is not None
        return self.start.program

    def wait_for_data(self) -> None:
        """Until Monitor shows what it has seen."""
        self.qtbot.waitUntil(lambda: self.program.presenter.data is not None, timeout=20_000)


OpenWindow = Callable[..., Opened]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no failure: conditions may take longer than pytest-qt's five seconds."""
    monkeypatch.setattr(QtBot, "waitUntil", partialmethod(QtBot.waitUntil, timeout=30_000))


@pytest.fixture
def paths(tmp_path: Path) -> AppPaths:
    return AppPaths(tmp_path / "config", tmp_path / "cache", tmp_path / "data")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store that stands for what other windows and gateways do."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    made = SqliteStore(folder)
    yield made
    made.close()


@pytest.fixture
def filling() -> SimpleNamespace:
    """What fills a store."""
    return SimpleNamespace(fill=fill, add_live=add_live, Filling=Filling, revision_of=revision_of)


@pytest.fixture
def wine(store: Store) -> Store:
    """One regression project."""
    fill(store, "wine", Task.REGRESSION)
    return store


@pytest.fixture
def gateway(store: Store, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Address and administrator's token of a gateway over the window's store, a process of its own."""
    token, row = new_token(TokenRole.ADMIN, label="test")
    store.add_token(row)
    address = f"sqlite:{tmp_path / 'workspace'}"
    command = [sys.executable, "-m", "app", "gateway", "--held", "--store", address]
    with subprocess.Popen(
        [*command, "--spool", str(tmp_path / "spool")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "RELEVO_SECRET": new_secret()},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["address"], token
        process.stdin.close()


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path, paths: AppPaths, store: Store) -> Iterator[OpenWindow]:
    """Opens windows on the store; closes them as the program does."""
    opened: list[Startup] = []

    def open_one(gateway: tuple[str, str] = (NOWHERE, "")) -> Opened:
        switches: list[Switch] = []

        def opener(profile: Profile, _secrets: Secrets, _progress: Progress) -> Platform:
            switches.append(Switch(SqliteStore(tmp_path / "workspace")))
            return Platform(profile, switches[-1], GatewayClient(*gateway))  # type: ignore[arg-type]

        start = Startup(paths, OpenRequest(workspace=str(tmp_path / "workspace")), opener=opener)
        opened.append(start)
        start.shell.resize(1280, 720)
        start.shell.show()
        start.load()
        qtbot.waitUntil(lambda: start.program is not None, timeout=30_000)
        return Opened(start, store, switches, paths, qtbot)

    yield open_one
    for start in opened:
        start.shell.close()
        start.close()
        start.shell.deleteLater()
        start.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(autouse=True)
def nothing_of_qt_is_left(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a window or a running timer behind."""
    windows_before, timers_before = _open_windows(qapp), _running_timers()
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    windows = [window for window in _open_windows(qapp) if window not in windows_before]
    # What an earlier test left is told there, and once.
    timers = [timer for timer in _running_timers() if timer not in timers_before]
    assert not windows, f"left open: {windows}"
    assert not timers, f"left running: {[timer.parent() for timer in timers]}"


def _open_windows(qapp: QApplication) -> list[QWidget]:
    return [window for window in qapp.topLevelWidgets() if window.isVisible()]


def _running_timers() -> list[QTimer]:
    # By type: `isinstance` asks a weak reference's proxy for its class, which fails once that is gone.
    return [
        found
        for found in gc.get_objects()
        if issubclass(type(found), QTimer) and isValid(found) and found.isActive()
    ]

"""A small platform for the reader's tests: a real SQLite store, and writers that ship as gateways do."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from services.evaluation.model import Metrics
from services.evaluation.summaries import LabelledRows, summary_for
from services.registry.model import Field, FieldType, Mode, Signature, Task, Version
from services.store.batches import Batch, Categorical, Column, LabelBatch, PredictionBatch, encode
from services.store.identifiers import Ids
from services.store.interface import Position, Store
from services.store.sqlite import SqliteStore

CLASSES = ("setosa", "versicolor", "virginica")
INPUTS = (Field("length", "length"), Field("colour", "colour", FieldType.STRING))


def signature_for(task: Task) -> Signature:
    """Two inputs, a number and a text."""
    if task is Task.REGRESSION:
        return Signature(INPUTS, Field("quality", "quality"), task)
    return Signature(INPUTS, Field("species", "species", FieldType.STRING), task, CLASSES)


def ids_at(seconds: np.ndarray, numbers: np.ndarray) -> Ids:
    """Version 7 ids made at these Unix seconds, told apart by these numbers."""
    milliseconds = np.asarray(np.asarray(seconds, dtype=np.float64) * 1000, dtype=np.uint64)
    numbers = np.asarray(numbers, dtype=np.uint64)
    high = milliseconds << np.uint64(16) | np.uint64(0x7000) | (numbers & np.uint64(0xFFF))
    low = np.uint64(1 << 63) | (numbers * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(2))
    return np.stack([high, low], axis=1)


@dataclass(eq=False)
class Writer:
    """Ships to the store as a gateway does: live tables first, then the log."""

    platform: "Platform"
    name: str
    segment: int = -1
    sequence: int = 0
    rows: int = 0
    is_open: bool = False

    def ship(self, batch: Batch) -> None:
        self.log(batch, self.write_live(batch))

    def write_live(self, batch: Batch) -> Position:
        """The first half of shipping."""
        store, project = self.platform.store, self.platform.project
        if not self.is_open:
            self.segment, self.sequence, self.rows, self.is_open = self.segment + 1, 0, 0, True
            store.open_segment(project, self.name, self.segment)
        position = Position(self.name, self.segment, self.sequence)
        if isinstance(batch, LabelBatch):
            store.write_labels(project, self.platform.versions, batch, position)
        else:
            store.write_predictions(project, batch)
        self.sequence += 1
        self.rows += len(batch)
        return position

    def log(self, batch: Batch, position: Position) -> None:
        """The second half."""
        self.platform.store.append(self.platform.project, position, encode(batch))

    def close(self) -> None:
        if self.is_open:
            self.platform.store.close_segment(
                self.platform.project, self.name, self.segment, rows=self.rows,
                last_sequence=self.sequence - 1,
            )  # fmt: skip
            self.is_open = False


@dataclass(eq=False)
class Platform:
    """A store with one project, and a clock that stands still until it is moved."""

    store: Store
    task: Task = Task.CLASSIFICATION
    versions: tuple[str, ...] = ("A", "B")
    project: str = "flowers"
    now: float = 1_700_000_000.0
    writers: dict[str, Writer] = field(default_factory=dict)

    def register(self) -> None:
        for name in self.versions:
            self.add_version(name)

    def add_version(self, name: str) -> None:
        signature = signature_for(self.task)
        version = Version(
            self.project, name, Mode.CHALLENGER, signature, "0" * 64, datetime(2023, 11, 1, tzinfo=UTC)
        )
        self.store.register(version, who="test")
        self.store.prepare_live(self.project, name, signature)

    def clock(self) -> float:
        return self.now

    def writer(self, name: str) -> Writer:
        return self.writers.setdefault(name, Writer(self, name))

    def predictions(self, version: str, ids: Ids, *, mode: Mode = Mode.CHAMPION, revision: str = "",
                    late: bool = False, brought: bool = False) -> PredictionBatch:  # fmt: skip
        """What a deterministic model answers for these ids: the same whenever it is asked."""
        seed = (ids[:, 1] >> np.uint64(7)).astype(np.int64) + sum(map(ord, version))
        predicted: Column = seed % 97 / 7.0
        scores = None
        if self.task is Task.CLASSIFICATION:
            weights = np.stack([(seed * factor) % 101 + 1.0 for factor in (3, 5, 7)], axis=1)
            scores = weights / weights.sum(axis=1, keepdims=True)
            predicted = Categorical(scores.argmax(axis=1).astype(np.int32), CLASSES)
        colours = Categorical((seed % 3).astype(np.int32), ("red", "white", "rosé"))
        return PredictionBatch(
            version, revision or "0" * 64, mode, ids, {"length": seed % 53 / 3.0, "colour": colours},
            predicted, scores, np.ones(len(ids), dtype=np.float32), np.ones(len(ids), dtype=np.float32),
            late=late, brought=brought,
        )  # fmt: skip

    def labels(self, ids: Ids, values: list[int], *, at: float | list[float] = 0.0) -> LabelBatch:
        """True values by number: the class of that place (any other is unknown), or the number itself."""
        labelled_at = np.broadcast_to(np.asarray(at, dtype=np.float64) * 1e6, len(ids)).astype(np.int64)
        if self.task is Task.REGRESSION:
            return LabelBatch(ids, np.array(values, dtype=np.float64), labelled_at)
        names = [CLASSES[value] if value < len(CLASSES) else f"unknown {value}" for value in values]
        return LabelBatch(ids, Categorical.of(list(names)), labelled_at)

    def pack(self) -> None:
        for segment in self.store.segments(self.project):
            if segment.closed and not segment.chunks:
                self.store.pack(self.project, segment)


@pytest.fixture
def make_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Platform]]:
    """Makes platforms, each in a folder of its own, and closes them."""
    made: list[Platform] = []

    def make(task: Task = Task.CLASSIFICATION, versions: tuple[str, ...] = ("A", "B")) -> Platform:
        folder: Path = tmp_path_factory.mktemp("platform")
        made.append(Platform(SqliteStore(folder), task, versions))
        made[-1].register()
        return made[-1]

    yield make
    for platform in made:
        platform.store.close()


@pytest.fixture
def make_platform_on() -> Callable[..., Platform]:
    """Makes a project on a store of any kind, which whoever opened it closes."""

    def make(store: Store, project: str) -> Platform:
        platform = Platform(store, project=project)
        platform.register()
        return platform

    return make


def plain(value: object) -> object:
    """Anything of a view as nested lists, comparable with ==, NaN equal to NaN."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def metrics(platform: Platform, version: str, ids: Ids, values: list[int]) -> Metrics:
    """What the metrics of these rows should be, counted in one go."""
    batch = platform.predictions(version, ids)
    summary = summary_for(signature_for(platform.task))
    labels = platform.labels(ids, values).labels
    summary.add_rows(LabelledRows(ids, labels, batch.predicted, batch.scores))
    return summary.metrics()


@pytest.fixture(scope="session")
def reader_tools() -> SimpleNamespace:
    """The functions of this file, for tests that cannot import it."""
    return SimpleNamespace(ids_at=ids_at, plain=plain, metrics=metrics, signature_for=signature_for)

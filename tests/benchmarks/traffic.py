"""Live traffic of one version, written to a store's log as a gateway ships it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from services.registry.model import Field, FieldType, Mode, Signature, Task, Version
from services.store.batches import Batch, Categorical, Floats, LabelBatch, PredictionBatch, encode
from services.store.identifiers import Ids
from services.store.interface import Position, Store

CLASSES = ("setosa", "versicolor", "virginica")
SEGMENT_ROWS = 100_000
_REVISION = "0" * 64


def signature_of(task: Task, inputs: int) -> Signature:
    """So many numeric inputs, and a class or a number as target."""
    fields = tuple(Field(f"input_{number}", f"input_{number}") for number in range(inputs))
    if task is Task.REGRESSION:
        return Signature(fields, Field("quality", "quality"), task)
    return Signature(fields, Field("species", "species", FieldType.STRING), task, CLASSES)


class Traffic:
    """A project with version A under constant load, each row labelled; the log's only writer.

    Args:
        store: where it is written.
        project: its name.
        task: regression, or classification with scores for three classes.
        inputs: how many numeric inputs.
        batch: rows in a blob of the log.
        rate: rows per second of the traffic's own clock, which ends now.
        rows: how many rows the clock's start leaves time for.
        pack: whether a segment is packed as soon as it is full.
    """

    def __init__(
        self, store: Store, project: str, *, task: Task, inputs: int, batch: int, rate: float, rows: int,
        pack: bool = True,
    ) -> None:  # fmt: skip
        self._store, self._project = store, project
        self._task, self._inputs, self._batch, self._rate = task, inputs, batch, rate
        self._pack = pack
        self._random = np.random.default_rng(7)
        self._clock = time.time() - rows / rate
        self._segment, self._sequence, self._in_segment = 0, 0, 0
        signature = signature_of(task, inputs)
        now = datetime.now(UTC)
        store.register(Version(project, "A", Mode.CHAMPION, signature, _REVISION, now), who="benchmark")
        store.prepare_live(project, "A", signature)
        store.open_segment(project, "bench", 0)

    def write(self, rows: int, *, labels: bool = True) -> None:
        """Append so many predictions, and the label of each soon after."""
        for start in range(0, rows, self._batch):
            predictions = self.predictions(min(self._batch, rows - start))
            self.append(predictions)
            if labels:
                self.append(self.labels_of(predictions))

    def predictions(self, rows: int) -> PredictionBatch:
        """A model's answers to random questions."""
        scores = self._random.dirichlet(np.ones(3), rows) if self._task is Task.CLASSIFICATION else None
        return PredictionBatch(
            version="A",
            revision=_REVISION,
            mode=Mode.CHAMPION,
            ids=self._ids(rows),
            inputs={f"input_{number}": self._measured(rows) for number in range(self._inputs)},
            predicted=self._random.normal(6, 1, rows) if scores is None else _classes(scores),
            scores=scores,
            latency_ms=self._random.gamma(2, 0.5, rows).astype(np.float32),
            propensity=np.ones(rows, dtype=np.float32),
        )

    def labels_of(self, predictions: PredictionBatch) -> LabelBatch:
        """True values, that agree with the prediction more often than not."""
        rows = len(predictions)
        labelled_at = np.full(rows, int(self._clock * 1e6), dtype=np.int64)
        if not isinstance(predictions.predicted, Categorical):
            noise = self._random.normal(0, 0.5, rows)
            return LabelBatch(predictions.ids, predictions.predicted + noise, labelled_at)
        right = self._random.random(rows) < 0.5
        codes = np.where(right, predictions.predicted.codes, self._random.integers(0, 3, rows))
        return LabelBatch(predictions.ids, Categorical(codes.astype(np.int32), CLASSES), labelled_at)

    def append(self, batch: Batch) -> None:
        """Append one blob; a full segment is closed."""
        if self._in_segment >= SEGMENT_ROWS:
            self.close_segment()
        self._store.append(self._project, Position("bench", self._segment, self._sequence), encode(batch))
        self._sequence += 1
        self._in_segment += len(batch)

    def close_segment(self) -> None:
        """Close the open segment and open the next."""
        self._store.close_segment(
            self._project, "bench", self._segment, rows=self._in_segment, last_sequence=self._sequence - 1
        )
        self._segment, self._sequence, self._in_segment = self._segment + 1, 0, 0
        self._store.open_segment(self._project, "bench", self._segment)
        if self._pack:
            self.pack()

    def pack(self) -> None:
        """Pack every closed segment that is not packed yet."""
        for segment in self._store.segments(self._project):
            if segment.number < self._segment and not segment.chunks:
                self._store.pack(self._project, segment)

    def _measured(self, rows: int) -> Floats:
        """Values with two decimals, as instruments give them."""
        return np.round(self._random.normal(5, 1, rows), 2)

    def _ids(self, rows: int) -> Ids:
        """Version 7 ids at the traffic's pace."""
        times = self._clock + np.arange(1, rows + 1) / self._rate
        self._clock = float(times[-1])
        random = self._random.integers(0, 1 << 62, (rows, 2), dtype=np.uint64)
        ids = np.empty((rows, 2), dtype=np.uint64)
        milliseconds = (times * 1000).astype(np.uint64)
        ids[:, 0] = milliseconds << np.uint64(16) | np.uint64(0x7000) | random[:, 0] & np.uint64(0xFFF)
        ids[:, 1] = random[:, 1] | np.uint64(1 << 63)
        return ids


def joined(batches: Iterator[Batch]) -> tuple[Floats, list[str], list[str]]:
    """Scores, predictions and labels of all rows as scikit-learn wants them, in order of id."""
    predictions: list[Any] = []
    labels: list[Any] = []
    for batch in batches:
        (labels if isinstance(batch, LabelBatch) else predictions).append(batch)
    order = _order(np.concatenate([batch.ids for batch in predictions]))
    label_order = _order(np.concatenate([batch.ids for batch in labels]))
    names = np.array(CLASSES)

    def texts(columns: list[Categorical]) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
        return np.concatenate([np.array(one.categories)[one.codes] for one in columns]).astype(names.dtype)

    return (
        np.concatenate([batch.scores for batch in predictions])[order],
        texts([batch.predicted for batch in predictions])[order],
        texts([batch.labels for batch in labels])[label_order],
    )


def _order(ids: Ids) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    return np.lexsort((ids[:, 1], ids[:, 0]))


def _classes(scores: Floats) -> Categorical:
    return Categorical(scores.argmax(axis=1).astype(np.int32), CLASSES)

"""What evaluation keeps of a classifier's labelled rows."""

from typing import Self

import msgspec
import numpy as np

from services.evaluation.metrics.registry import classification_metrics
from services.evaluation.metrics.roc import MICRO, macro_average
from services.evaluation.model import ClassificationMetrics, RocCurve
from services.evaluation.summaries import serialization
from services.evaluation.summaries.classes import merged_classes, places
from services.evaluation.summaries.rows import LabelledRows, as_classes
from services.evaluation.summaries.scores import ScoreState, ScoreSummary
from services.store.batches import Categorical


class ClassificationState(msgspec.Struct, frozen=True, array_like=True, tag="classification-1"):
    """A classification summary as it is stored."""

    classes: tuple[str, ...]
    names: tuple[str, ...]
    confusion: bytes
    scores: ScoreState


_DECODER = msgspec.msgpack.Decoder(ClassificationState)


class ClassificationSummary:
    """Counts of true against predicted classes, and the scores; mergeable, and exact in removal.

    A label of a class that the model does not know is a class of its own, with support and without
    predictions. Summaries over different classes merge by name.

    Args:
        classes: those the model knows, in its order.
    """

    __slots__ = ("_confusion", "_names", "_scores", "classes")

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self._names = list(classes)
        self._confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
        self._scores = ScoreSummary(classes)

    @property
    def rows(self) -> int:
        """Rows that have both label and prediction."""
        return int(self._confusion.sum())

    def add_rows(self, rows: LabelledRows) -> None:
        """Count rows; one without label or prediction is left out."""
        self._count(rows, 1)

    def remove_rows(self, rows: LabelledRows) -> None:
        """Take rows out as they were added: same labels, predictions and scores."""
        self._count(rows, -1)

    def merge(self, other: Self) -> None:
        """Count all rows of the other too."""
        positions = places(tuple(other._names), self._names)[:-1]
        self._grow()
        self._confusion[np.ix_(positions, positions)] += other._confusion
        self._scores.merge(other._scores)
        self.classes = merged_classes(self.classes, other.classes)

    def copy(self) -> Self:
        """An independent copy."""
        copy: Self = type(self)(self.classes)
        copy._names = list(self._names)
        copy._confusion = self._confusion.copy()
        copy._scores = self._scores.copy()
        return copy

    def metrics(self) -> ClassificationMetrics:
        """All metrics: the model's classes in its order, then other classes by name."""
        others = sorted(name for name in self._names if name not in self.classes and self._occurs(name))
        order = [self._names.index(name) for name in (*self.classes, *others)]
        confusion = self._confusion[np.ix_(order, order)]
        return classification_metrics([*self.classes, *others], confusion, self._scores.tables())

    def _occurs(self, name: str) -> bool:
        """Whether a class has rows still; one whose labels were all corrected has none."""
        place = self._names.index(name)
        within = place < len(self._confusion)
        return within and bool(self._confusion[place].any() or self._confusion[:, place].any())

    def roc(self) -> tuple[RocCurve, ...]:
        """One curve for each class that has scores, in the model's order."""
        return tuple(table.curve() for table in self._scores.tables())

    def roc_averages(self) -> tuple[RocCurve, ...]:
        """Over the classes: the macro and the micro average."""
        return macro_average(self.roc()), self._scores.pooled(MICRO).curve()

    def pairs(self) -> None:
        """None: predicted against real is a plot for regression."""

    def to_bytes(self) -> bytes:
        """Everything, for `from_bytes`."""
        return serialization.encode(
            ClassificationState(
                self.classes,
                tuple(self._names),
                serialization.pack_array(self._confusion),
                self._scores.state(),
            )
        )

    @classmethod
    def of(cls, state: ClassificationState) -> Self:
        """The summary whose stored state it is."""
        summary = cls(state.classes)
        summary._names = list(state.names)
        size = len(state.names)
        summary._confusion = serialization.unpack_array(state.confusion, np.int64).reshape(size, size)
        summary._scores = ScoreSummary.of(state.scores)
        return summary

    def _count(self, rows: LabelledRows, sign: int) -> None:
        labels = as_classes(rows.labels, self.classes)
        predicted = as_classes(rows.predicted, self.classes)
        self._count_pairs(labels, predicted, sign)
        if rows.scores is None:
            return
        if predicted.categories == self._scores.classes:
            self._scores.add_scores(labels, rows.scores, sign)
        else:
            scores = ScoreSummary(predicted.categories)
            scores.add_scores(labels, rows.scores, sign)
            self._scores.merge(scores)
            self.classes = merged_classes(self.classes, predicted.categories)

    def _count_pairs(self, labels: Categorical, predicted: Categorical, sign: int) -> None:
        """Count true by predicted class in one pass; a missing one falls into a row of its own."""
        label_places = places(labels.categories, self._names)
        predicted_places = places(predicted.categories, self._names)
        self._grow()
        size = len(self._names) + 1
        cells = (label_places + 1)[labels.codes] * size + (predicted_places + 1)[predicted.codes]
        counted = np.bincount(cells, minlength=size * size).reshape(size, size)
        self._confusion += sign * counted[1:, 1:]

    def _grow(self) -> None:
        """Give every name its row and column."""
        missing = len(self._names) - len(self._confusion)
        if missing:
            self._confusion = np.pad(self._confusion, (0, missing))

"""Scores with their classes: every row while they are few, a histogram of all once they are many."""

from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from services.evaluation.metrics.roc import Counts, ScoreTable
from services.evaluation.model import Floats
from services.evaluation.summaries.classes import merged_classes, places
from services.evaluation.summaries.score_histogram import ScoreHistogram
from services.evaluation.summaries.serialization import pack_array, unpack_array
from services.evaluation.summaries.weighted_rows import WeightedRows
from services.store.batches import Categorical

EXACT_ROWS = 100_000
_STORED_ROWS = 110_000


class ScoreState(msgspec.Struct, frozen=True, array_like=True):
    """What `ScoreSummary.state` gives: kept rows, or the filled ranges of a histogram."""

    classes: tuple[str, ...]
    names: tuple[str, ...]
    kept: list[bytes] | None
    filled: list[bytes] | None
    others: dict[str, int]


class ScoreSummary:
    """Scores of any number of rows, for AUC and ROC of each class against the rest.

    Exact up to 100,000 rows, from a histogram of all rows beyond, by the number of rows alone: however
    they were split and merged, the result is the same. (Up to 110,000 are held one by one; only a
    summary that grew beyond that and shrank again below 100,000 stays with its histogram.)

    Args:
        classes: those that have a score, in the order of the scores' columns.
    """

    __slots__ = ("_histogram", "_kept", "_names", "_pooled", "_tables", "classes")

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self._names = list(classes)
        self._kept = WeightedRows(1 + len(classes))
        self._histogram: ScoreHistogram | None = None
        self._tables: tuple[ScoreTable, ...] | None = None
        self._pooled: ScoreTable | None = None

    def add_scores(self, labels: Categorical, scores: Floats, sign: int) -> None:
        """Add (+1) or take out (-1) rows, leaving out those without label or with a score not finite.

        Args:
            labels: shape (n,), over any classes.
            scores: shape (n, classes).
            sign: +1 or -1.
        """
        self._forget()
        codes = places(labels.categories, self._names)[labels.codes]
        if (codes < 0).any() or not np.isfinite(scores).all():
            valid = (codes >= 0) & np.isfinite(scores).all(axis=1)
            codes, scores = codes[valid], scores[valid]
        if self._histogram is None:
            self._make_room(len(codes))
        if self._histogram is None:
            self._kept.append(np.column_stack([codes, scores]), np.full(len(codes), sign, dtype=np.int64))
        else:
            self._histogram.add_scores(codes, self._names, scores, sign)

    def merge(self, other: Self) -> None:
        """Add the other's rows; a class that one of the two has no score for was scored 0 there."""
        self._forget()
        classes = merged_classes(self.classes, other.classes)
        self._place(classes)
        self._merge_placed(other if other.classes == classes else other._placed(classes))

    def copy(self) -> Self:
        """An independent copy."""
        copy: Self = type(self)(self.classes)
        copy._names = list(self._names)
        copy._kept = self._kept.copy()
        copy._histogram = None if self._histogram is None else self._histogram.copy()
        copy._tables, copy._pooled = self._tables, self._pooled
        return copy

    def tables(self) -> tuple[ScoreTable, ...]:
        """Rows of each class and of the rest by score, in the order of the classes."""
        if self._tables is None:
            if self._histogram is None and self._kept.net <= EXACT_ROWS:
                self._tables = self._exact_tables()
            else:
                self._tables = _histogram_tables(self._as_histogram())
        return self._tables

    def pooled(self, name: str) -> ScoreTable:
        """The decisions on all classes as if they were one: for each row and class, is it of it or not."""
        if self._pooled is None:
            if self._histogram is None and self._kept.net <= EXACT_ROWS:
                self._pooled = self._exact_pooled(name)
            else:
                rest, of_class = self._as_histogram().counts.sum(axis=0)
                self._pooled = ScoreTable(name, of_class, rest, exact=False)
        return self._pooled

    def state(self) -> ScoreState:
        """Everything, ready to be encoded."""
        names = tuple(self._names)
        if self._histogram is None:
            return ScoreState(self.classes, names, self._kept.pack(), None, {})
        flat = self._histogram.counts.reshape(-1)
        filled = np.flatnonzero(flat)
        packed = [pack_array(np.diff(filled, prepend=0)), pack_array(flat[filled])]
        return ScoreState(self.classes, names, None, packed, self._histogram.others)

    @classmethod
    def of(cls, state: ScoreState) -> Self:
        """The summary whose state it is."""
        summary = cls(state.classes)
        summary._names = list(state.names)
        if state.kept is not None:
            summary._kept = WeightedRows.unpack(1 + len(state.classes), state.kept)
        if state.filled is not None:
            histogram = ScoreHistogram(state.classes)
            filled = np.cumsum(unpack_array(state.filled[0], np.int64))
            histogram.counts.reshape(-1)[filled] = unpack_array(state.filled[1], np.int64)
            histogram.others = state.others
            summary._histogram = histogram
        return summary

    def _forget(self) -> None:
        """Other rows make other curves."""
        self._tables = self._pooled = None

    def _make_room(self, coming: int) -> None:
        """Give up single rows where more would be stored than ever count as exact."""
        if self._kept.stored + coming > _STORED_ROWS:
            self._kept.arrays()
        if self._kept.stored + coming > _STORED_ROWS:
            self._use(self._as_histogram())

    def _use(self, histogram: ScoreHistogram) -> None:
        self._histogram = histogram
        self._kept = WeightedRows(1 + len(self.classes))

    def _as_histogram(self) -> ScoreHistogram:
        """The histogram of all rows: its own, or one made of the rows kept."""
        if self._histogram is not None:
            return self._histogram
        histogram = ScoreHistogram(self.classes)
        self._count_kept_in(histogram)
        return histogram

    def _count_kept_in(self, histogram: ScoreHistogram) -> None:
        values, weights = self._kept.arrays()
        for weight in np.unique(weights).tolist():
            rows = values[weights == weight]
            histogram.add_scores(rows[:, 0].astype(np.int64), self._names, rows[:, 1:], weight)

    def _placed(self, classes: tuple[str, ...]) -> Self:
        copy: Self = self.copy()
        copy._place(classes)
        return copy

    def _merge_placed(self, other: Self) -> None:
        """Take the rows of a summary over the same classes, whose other names may differ."""
        if other._histogram is None:
            self._merge_kept(other)
        else:
            histogram = self._as_histogram()
            histogram.merge(other._histogram)
            self._use(histogram)

    def _merge_kept(self, other: Self) -> None:
        if self._histogram is None:
            self._make_room(other._kept.stored)
        if self._histogram is not None:
            other._count_kept_in(self._histogram)
            return
        positions = places(tuple(other._names), self._names)
        if (positions[:-1] == np.arange(len(other._names))).all():
            self._kept.extend(other._kept)
            return
        values, weights = other._kept.arrays()
        codes = positions[values[:, 0].astype(np.int64)]
        self._kept.append(np.column_stack([codes, values[:, 1:]]), weights)

    def _place(self, classes: tuple[str, ...]) -> None:
        """Become a summary over more classes, scored 0 for those that are new."""
        if classes == self.classes:
            return
        names = list(classes)
        positions = places(tuple(self._names), names)
        values, weights = self._kept.arrays()
        placed = np.zeros((len(values), 1 + len(classes)))
        placed[:, 0] = positions[values[:, 0].astype(np.int64)]
        placed[:, 1 + positions[: len(self.classes)]] = values[:, 1:]
        self._kept = WeightedRows(1 + len(classes))
        self._kept.append(placed, weights)
        if self._histogram is not None:
            self._histogram = self._histogram.placed(classes)
        self.classes, self._names = classes, names

    def _exact_pooled(self, name: str) -> ScoreTable:
        values, weights = self._kept.arrays()
        classes = len(self.classes)
        of_class = values[:, :1] == np.arange(classes)
        return _exact_table(name, of_class.ravel(), values[:, 1:].ravel(), np.repeat(weights, classes))

    def _exact_tables(self) -> tuple[ScoreTable, ...]:
        values, weights = self._kept.arrays()
        return tuple(
            _exact_table(name, values[:, 0] == code, values[:, 1 + code], weights)
            for code, name in enumerate(self.classes)
        )


def _exact_table(name: str, of_class: NDArray[np.bool_], scores: Floats, weights: Counts) -> ScoreTable:
    if not len(scores):
        return ScoreTable(name, np.zeros(0, np.int64), np.zeros(0, np.int64), exact=True)
    order = np.argsort(scores)
    ordered = scores[order]
    first = np.ones(len(ordered), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(first)
    all_rows = np.add.reduceat(weights[order], starts)
    positives = np.add.reduceat((weights * of_class)[order], starts)
    return ScoreTable(name, positives, all_rows - positives, exact=True)


def _histogram_tables(histogram: ScoreHistogram) -> tuple[ScoreTable, ...]:
    return tuple(
        ScoreTable(name, counts[1].copy(), counts[0].copy(), exact=False)
        for name, counts in zip(histogram.classes, histogram.counts, strict=True)
    )

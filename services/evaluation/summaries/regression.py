"""What evaluation keeps of a regression model's labelled rows."""

from typing import Self

import msgspec
import numpy as np

from services.evaluation.exact_sums import LARGEST, ExactSums, product, without_dust
from services.evaluation.metrics.registry import regression_metrics
from services.evaluation.metrics.regression import RegressionTotals
from services.evaluation.model import Floats, Pairs, RegressionMetrics, RocCurve
from services.evaluation.summaries import serialization
from services.evaluation.summaries.rows import LabelledRows, priorities
from services.evaluation.summaries.sample import Sample
from services.store.batches import Column

PAIRS = 5_000


class RegressionState(msgspec.Struct, frozen=True, array_like=True, tag="regression-1"):
    """A regression summary as it is stored."""

    rows: int
    totals: list[bytes]
    limit: float
    sample: list[bytes]


_DECODER = msgspec.msgpack.Decoder(RegressionState)


class RegressionSummary:
    """Exact sums of real and predicted values, and a sample of pairs; mergeable, exact in removal.

    A row whose real or predicted value is missing, not finite or beyond 1e140 is left out.
    """

    __slots__ = ("_sample", "_sums", "rows")

    def __init__(self) -> None:
        self.rows = 0
        self._sums = ExactSums([0] * 10)
        self._sample = Sample(PAIRS, width=2)

    def add_rows(self, rows: LabelledRows) -> None:
        """Count rows."""
        self._count(rows, 1)

    def remove_rows(self, rows: LabelledRows) -> None:
        """Take rows out as they were added: same ids, labels and predictions."""
        self._count(rows, -1)

    def merge(self, other: Self) -> None:
        """Count all rows of the other too."""
        self.rows += other.rows
        self._sums.merge(other._sums)
        self._sample.merge(other._sample)

    def copy(self) -> Self:
        """An independent copy."""
        copy: Self = type(self)()
        copy.merge(self)
        return copy

    def metrics(self) -> RegressionMetrics:
        """All metrics."""
        real, predicted, absolute, squared, *parts = self._sums.totals
        real_squared, predicted_squared, mixed = (
            parts[first] + parts[first + 1] for first in range(0, 6, 2)
        )
        return regression_metrics(
            RegressionTotals(
                self.rows, real, predicted, real_squared, predicted_squared, mixed, absolute, squared
            )
        )

    def roc(self) -> tuple[RocCurve, ...]:
        """Empty: the curve is for classification."""
        return ()

    def roc_averages(self) -> tuple[RocCurve, ...]:
        """Empty, as are the curves."""
        return ()

    def pairs(self) -> Pairs:
        """Real and predicted values: all of them, or the 5,000 that every reader agrees on."""
        rows = self._sample.rows()
        return Pairs(rows[:, 0].copy(), rows[:, 1].copy(), self.rows)

    def to_bytes(self) -> bytes:
        """Everything, for `from_bytes`."""
        limit, sample = self._sample.pack()
        totals = [serialization.pack_integer(total) for total in self._sums.totals]
        return serialization.encode(RegressionState(self.rows, totals, limit, sample))

    @classmethod
    def from_bytes(cls, packed: bytes) -> Self:
        """The summary that `to_bytes` packed; Corrupt if it is not one."""
        return cls.of(serialization.decode(packed, _DECODER))

    @classmethod
    def of(cls, state: RegressionState) -> Self:
        """The summary whose stored state it is."""
        summary = cls()
        summary.rows = state.rows
        summary._sums = serialization.unpack_sums(state.totals, 10)
        summary._sample = Sample.unpack(PAIRS, 2, state.limit, state.sample)
        return summary

    def _count(self, rows: LabelledRows, sign: int) -> None:
        real, predicted = numbers(rows.labels), numbers(rows.predicted)
        ids = rows.ids
        valid = (np.abs(real) <= LARGEST) & (np.abs(predicted) <= LARGEST)
        if not valid.all():
            ids, real, predicted = ids[valid], real[valid], predicted[valid]
        self.rows += sign * len(real)
        if len(real):
            self._sums.add_values(_quantities(real, predicted), sign)
            self._sample.add_rows(priorities(ids), np.column_stack([real, predicted]), sign)


def numbers(column: Column) -> Floats:
    """A column of numbers; TypeError for texts, which a regression cannot have predicted."""
    if not isinstance(column, np.ndarray):
        raise TypeError("a regression's labels and predictions are numbers")
    return column


def _quantities(real: Floats, predicted: Floats) -> Floats:
    """Everything that is added up, shape (10, n); products as pairs that are exact together."""
    error = real - predicted
    real, predicted = without_dust(real), without_dust(predicted)
    return np.stack([
        real, predicted, np.abs(error), error * error,
        *product(real, real), *product(predicted, predicted), *product(real, predicted),
    ])  # fmt: skip

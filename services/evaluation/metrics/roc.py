"""The receiver operating characteristic of one class against the rest, and the area under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.evaluation.model import Floats, Measure, RocCurve

Counts = NDArray[np.int64]
CURVE_POINTS = 2_000


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """How many rows of the class, and of the rest, have each score.

    Attributes:
        class_name: the class.
        positives: shape (n,), rows of the class, by ascending score (or range of scores).
        negatives: shape (n,), rows of the rest.
        exact: whether each entry stands for one single score, not for a range.
    """

    class_name: str
    positives: Counts
    negatives: Counts
    exact: bool

    @cached_property
    def positive_rows(self) -> int:
        """Rows of the class."""
        return int(self.positives.sum())

    @cached_property
    def negative_rows(self) -> int:
        """Rows of the rest."""
        return int(self.negatives.sum())

    @cached_property
    def auc(self) -> Measure:
        """The probability that a row of the class scores above one of the rest; ties count half.

        That is the Mann-Whitney statistic (Hanley and McNeil 1982), equal to the area under the
        curve. In a histogram, pairs within one range of scores might each count anything from 0 to 1
        but count half, so half their share bounds the error.
        """
        reason = self._reason()
        if reason:
            return Measure(None, reason)
        below = np.cumsum(self.negatives) - self.negatives
        pairs = self.positive_rows * self.negative_rows
        tied = int((self.positives * self.negatives).sum())
        won = int((self.positives * below).sum())
        return Measure(
            (2 * won + tied) / (2 * pairs), error_bound=0.0 if self.exact else tied / (2 * pairs)
        )

    def curve(self) -> RocCurve:
        """The curve from (0, 0) to (1, 1), at most 2,000 points, its straight stretches left out.

        A class without an AUC has an empty curve. Where points must go, those nearest to equal steps
        along the curve stay.
        """
        if self.auc.value is None:
            return RocCurve(self.class_name, np.empty(0), np.empty(0), self.auc)
        filled = np.flatnonzero(self.positives | self.negatives)[::-1]
        true = np.concatenate([[0], np.cumsum(self.positives[filled])])
        false = np.concatenate([[0], np.cumsum(self.negatives[filled])])
        false, true = _corners(*_thinned(false, true))
        return RocCurve(self.class_name, false / self.negative_rows, true / self.positive_rows, self.auc)

    def _reason(self) -> str:
        if self.positive_rows + self.negative_rows == 0:
            return "no labelled row has scores"
        if self.positive_rows == 0:
            return f"no labelled row is of class {self.class_name}"
        if self.negative_rows == 0:
            return f"every labelled row is of class {self.class_name}"
        return ""


def _thinned(false: Counts, true: Counts) -> tuple[Counts, Counts]:
    """At most 2,000 of the points, both ends among them."""
    if len(true) <= CURVE_POINTS:
        return false, true
    length = false / false[-1] + true / true[-1]
    nearest = np.searchsorted(length, np.linspace(0.0, 2.0, CURVE_POINTS))
    chosen = np.unique(np.minimum(nearest, len(true) - 1))
    return false[chosen], true[chosen]


def _corners(false: Counts, true: Counts) -> tuple[Counts, Counts]:
    """The points where the curve turns, and both ends."""
    turns = np.ones(len(true), dtype=np.bool_)
    rise, run = np.diff(true), np.diff(false)
    turns[1:-1] = rise[1:] * run[:-1] != rise[:-1] * run[1:]
    return false[turns], true[turns]


MACRO, MICRO = "Macro average", "Micro average"


def macro_average(curves: Sequence[RocCurve]) -> RocCurve:
    """The mean of the classes' true positive rates at each false positive rate.

    That is vertical averaging (Fawcett 2006, An introduction to ROC analysis, section 8.1). Its area is
    the mean of the classes' areas, as in the metrics; a class without a curve counts in neither.
    """
    defined = [curve for curve in curves if curve.auc.value is not None]
    if not defined:
        return RocCurve(MACRO, np.empty(0), np.empty(0), Measure(None, "no class has a curve"))
    rates = np.unique(np.concatenate([curve.false_positive_rate for curve in defined]))
    if rates.size > CURVE_POINTS // 2:
        rates = np.linspace(0.0, 1.0, CURVE_POINTS // 2)
    # Each rate twice: a curve may rise there, and the average then does so too.
    low = np.mean([_reached(curve, rates, "left") for curve in defined], axis=0)
    high = np.mean([_reached(curve, rates, "right") for curve in defined], axis=0)
    areas = [curve.auc for curve in defined]
    auc = Measure(
        float(np.mean([area.value for area in areas])),
        error_bound=float(np.mean([area.error_bound for area in areas])),
    )
    return RocCurve(MACRO, np.repeat(rates, 2), np.stack([low, high], axis=1).ravel(), auc)


def _reached(curve: RocCurve, rates: Floats, side: Literal["left", "right"]) -> Floats:
    """True positive rates at these false positive rates: before a rise there, or after it."""
    x, y = curve.false_positive_rate, curve.true_positive_rate
    if side == "left":
        end = np.searchsorted(x, rates, side="left").clip(0, x.size - 1)
        start = np.maximum(end - 1, 0)
        at = end
    else:
        start = (np.searchsorted(x, rates, side="right") - 1).clip(0, x.size - 1)
        end = np.minimum(start + 1, x.size - 1)
        at = start
    run = x[end] - x[start]
    share = np.divide(rates - x[start], run, out=np.zeros_like(rates), where=run > 0)
    reached: Floats = np.where(x[at] == rates, y[at], y[start] + share * (y[end] - y[start]))
    return reached

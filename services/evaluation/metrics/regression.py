"""Metrics of regression from exact totals, one function each; definitions are those of scikit-learn.

Each is of at least one row, and rounded once.
"""

import math
from dataclasses import dataclass

from services.evaluation.exact_sums import UNIT_BITS, ratio, spread
from services.evaluation.model import Measure


@dataclass(frozen=True, slots=True)
class RegressionTotals:
    """Exact totals over `rows` pairs of real value y and prediction p, in units of 2**-1074.

    Attributes:
        absolute, squared: of |y - p| and (y - p)**2, each difference and square rounded to a double.
    """

    rows: int
    real: int
    predicted: int
    real_squared: int
    predicted_squared: int
    mixed: int
    absolute: int
    squared: int


def mean_squared_error(totals: RegressionTotals) -> Measure:
    """The mean of (y - p)**2."""
    return Measure(_mean_squared(totals))


def root_mean_squared_error(totals: RegressionTotals) -> Measure:
    """The root of the mean of (y - p)**2, in the target's unit."""
    return Measure(math.sqrt(_mean_squared(totals)))


def mean_absolute_error(totals: RegressionTotals) -> Measure:
    """The mean of |y - p|."""
    return Measure(ratio(totals.absolute, totals.rows << UNIT_BITS))


def r2(totals: RegressionTotals) -> Measure:
    """1 - sum((y - p)**2) / sum((y - mean(y))**2); it needs real values that differ."""
    real_spread = spread(totals.rows, totals.real, totals.real, totals.real_squared)
    if real_spread <= 0:
        return Measure(None, _constant(totals.rows, "real value"))
    unexplained = (totals.rows * totals.squared) << UNIT_BITS
    return Measure(ratio(real_spread - unexplained, real_spread))


def squared_correlation(totals: RegressionTotals) -> Measure:
    """The square of Pearson's correlation; it needs real values and predictions that differ."""
    real_spread = spread(totals.rows, totals.real, totals.real, totals.real_squared)
    if real_spread <= 0:
        return Measure(None, _constant(totals.rows, "real value"))
    predicted_spread = spread(totals.rows, totals.predicted, totals.predicted, totals.predicted_squared)
    if predicted_spread <= 0:
        return Measure(None, _constant(totals.rows, "prediction"))
    common = spread(totals.rows, totals.real, totals.predicted, totals.mixed)
    return Measure(ratio(common * common, real_spread * predicted_spread))


def _mean_squared(totals: RegressionTotals) -> float:
    return ratio(totals.squared, totals.rows << UNIT_BITS)


def _constant(rows: int, what: str) -> str:
    return "it takes at least two rows" if rows == 1 else f"every {what} is the same"

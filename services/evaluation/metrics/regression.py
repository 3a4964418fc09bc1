"""Metrics of regression from exact sums; definitions are those of scikit-learn."""

import math
from dataclasses import dataclass

from services.evaluation.exact_sums import UNIT_BITS, ratio, spread
from services.evaluation.metrics.classification import NO_ROWS
from services.evaluation.model import Measure, RegressionMetrics


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


def regression_metrics(totals: RegressionTotals) -> RegressionMetrics:
    """All metrics; each is rounded once, from exact totals.

    R2 = 1 - sum((y - p)**2) / sum((y - mean(y))**2); it needs real values that differ. The squared
    correlation is Pearson's, and needs predictions that differ as well.
    """
    if totals.rows <= 0:
        nothing = Measure(None, NO_ROWS)
        return RegressionMetrics(0, nothing, nothing, nothing, nothing, nothing)
    mean_squared = ratio(totals.squared, totals.rows << UNIT_BITS)
    return RegressionMetrics(
        rows=totals.rows,
        r2=_r2(totals),
        squared_correlation=_squared_correlation(totals),
        rmse=Measure(math.sqrt(mean_squared)),
        mse=Measure(mean_squared),
        mae=Measure(ratio(totals.absolute, totals.rows << UNIT_BITS)),
    )


def _r2(totals: RegressionTotals) -> Measure:
    real_spread = spread(totals.rows, totals.real, totals.real, totals.real_squared)
    if real_spread <= 0:
        return Measure(None, _constant(totals.rows, "real value"))
    unexplained = (totals.rows * totals.squared) << UNIT_BITS
    return Measure(ratio(real_spread - unexplained, real_spread))


def _squared_correlation(totals: RegressionTotals) -> Measure:
    real_spread = spread(totals.rows, totals.real, totals.real, totals.real_squared)
    if real_spread <= 0:
        return Measure(None, _constant(totals.rows, "real value"))
    predicted_spread = spread(totals.rows, totals.predicted, totals.predicted, totals.predicted_squared)
    if predicted_spread <= 0:
        return Measure(None, _constant(totals.rows, "prediction"))
    common = spread(totals.rows, totals.real, totals.predicted, totals.mixed)
    return Measure(ratio(common * common, real_spread * predicted_spread))


def _constant(rows: int, what: str) -> str:
    return "it takes at least two rows" if rows == 1 else f"every {what} is the same"

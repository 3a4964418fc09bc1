"""One ROC curve for all classes: the average over them, and the curve of all decisions pooled."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from services.evaluation.model import Floats, Measure, RocCurve
from services.evaluation.roc import CURVE_POINTS

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

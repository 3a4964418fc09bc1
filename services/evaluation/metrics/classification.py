"""Metrics of classification from a confusion matrix.

Definitions are those of scikit-learn. Where it would put 0 and warn, the value is undefined here, with
the reason. An average is over the classes for which its metric is defined (scikit-learn's
`zero_division=nan`), and undefined only if it is for all that weigh something. So a class that was never
predicted lowers average recall and F1, not average precision.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from services.evaluation.metrics.roc import ScoreTable, gini
from services.evaluation.model import ClassificationMetrics, ClassMetrics, Measure

NO_ROWS = "no row has its true value yet"


def classification_metrics(
    classes: Sequence[str], confusion: NDArray[np.int64], tables: Sequence[ScoreTable]
) -> ClassificationMetrics:
    """All metrics, in the order of `classes`.

    Args:
        classes: every class the model knows or a label named.
        confusion: shape (classes, classes): true class by predicted class.
        tables: scores by class; a class without one has no AUC.
    """
    by_name = {table.class_name: table for table in tables}
    per_class = {
        name: _class_metrics(name, code, confusion, by_name.get(name)) for code, name in enumerate(classes)
    }
    rows = int(confusion.sum())
    supports = [metrics.support for metrics in per_class.values()]
    scored = [by_name[name].positive_rows if name in by_name else 0 for name in classes]
    return ClassificationMetrics(
        rows=rows,
        accuracy=_quotient(int(np.trace(confusion)), rows, NO_ROWS),
        classes=per_class,
        macro=_average(per_class, rows, [1] * len(supports), [1] * len(supports)),
        weighted=_average(per_class, rows, supports, scored),
        confusion=confusion,
    )


def _class_metrics(
    name: str, code: int, confusion: NDArray[np.int64], table: ScoreTable | None
) -> ClassMetrics:
    correct = int(confusion[code, code])
    support, predicted = int(confusion[code].sum()), int(confusion[:, code].sum())
    auc = Measure(None, f"the model gives no scores for class {name}") if table is None else table.auc
    return ClassMetrics(
        support=support,
        precision=_quotient(correct, predicted, f"class {name} was never predicted"),
        recall=_quotient(correct, support, f"no labelled row is of class {name}"),
        f1=_quotient(2 * correct, support + predicted, f"class {name} was neither seen nor predicted"),
        auc=auc,
        gini=gini(auc),
    )


def _quotient(numerator: int, denominator: int, reason: str) -> Measure:
    return Measure(numerator / denominator) if denominator else Measure(None, reason)


def _average(
    classes: dict[str, ClassMetrics], rows: int, weights: Sequence[int], scored: Sequence[int]
) -> ClassMetrics:
    def over(measure: Callable[[ClassMetrics], Measure], by: Sequence[int]) -> Measure:
        return _mean([measure(metrics) for metrics in classes.values()], by)

    return ClassMetrics(
        support=rows,
        precision=over(lambda metrics: metrics.precision, weights),
        recall=over(lambda metrics: metrics.recall, weights),
        f1=over(lambda metrics: metrics.f1, weights),
        auc=over(lambda metrics: metrics.auc, scored),
        gini=over(lambda metrics: metrics.gini, scored),
    )


def _mean(measures: Sequence[Measure], weights: Sequence[int]) -> Measure:
    """The weighted mean of the defined ones; the reason of the first where none counts."""
    total = value = bound = 0.0
    for measure, weight in zip(measures, weights, strict=True):
        if measure.value is not None:
            total += weight
            value += weight * measure.value
            bound += weight * measure.error_bound
    if total > 0:
        return Measure(value / total, error_bound=bound / total)
    reasons = [measure.reason for measure in measures if measure.reason]
    return Measure(None, reasons[0] if len(reasons) == 1 else "it is undefined for every class that counts")

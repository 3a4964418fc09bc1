"""All metrics, each one function from sums and one line here; the tables and the evidence read them.

To add one, write its function in `regression` or `classification` and its line into `METRICS`: it is then
measured, shown, compared and tested like the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.evaluation.metrics import classification, regression
from services.evaluation.metrics.classification import ClassCounts, Confusion
from services.evaluation.metrics.regression import RegressionTotals
from services.evaluation.metrics.roc import ScoreTable
from services.evaluation.model import ClassificationMetrics, ClassMetrics, Measure, RegressionMetrics
from services.registry.model import Task

Sums = TypeVar("Sums")

NO_ROWS = "no row has its true value yet"


@dataclass(frozen=True, slots=True)
class Metric(Generic[Sums]):
    """What every metric is.

    Attributes:
        key: its name in `measures`.
        title: as shown, such as `RMSE`, without a unit.
        tooltip: what it means; `{0}` stands for the class.
        measure: its value from sums over at least one row, or why it has none.
        higher_is_better: which of two values is the better one.
        unit_power: 1 where it has the target's unit, 2 where its square, 0 where none.
    """

    key: str
    title: str
    tooltip: str
    measure: Callable[[Sums], Measure]
    higher_is_better: bool = True
    unit_power: int = 0


@dataclass(frozen=True, slots=True)
class RegressionMetric(Metric[RegressionTotals]):
    """One of regression."""

    task: ClassVar[Task] = Task.REGRESSION
    per_class: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class OverallMetric(Metric[Confusion]):
    """One of classification, over all classes at once."""

    task: ClassVar[Task] = Task.CLASSIFICATION
    per_class: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class ClassMetric(Metric[ClassCounts]):
    """One of classification, of each class against the rest, and averaged over classes.

    Attributes:
        of_scores: whether it judges scores: an average then weighs classes by their rows with scores.
    """

    task: ClassVar[Task] = Task.CLASSIFICATION
    per_class: ClassVar[bool] = True
    of_scores: bool = False


METRICS: tuple[RegressionMetric | OverallMetric | ClassMetric, ...] = (
    RegressionMetric(
        "rmse", "RMSE", "Root of the mean squared error; lower is better.",
        regression.root_mean_squared_error, higher_is_better=False, unit_power=1,
    ),
    RegressionMetric(
        "mae", "MAE", "Mean absolute error; lower is better.",
        regression.mean_absolute_error, higher_is_better=False, unit_power=1,
    ),
    RegressionMetric(
        "mse", "MSE", "Mean squared error; lower is better.",
        regression.mean_squared_error, higher_is_better=False, unit_power=2,
    ),
    RegressionMetric(
        "r2", "R²", "Share of the variance that is explained; 1 is perfect.", regression.r2
    ),
    RegressionMetric(
        "squared_correlation", "Squared correlation",
        "Square of Pearson's correlation; blind to a constant offset.", regression.squared_correlation,
    ),
    OverallMetric("accuracy", "Accuracy", "Share of rows predicted right.", classification.accuracy),
    ClassMetric(
        "precision", "Precision", "Of the rows predicted as {0}, the share that were {0}.",
        classification.precision,
    ),
    ClassMetric(
        "recall", "Recall", "Of the rows that were {0}, the share predicted as {0}.", classification.recall
    ),
    ClassMetric("f1", "F1", "Harmonic mean of precision and recall for {0}.", classification.f1),
    ClassMetric(
        "auc", "AUC", "Area under the ROC curve, {0} against the rest; 0.5 is chance.",
        classification.auc, of_scores=True,
    ),
    ClassMetric(
        "gini", "Gini", "2 × AUC − 1, {0} against the rest; 0 is chance.",
        classification.gini, of_scores=True,
    ),
)  # fmt: skip

REGRESSION_METRICS = tuple(metric for metric in METRICS if isinstance(metric, RegressionMetric))
OVERALL_METRICS = tuple(metric for metric in METRICS if isinstance(metric, OverallMetric))
CLASS_METRICS = tuple(metric for metric in METRICS if isinstance(metric, ClassMetric))


def regression_metrics(totals: RegressionTotals) -> RegressionMetrics:
    """All metrics of regression."""
    nothing = Measure(None, NO_ROWS)
    return RegressionMetrics(
        max(totals.rows, 0),
        {
            metric.key: metric.measure(totals) if totals.rows > 0 else nothing
            for metric in REGRESSION_METRICS
        },
    )


def classification_metrics(
    classes: Sequence[str], confusion: NDArray[np.int64], tables: Sequence[ScoreTable]
) -> ClassificationMetrics:
    """All metrics of classification, in the order of `classes`.

    Args:
        classes: every class the model knows or a label named.
        confusion: shape (classes, classes): true class by predicted class.
        tables: scores by class; a class without one has no AUC.
    """
    by_name = {table.class_name: table for table in tables}
    counts = [ClassCounts.of(name, code, confusion, by_name.get(name)) for code, name in enumerate(classes)]
    rows, nothing = int(confusion.sum()), Measure(None, NO_ROWS)
    per_class = {
        one.class_name: ClassMetrics(
            one.support, {metric.key: metric.measure(one) for metric in CLASS_METRICS}
        )
        for one in counts
    }
    return ClassificationMetrics(
        rows=rows,
        measures={metric.key: metric.measure(confusion) if rows else nothing for metric in OVERALL_METRICS},
        classes=per_class,
        macro=_average(per_class, rows, [1] * len(counts), [1] * len(counts)),
        weighted=_average(per_class, rows, [one.support for one in counts], [one.scored for one in counts]),
        confusion=confusion,
    )


def _average(
    classes: dict[str, ClassMetrics], rows: int, supports: Sequence[int], scored: Sequence[int]
) -> ClassMetrics:
    return ClassMetrics(
        rows,
        {
            metric.key: classification.weighted_mean(
                [metrics[metric.key] for metrics in classes.values()],
                scored if metric.of_scores else supports,
            )
            for metric in CLASS_METRICS
        },
    )

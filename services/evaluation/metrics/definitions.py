"""The metrics of each task: how each is named, explained, read from what was measured, and judged.

To add one, measure it in this package and put its line into `regression_definitions` or
`classification_definitions`: the table of metrics and the evidence of a change of champion then have it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.evaluation.model import (
    ClassificationMetrics,
    ClassMetrics,
    Measure,
    Metrics,
    RegressionMetrics,
    VersionView,
)

MetricReader = Callable[[Metrics], Measure | None]


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric.

    Attributes:
        name: as shown, such as `RMSE` or `AUC of setosa`, without a unit.
        tooltip: what it means.
        higher_is_better: which of two values is the better one; None when neither is.
        read: its measure out of a version's metrics; None where those are of another task.
        unit_power: 1 where it has the target's unit, 2 where its square, 0 where none.
    """

    name: str
    tooltip: str
    higher_is_better: bool | None
    read: MetricReader
    unit_power: int = 0

    def title(self, unit: str) -> str:
        """The name with its unit, where it has one and the target's is known."""
        if not unit or not self.unit_power:
            return self.name
        return f"{self.name} ({unit}{'²' if self.unit_power == 2 else ''})"

    def measures(self, views: Mapping[str, VersionView]) -> dict[str, Measure]:
        """The metric of every version that has it."""
        found = {name: self.read(view.metrics) for name, view in views.items() if view.metrics is not None}
        return {name: measure for name, measure in found.items() if measure is not None}


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of all versions.

    Attributes:
        name: as shown, with its unit.
        tooltip: what it means.
        higher_is_better: which of two values is the better one; None when neither is.
        historical, live: by version name; a version without a value is left out.
    """

    name: str
    tooltip: str
    higher_is_better: bool | None
    historical: Mapping[str, Measure]
    live: Mapping[str, Measure]


def metric_rows(
    historical: Mapping[str, VersionView], live: Mapping[str, VersionView], *, unit: str = ""
) -> list[MetricRow]:
    """The metrics of a project's versions: those of its task, in the order of their definitions."""
    measured = [view.metrics for view in (*historical.values(), *live.values()) if view.metrics is not None]
    return [
        MetricRow(
            name=definition.title(unit),
            tooltip=definition.tooltip,
            higher_is_better=definition.higher_is_better,
            historical=definition.measures(historical),
            live=definition.measures(live),
        )
        for definition in definitions_for(measured)
    ]


def regression_definitions() -> tuple[MetricDefinition, ...]:
    """Errors first, in the target's unit, then the shares explained."""

    def reading(name: str) -> MetricReader:
        return lambda m: getattr(m, name) if isinstance(m, RegressionMetrics) else None

    return (
        MetricDefinition(
            "RMSE", "Root of the mean squared error; lower is better.",
            higher_is_better=False, read=reading("rmse"), unit_power=1,
        ),
        MetricDefinition(
            "MAE", "Mean absolute error; lower is better.",
            higher_is_better=False, read=reading("mae"), unit_power=1,
        ),
        MetricDefinition(
            "MSE", "Mean squared error; lower is better.",
            higher_is_better=False, read=reading("mse"), unit_power=2,
        ),
        MetricDefinition(
            "R²", "Share of the variance that is explained; 1 is perfect.",
            higher_is_better=True, read=reading("r2"),
        ),
        MetricDefinition(
            "Squared correlation", "Square of Pearson's correlation; blind to a constant offset.",
            higher_is_better=True, read=reading("squared_correlation"),
        ),
    )  # fmt: skip


_CLASS_MEASURES = (
    ("precision", "Precision", "Of the rows predicted as {0}, the share that were {0}."),
    ("recall", "Recall", "Of the rows that were {0}, the share predicted as {0}."),
    ("f1", "F1", "Harmonic mean of precision and recall for {0}."),
    ("auc", "AUC", "Area under the ROC curve, {0} against the rest; 0.5 is chance."),
    ("gini", "Gini", "2 × AUC − 1, {0} against the rest; 0 is chance."),
)
_AVERAGES = (
    ("macro", "Mean over classes."),
    ("weighted", "Mean weighted by class size."),
)


def classification_definitions(classes: Sequence[str] = ()) -> tuple[MetricDefinition, ...]:
    """Accuracy, the averages over all classes, then each of `classes` against the rest."""
    accuracy = MetricDefinition(
        "Accuracy", "Share of rows predicted right.", higher_is_better=True, read=_read_accuracy
    )
    averages = (
        MetricDefinition(
            f"{title}, {average}", tooltip, higher_is_better=True, read=_average_reader(average, attribute)
        )
        for attribute, title, _ in _CLASS_MEASURES
        for average, tooltip in _AVERAGES
    )
    each = (
        MetricDefinition(
            f"{title} of {name}",
            tooltip.format(name),
            higher_is_better=True,
            read=_class_reader(name, attribute),
        )
        for name in classes
        for attribute, title, tooltip in _CLASS_MEASURES
    )
    return (accuracy, *averages, *each)


def definitions_for(measured: Sequence[Metrics]) -> tuple[MetricDefinition, ...]:
    """The metrics to show for what was measured, classes as they were met; none when nothing was."""
    if any(isinstance(metrics, RegressionMetrics) for metrics in measured):
        return regression_definitions()
    classes: dict[str, None] = {}
    for metrics in measured:
        if isinstance(metrics, ClassificationMetrics):
            classes.update(dict.fromkeys(metrics.classes))
    return classification_definitions(list(classes)) if measured else ()


def _read_accuracy(metrics: Metrics) -> Measure | None:
    return metrics.accuracy if isinstance(metrics, ClassificationMetrics) else None


def _average_reader(average: str, attribute: str) -> MetricReader:
    def read(metrics: Metrics) -> Measure | None:
        if not isinstance(metrics, ClassificationMetrics):
            return None
        return _class_measure(metrics.macro if average == "macro" else metrics.weighted, attribute)

    return read


def _class_reader(name: str, attribute: str) -> MetricReader:
    def read(metrics: Metrics) -> Measure | None:
        if not isinstance(metrics, ClassificationMetrics) or name not in metrics.classes:
            return None
        return _class_measure(metrics.classes[name], attribute)

    return read


def _class_measure(metrics: ClassMetrics, attribute: str) -> Measure:
    measure: Measure = getattr(metrics, attribute)
    return measure

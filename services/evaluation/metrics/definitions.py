"""What a table of metrics has: a row for each metric of a task, its averages and its classes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.evaluation.metrics.registry import CLASS_METRICS, OVERALL_METRICS, REGRESSION_METRICS
from services.evaluation.model import (
    ClassificationMetrics,
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
    """The metrics of regression, in the order of the registry."""
    return tuple(
        MetricDefinition(
            metric.title, metric.tooltip, metric.higher_is_better, _reader(metric.key), metric.unit_power
        )
        for metric in REGRESSION_METRICS
    )


_AVERAGES = (
    ("macro", "Mean over classes."),
    ("weighted", "Mean weighted by class size."),
)


def classification_definitions(classes: Sequence[str] = ()) -> tuple[MetricDefinition, ...]:
    """Those of all classes at once, the averages over all classes, then each of `classes`."""
    overall = (
        MetricDefinition(metric.title, metric.tooltip, metric.higher_is_better, _overall_reader(metric.key))
        for metric in OVERALL_METRICS
    )
    averages = (
        MetricDefinition(
            f"{metric.title}, {average}", tooltip, metric.higher_is_better,
            _average_reader(average, metric.key),
        )
        for metric in CLASS_METRICS
        for average, tooltip in _AVERAGES
    )  # fmt: skip
    each = (
        MetricDefinition(
            f"{metric.title} of {name}", metric.tooltip.format(name), metric.higher_is_better,
            _class_reader(name, metric.key),
        )
        for name in classes
        for metric in CLASS_METRICS
    )  # fmt: skip
    return (*overall, *averages, *each)


def definitions_for(measured: Sequence[Metrics]) -> tuple[MetricDefinition, ...]:
    """The metrics to show for what was measured, classes as they were met; none when nothing was."""
    if any(isinstance(metrics, RegressionMetrics) for metrics in measured):
        return regression_definitions()
    classes: dict[str, None] = {}
    for metrics in measured:
        if isinstance(metrics, ClassificationMetrics):
            classes.update(dict.fromkeys(metrics.classes))
    return classification_definitions(list(classes)) if measured else ()


def _reader(key: str) -> MetricReader:
    return lambda metrics: metrics[key] if isinstance(metrics, RegressionMetrics) else None


def _overall_reader(key: str) -> MetricReader:
    return lambda metrics: metrics[key] if isinstance(metrics, ClassificationMetrics) else None


def _average_reader(average: str, key: str) -> MetricReader:
    def read(metrics: Metrics) -> Measure | None:
        if not isinstance(metrics, ClassificationMetrics):
            return None
        return (metrics.macro if average == "macro" else metrics.weighted)[key]

    return read


def _class_reader(name: str, key: str) -> MetricReader:
    def read(metrics: Metrics) -> Measure | None:
        if not isinstance(metrics, ClassificationMetrics) or name not in metrics.classes:
            return None
        return metrics.classes[name][key]

    return read

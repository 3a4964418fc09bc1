"""Metrics as rows for the table: pure functions from what evaluation measured."""

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

Reader = Callable[[Metrics], Measure | None]


@dataclass(frozen=True, slots=True)
class VersionColumn:
    """A version as a column: its name, and its order of registration, which fixes its colour."""

    name: str
    order: int


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of all versions.

    Attributes:
        name: as shown, such as `RMSE` or `AUC of setosa`.
        tooltip: what it means.
        higher_is_better: which of two values is the better one; None when neither is.
        historical, live: by version name; a version without a value is left out.
    """

    name: str
    tooltip: str
    higher_is_better: bool | None
    historical: Mapping[str, Measure]
    live: Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class Definition:
    """How one metric is named, explained and read."""

    name: str
    tooltip: str
    higher_is_better: bool | None
    read: Reader


def lower(name: str, tooltip: str, read: Reader) -> Definition:
    """A metric whose lower value is the better one."""
    return Definition(name, tooltip, higher_is_better=False, read=read)


def higher(name: str, tooltip: str, read: Reader) -> Definition:
    """A metric whose higher value is the better one."""
    return Definition(name, tooltip, higher_is_better=True, read=read)


def metric_rows(
    historical: Mapping[str, VersionView], live: Mapping[str, VersionView], *, unit: str = ""
) -> list[MetricRow]:
    """The rows for a project's versions: those of its task, classes in the order of their names."""
    measured = [view.metrics for view in (*historical.values(), *live.values()) if view.metrics is not None]
    definitions = definitions_for(measured, unit)
    return [
        MetricRow(
            name=definition.name,
            tooltip=definition.tooltip,
            higher_is_better=definition.higher_is_better,
            historical=values(historical, definition),
            live=values(live, definition),
        )
        for definition in definitions
    ]


def definitions_for(measured: Sequence[Metrics], unit: str) -> list[Definition]:
    """The metrics to show for what was measured; none when nothing was."""
    if any(isinstance(metrics, RegressionMetrics) for metrics in measured):
        return regression_definitions(unit)
    classes: dict[str, None] = {}
    for metrics in measured:
        if isinstance(metrics, ClassificationMetrics):
            classes.update(dict.fromkeys(metrics.classes))
    return classification_definitions(list(classes)) if measured else []


def values(views: Mapping[str, VersionView], definition: Definition) -> dict[str, Measure]:
    """One metric of every version that has it."""
    found = {
        name: definition.read(view.metrics) for name, view in views.items() if view.metrics is not None
    }
    return {name: measure for name, measure in found.items() if measure is not None}


def regression_definitions(unit: str) -> list[Definition]:
    """Errors first, in the target's unit, then the shares explained."""
    of = f" ({unit})" if unit else ""
    square = f" ({unit}²)" if unit else ""

    def reading(name: str) -> Reader:
        return lambda m: getattr(m, name) if isinstance(m, RegressionMetrics) else None

    return [
        lower(f"RMSE{of}", "Root of the mean squared error; lower is better.", reading("rmse")),
        lower(f"MAE{of}", "Mean absolute error; lower is better.", reading("mae")),
        lower(f"MSE{square}", "Mean squared error; lower is better.", reading("mse")),
        higher("R²", "Share of the variance that is explained; 1 is perfect.", reading("r2")),
        higher(
            "Squared correlation",
            "Square of Pearson's correlation; blind to a constant offset.",
            reading("squared_correlation"),
        ),
    ]


EACH = (
    ("precision", "Precision", "Of the rows predicted as {0}, the share that were {0}."),
    ("recall", "Recall", "Of the rows that were {0}, the share predicted as {0}."),
    ("f1", "F1", "Harmonic mean of precision and recall for {0}."),
    ("auc", "AUC", "Area under the ROC curve, {0} against the rest; 0.5 is chance."),
    ("gini", "Gini", "2 × AUC − 1, {0} against the rest; 0 is chance."),
)
AVERAGES = (
    ("macro", "Mean over classes."),
    ("weighted", "Mean weighted by class size."),
)


def classification_definitions(classes: Sequence[str]) -> list[Definition]:
    """Accuracy, the averages, then each class against the rest."""
    accuracy = higher("Accuracy", "Share of rows predicted right.", read_accuracy)
    averages = [
        higher(f"{title}, {average}", told, averaged(average, attribute))
        for attribute, title, _ in EACH
        for average, told in AVERAGES
    ]
    each = [
        higher(f"{title} of {name}", told.format(name), of_class(name, attribute))
        for name in classes
        for attribute, title, told in EACH
    ]
    return [accuracy, *averages, *each]


def read_accuracy(metrics: Metrics) -> Measure | None:
    """The accuracy; None for regression."""
    return metrics.accuracy if isinstance(metrics, ClassificationMetrics) else None


def averaged(average: str, attribute: str) -> Reader:
    """A reader of one average's metric."""

    def read(metrics: Metrics) -> Measure | None:
        if not isinstance(metrics, ClassificationMetrics):
            return None
        return measure_of(metrics.macro if average == "macro" else metrics.weighted, attribute)

    return read


def of_class(name: str, attribute: str) -> Reader:
    """A reader of one class's metric."""

    def read(metrics: Metrics) -> Measure | None:
        if not isinstance(metrics, ClassificationMetrics) or name not in metrics.classes:
            return None
        return measure_of(metrics.classes[name], attribute)

    return read


def measure_of(metrics: ClassMetrics, attribute: str) -> Measure:
    """One of a class's measures by its name."""
    measures = {
        "precision": metrics.precision,
        "recall": metrics.recall,
        "f1": metrics.f1,
        "auc": metrics.auc,
        "gini": metrics.gini,
    }
    return measures[attribute]

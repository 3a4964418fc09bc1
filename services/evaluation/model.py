"""Results of evaluation as plain data: what the window draws and the tables show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from services.registry.model import Project

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric's value.

    Attributes:
        value: None when it is undefined.
        reason: why it is undefined, in words; empty when it is defined.
        error_bound: largest possible distance from the exact value; 0 when exact.
    """

    value: float | None
    reason: str = ""
    error_bound: float = 0.0


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    """One class against the rest, or an average over classes; `measures` by the metric's key."""

    support: int
    measures: Mapping[str, Measure]

    def __getitem__(self, key: str) -> Measure:
        """The metric's value."""
        return self.measures[key]


@dataclass(frozen=True, slots=True)
class ClassificationMetrics:
    """Metrics over `rows` labelled rows; `confusion[i, j]`: true class i predicted as j.

    Attributes:
        measures: of all classes at once, by the metric's key.
    """

    rows: int
    measures: Mapping[str, Measure]
    classes: dict[str, ClassMetrics]
    macro: ClassMetrics
    weighted: ClassMetrics
    confusion: NDArray[np.int64]

    def __getitem__(self, key: str) -> Measure:
        """The value of a metric of all classes at once."""
        return self.measures[key]


@dataclass(frozen=True, slots=True)
class RegressionMetrics:
    """Metrics over `rows` labelled rows; `measures` by the metric's key."""

    rows: int
    measures: Mapping[str, Measure]

    def __getitem__(self, key: str) -> Measure:
        """The metric's value."""
        return self.measures[key]


Metrics = ClassificationMetrics | RegressionMetrics


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """One class against the rest; both rates have shape (n,), from 0 to 1."""

    class_name: str
    false_positive_rate: Floats
    true_positive_rate: Floats
    auc: Measure


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Real and predicted values, shape (n,) each; a sample when `total` is larger than n."""

    real: Floats
    predicted: Floats
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A variable over time or over rows.

    Attributes:
        x: shape (n,): Unix seconds for live data, row number for historical data.
        y: shape (n,): the values (codes for texts, see `categories`), NaN where missing.
        categories: names of the codes; empty for numbers.
        low, high: shape (n,), the range that a summarised point stands for; None for single rows.
    """

    x: Floats
    y: Floats
    categories: tuple[str, ...] = ()
    low: Floats | None = None
    high: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Evolution:
    """An input's course: the training set, then what was asked in production."""

    variable: str
    unit: str
    historical: Series
    live: Series


@dataclass(frozen=True, slots=True, eq=False)
class VersionView:
    """Everything Monitor shows of one version, on historical or on live data.

    Attributes:
        predictions: rows this version predicted.
        labelled: how many of them have their true value.
        roc: one curve a class, for classification.
        roc_averages: over all classes, with the kind of average as the name of the class.
        pairs: predicted against real, for regression.
    """

    predictions: int = 0
    labelled: int = 0
    metrics: Metrics | None = None
    roc: tuple[RocCurve, ...] = ()
    roc_averages: tuple[RocCurve, ...] = ()
    pairs: Pairs | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """How much a version is asked: what a list of projects shows of its champion.

    Attributes:
        predictions: rows it ever predicted.
        labelled: how many of them have their true value.
        recent: those of the last hour.
        newest_request: of any version of the project, UTC; None before the first.
    """

    predictions: int = 0
    labelled: int = 0
    recent: int = 0
    newest_request: datetime | None = None


class Span(StrEnum):
    """Which live rows count: by the time of the request."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    ALL = "all"


@dataclass(frozen=True, slots=True, eq=False)
class ProjectView:
    """One consistent look at a project, made off the GUI thread and drawn on it.

    Attributes:
        at: when it was read, UTC.
        rows_read: live rows that this refresh read; shows that it cost only what is new.
        historical, live: by version name.
        evolution: the course of the input that was asked for; None when none was, or no version has it.
        rebuilt: why the live side was counted anew from the log's start, in words: stored summaries were
            damaged. Empty otherwise.
    """

    project: Project
    at: datetime
    span: Span
    rows_read: int
    historical: dict[str, VersionView] = field(default_factory=dict)
    live: dict[str, VersionView] = field(default_factory=dict)
    newest_request: datetime | None = None
    newest_label: datetime | None = None
    evolution: Evolution | None = None
    rebuilt: str = ""

"""What every metric of the registry keeps to, and that it is what scikit-learn computes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as reference

from services.evaluation.metrics.definitions import classification_definitions, regression_definitions
from services.evaluation.metrics.registry import METRICS, ClassMetric, OverallMetric, RegressionMetric
from services.evaluation.model import ClassificationMetrics, Measure, RegressionMetrics
from services.evaluation.summaries import ClassificationSummary, LabelledRows, RegressionSummary
from services.registry.model import Task
from services.store.batches import Categorical, take
from services.store.identifiers import new_ids

AnyMetric = RegressionMetric | OverallMetric | ClassMetric
CLASSES = ("setosa", "versicolor", "virginica")
HELP = Path(__file__).parents[4] / "resources" / "help" / "metrics.md"

each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)

# By key, what computes the same from (real values, predictions), from (real, predicted classes), or, for
# one class against the rest, from (is of the class, is predicted so, its score).
REFERENCES: dict[str, Callable[..., float]] = {
    "rmse": reference.root_mean_squared_error,
    "mae": reference.mean_absolute_error,
    "mse": reference.mean_squared_error,
    "r2": reference.r2_score,
    "squared_correlation": lambda real, predicted: np.corrcoef(real, predicted)[0, 1] ** 2,
    "accuracy": reference.accuracy_score,
    "precision": lambda real, predicted, _: reference.precision_score(real, predicted),
    "recall": lambda real, predicted, _: reference.recall_score(real, predicted),
    "f1": lambda real, predicted, _: reference.f1_score(real, predicted),
    "auc": lambda real, _, scores: reference.roc_auc_score(real, scores),
    "gini": lambda real, _, scores: 2 * reference.roc_auc_score(real, scores) - 1,
}


def regression_rows(rows: int, noise: float) -> LabelledRows:
    random = np.random.default_rng(1)
    real = random.normal(10, 3, rows)
    return LabelledRows(new_ids(rows), real, real + random.normal(0.1, 1, rows) * noise)


def classified_rows(rows: int, noise: float) -> LabelledRows:
    """The model sees the class through as much noise."""
    random = np.random.default_rng(2)
    real = random.integers(0, 3, rows).astype(np.int32)
    logits = np.eye(3)[real] + random.normal(0, 1, (rows, 3)) * noise
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    predicted = scores.argmax(axis=1).astype(np.int32)
    return LabelledRows(new_ids(rows), Categorical(real, CLASSES), Categorical(predicted, CLASSES), scores)


def rows_for(metric: AnyMetric, rows: int, noise: float = 1.0) -> LabelledRows:
    return (regression_rows if metric.task is Task.REGRESSION else classified_rows)(rows, noise)


def part_of(rows: LabelledRows, places: np.ndarray) -> LabelledRows:
    scores = None if rows.scores is None else rows.scores[places]
    return LabelledRows(rows.ids[places], take(rows.labels, places), take(rows.predicted, places), scores)


def measured(metric: AnyMetric, *parts: LabelledRows) -> RegressionMetrics | ClassificationMetrics:
    summary = RegressionSummary() if metric.task is Task.REGRESSION else ClassificationSummary(CLASSES)
    for part in parts:
        summary.add_rows(part)
    return summary.metrics()


def values_of(metric: AnyMetric, measures: RegressionMetrics | ClassificationMetrics) -> list[Measure]:
    """Its value; of a metric of classes, those of each class and the averages."""
    if not metric.per_class:
        return [measures[metric.key]]
    assert isinstance(measures, ClassificationMetrics)
    groups = [*measures.classes.values(), measures.macro, measures.weighted]
    return [group[metric.key] for group in groups]


def expected_values(metric: AnyMetric, rows: LabelledRows) -> list[float]:
    compute = REFERENCES[metric.key]
    if metric.task is Task.REGRESSION:
        return [compute(rows.labels, rows.predicted)]
    real, predicted = rows.labels.codes, rows.predicted.codes
    if not metric.per_class:
        return [compute(real, predicted)]
    each = [compute(real == code, predicted == code, rows.scores[:, code]) for code in range(3)]
    supports = [np.sum(real == code) for code in range(3)]
    return [*each, float(np.mean(each)), float(np.average(each, weights=supports))]


@each_metric
def test_every_metric_is_what_scikit_learn_computes(metric: AnyMetric) -> None:
    rows = rows_for(metric, 500)
    values = [one.value for one in values_of(metric, measured(metric, rows))]
    assert values == pytest.approx(expected_values(metric, rows), rel=1e-9)


@each_metric
def test_every_metric_without_rows_is_undefined_and_says_why(metric: AnyMetric) -> None:
    for one in values_of(metric, measured(metric)):
        assert one.value is None
        assert len(one.reason) > 5


@each_metric
def test_every_metric_of_one_row_has_a_value_or_says_why_not(metric: AnyMetric) -> None:
    for one in values_of(metric, measured(metric, rows_for(metric, 1))):
        assert (one.value is None) == bool(one.reason)


@each_metric
def test_every_metric_is_the_same_in_whatever_parts_and_order_its_rows_come(metric: AnyMetric) -> None:
    rows = rows_for(metric, 400)
    parts = [part_of(rows, np.arange(start, min(start + 150, 400))) for start in range(0, 400, 150)]
    whole, split = measured(metric, rows), measured(metric, *reversed(parts))
    assert values_of(metric, whole) == values_of(metric, split)


@each_metric
def test_every_metric_prefers_a_model_that_errs_less(metric: AnyMetric) -> None:
    good, bad = (
        values_of(metric, measured(metric, rows_for(metric, 2_000, noise))) for noise in (0.05, 3.0)
    )
    for better, worse in zip(good, bad, strict=True):
        assert better.value is not None
        assert worse.value is not None
        assert (better.value > worse.value) == metric.higher_is_better
        assert better.value != worse.value


def test_no_two_metrics_share_a_key_or_a_title() -> None:
    assert len({metric.key for metric in METRICS}) == len(METRICS)
    assert len({metric.title for metric in METRICS}) == len(METRICS)


@each_metric
def test_every_metric_is_shown_and_explained_in_the_table_and_in_the_help(metric: AnyMetric) -> None:
    definitions = (
        regression_definitions() if metric.task is Task.REGRESSION else classification_definitions(("x",))
    )
    measures = measured(metric, rows_for(metric, 50))
    own = [definition for definition in definitions if definition.name.startswith(metric.title)]
    assert len(own) == (3 if metric.per_class else 1)
    assert all(definition.tooltip.endswith(".") and "{" not in definition.tooltip for definition in own)
    assert own[0].read(measures) is not None
    assert all(definition.higher_is_better == metric.higher_is_better for definition in own)
    assert metric.title.lower() in HELP.read_text(encoding="utf-8").lower()

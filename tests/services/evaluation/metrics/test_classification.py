"""Classification metrics equal scikit-learn's, and are undefined with a reason where it would guess."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from services.evaluation.model import ClassificationMetrics, ClassMetrics, Measure
from services.evaluation.summaries import ClassificationSummary, LabelledRows
from services.store.batches import Categorical
from services.store.identifiers import new_ids

CLASSES = ("b", "a", "c")
SCORE = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5000000001, 1.0]) | st.floats(0.0, 1.0)
ROW = st.tuples(
    st.sampled_from(["a", "b", "c", "unseen", "also unseen", None]),
    st.sampled_from([*CLASSES, None]),
    st.tuples(SCORE, SCORE, SCORE),
)


def measure(rows: list[tuple[str | None, str | None, tuple[float, ...]]]) -> ClassificationMetrics:
    summary = ClassificationSummary(CLASSES)
    codes = np.array([-1 if row[1] is None else CLASSES.index(row[1]) for row in rows], dtype=np.int32)
    scores = np.array([row[2] for row in rows], dtype=np.float64).reshape(-1, 3)
    labels = Categorical.of([row[0] for row in rows])
    summary.add_rows(LabelledRows(new_ids(len(rows)), labels, Categorical(codes, CLASSES), scores))
    return summary.metrics()


def agrees(ours: Measure, expected: float) -> bool:
    if ours.value is None:
        return bool(np.isnan(expected)) and len(ours.reason) > 5
    return ours.value == pytest.approx(expected, rel=1e-9, abs=1e-12)


def weighs_nothing(ours: ClassificationMetrics, metrics: ClassMetrics, metric: str) -> bool:
    """Whether only classes without support define it: scikit-learn then takes the mean without weights."""
    defined = [one for one in ours.classes.values() if one[metric].value is not None]
    return metrics is ours.weighted and not any(one.support for one in defined)


@given(st.lists(ROW, max_size=40))
@settings(max_examples=100, deadline=None)
def test_counting_metrics_equal_those_of_scikit_learn(rows: Any) -> None:
    ours = measure(rows)
    complete = [row for row in rows if row[0] is not None and row[1] is not None]
    assert ours.rows == len(complete)
    if not complete:
        assert ours["accuracy"].value is None
        return
    real, predicted = [row[0] for row in complete], [row[1] for row in complete]
    names = list(ours.classes)
    assert agrees(ours["accuracy"], reference.accuracy_score(real, predicted))
    assert np.array_equal(ours.confusion, reference.confusion_matrix(real, predicted, labels=names))
    for average, group in (
        (None, ours.classes.values()),
        ("macro", [ours.macro]),
        ("weighted", [ours.weighted]),
    ):
        table = reference.precision_recall_fscore_support(
            real, predicted, labels=names, average=average, zero_division=np.nan
        )
        for position, metric in enumerate(("precision", "recall", "f1")):
            expected = np.atleast_1d(table[position])
            for metrics, value in zip(group, expected, strict=True):
                assert agrees(metrics[metric], value) or weighs_nothing(ours, metrics, metric)


@given(st.lists(ROW, max_size=40))
@settings(max_examples=150, deadline=None)
def test_auc_and_gini_equal_those_of_scikit_learn(rows: Any) -> None:
    ours = measure(rows)
    labelled = [row for row in rows if row[0] is not None]
    values, supports = [], []
    for code, name in enumerate(CLASSES):
        of_class = np.array([row[0] == name for row in labelled])
        scores = np.array([row[2][code] for row in labelled])
        if 0 < of_class.sum() < len(labelled):
            auc = reference.roc_auc_score(of_class, scores)
            values.append(auc)
            supports.append(of_class.sum())
        else:
            auc = np.nan
        assert agrees(ours.classes[name]["auc"], auc)
        assert agrees(ours.classes[name]["gini"], 2 * auc - 1)
    assert agrees(ours.macro["auc"], np.mean(values) if values else np.nan)
    assert agrees(ours.weighted["auc"], np.average(values, weights=supports) if values else np.nan)


def test_macro_auc_is_what_scikit_learn_calls_one_against_the_rest() -> None:
    random = np.random.default_rng(3)
    scores = random.dirichlet(np.ones(3), 500)
    real = [CLASSES[code] for code in random.integers(0, 3, 500)]
    ours = measure([(label, "a", tuple(row)) for label, row in zip(real, scores.tolist(), strict=True)])
    in_order = scores[:, [1, 0, 2]]
    for average, metrics in (("macro", ours.macro), ("weighted", ours.weighted)):
        expected = reference.roc_auc_score(real, in_order, multi_class="ovr", average=average)
        assert agrees(metrics["auc"], expected)


def test_one_class_only_has_no_auc_and_says_why() -> None:
    ours = measure([("a", "a", (0.1, 0.8, 0.1)), ("a", "b", (0.6, 0.3, 0.1))])
    assert ours.classes["a"]["auc"] == Measure(None, "every labelled row is of class a")
    assert ours.classes["b"]["auc"] == Measure(None, "no labelled row is of class b")
    assert ours.classes["b"]["recall"] == Measure(None, "no labelled row is of class b")
    assert ours.classes["c"]["precision"] == Measure(None, "class c was never predicted")
    assert ours.macro["auc"].value is None


def test_averages_leave_out_classes_for_which_a_metric_is_undefined() -> None:
    ours = measure([("a", "a", (0, 1, 0)), ("unseen", "a", (0, 1, 0))])
    assert ours.classes["unseen"].support == 1
    assert ours.classes["unseen"]["precision"].value is None
    assert ours.classes["unseen"]["auc"].reason == "the model gives no scores for class unseen"
    assert ours.macro["precision"].value == 0.5
    assert ours.macro["recall"].value == 0.5
    assert list(ours.classes) == ["b", "a", "c", "unseen"]


def test_without_rows_everything_is_undefined_with_a_reason() -> None:
    ours = measure([])
    assert ours.rows == 0
    assert ours["accuracy"] == Measure(None, "no row has its true value yet")
    averages = (ours.macro, ours.weighted, *ours.classes.values())
    for metrics in averages:
        for metric in ("precision", "recall", "f1", "auc", "gini"):
            assert metrics[metric].value is None
            assert metrics[metric].reason


def test_a_row_without_usable_scores_counts_for_everything_but_auc() -> None:
    ours = measure([("a", "a", (0, np.nan, 0)), ("a", "a", (0, 0.9, 0)), ("b", "b", (1, 0.1, 0))])
    assert ours.rows == 3
    assert ours.classes["a"]["auc"].value == 1.0
    assert ours.classes["a"].support == 2

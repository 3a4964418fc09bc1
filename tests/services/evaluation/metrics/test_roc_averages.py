"""Macro and micro average of ROC curves, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn import metrics as reference

from services.evaluation.metrics.roc import macro_average
from services.evaluation.model import Measure, RocCurve
from services.evaluation.summaries import classification, scores
from services.evaluation.summaries.scores import ScoreSummary
from services.store.batches import Categorical

CLASSES = tuple("abcd")


def scored(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """True classes, shape (n,), and scores, shape (n, 4), with ties."""
    random = np.random.default_rng(7)
    codes = random.integers(0, 4, rows).astype(np.int32)
    raw = random.random((rows, 4)) + 0.5 * np.eye(4)[codes]
    return codes, np.round(raw / raw.sum(axis=1, keepdims=True), 2)


def summary_of(codes: np.ndarray, values: np.ndarray) -> ScoreSummary:
    summary = ScoreSummary(CLASSES)
    summary.add_scores(Categorical(codes, CLASSES), values, 1)
    return summary


def test_the_micro_average_is_scikit_learns_and_follows_what_is_taken_out() -> None:
    codes, values = scored(3000)
    summary = summary_of(codes, values)
    area = reference.roc_auc_score(np.eye(4)[codes], values, average="micro")
    assert summary.pooled("micro").auc.value == pytest.approx(area, rel=1e-12)
    summary.add_scores(Categorical(codes[:500], CLASSES), values[:500], -1)
    rest = reference.roc_auc_score(np.eye(4)[codes[500:]], values[500:], average="micro")
    assert summary.pooled("micro").auc.value == pytest.approx(rest, rel=1e-12)


def test_the_micro_average_of_a_histogram_is_within_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    codes, values = scored(5000)
    exact = summary_of(codes, values).pooled("micro").auc.value
    monkeypatch.setattr(scores, "EXACT_ROWS", 1000)
    approximate = summary_of(codes, values).pooled("micro").auc
    assert exact is not None
    assert approximate.value is not None
    assert approximate.error_bound > 0
    assert abs(approximate.value - exact) <= approximate.error_bound


def test_the_macro_average_has_the_mean_area_from_corner_to_corner() -> None:
    codes, values = scored(400)
    summary = classification.ClassificationSummary(CLASSES)
    summary._scores = summary_of(codes, values)
    curve, _ = summary.roc_averages()
    x, y = curve.false_positive_rate, curve.true_positive_rate
    mean = np.mean([one.auc.value for one in summary.roc() if one.auc.value is not None])
    assert curve.auc.value == pytest.approx(mean)
    assert np.trapezoid(y, x) == pytest.approx(mean, abs=1e-9)
    assert (x[0], y[0], x[-1], y[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert (np.diff(x) >= 0).all()
    assert (np.diff(y) >= -1e-12).all()


def test_the_macro_average_rises_where_a_curve_rises_and_leaves_out_undefined_ones() -> None:
    step = RocCurve("a", np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0]), Measure(1.0))
    chance = RocCurve("b", np.array([0.0, 1.0]), np.array([0.0, 1.0]), Measure(0.5, error_bound=0.02))
    none = RocCurve("c", np.empty(0), np.empty(0), Measure(None, "no labelled row is of class c"))
    curve = macro_average([step, chance, none])
    assert curve.true_positive_rate.tolist() == [0.0, 0.5, 1.0, 1.0]
    assert (curve.auc.value, curve.auc.error_bound) == (0.75, 0.01)
    empty = macro_average([none])
    assert empty.auc.reason == "no class has a curve"
    assert empty.false_positive_rate.size == 0


def test_a_long_macro_average_stays_short() -> None:
    random = np.random.default_rng(3)
    curves = []
    for name in CLASSES:
        x = np.sort(random.random(2000))
        x[0], x[-1] = 0.0, 1.0
        y = np.sqrt(x)
        curves.append(RocCurve(name, x, y, Measure(float(np.trapezoid(y, x)))))
    curve = macro_average(curves)
    assert curve.false_positive_rate.size <= 2000
    area = np.trapezoid(curve.true_positive_rate, curve.false_positive_rate)
    assert area == pytest.approx(2 / 3, abs=2e-3)

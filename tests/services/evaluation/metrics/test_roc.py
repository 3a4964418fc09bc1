"""The ROC curve and the histogram behind it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn import metrics as reference

from services.evaluation.metrics.roc import CURVE_POINTS, ScoreTable
from services.evaluation.summaries.score_histogram import ScoreHistogram, ranges_for


def exact_table(positive: np.ndarray, scores: np.ndarray) -> ScoreTable:
    _, places = np.unique(scores, return_inverse=True)
    positives = np.bincount(places, weights=positive).astype(np.int64)
    return ScoreTable("a", positives, np.bincount(places) - positives, exact=True)


@given(st.integers(2, 60).flatmap(lambda count: st.tuples(
    arrays.arrays(np.bool_, count), arrays.arrays(np.float64, count, elements=st.floats(0, 1, width=16))
)))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_curve_has_the_corners_that_scikit_learn_finds(data: Any) -> None:
    positive, scores = data
    if positive.all() or not positive.any():
        return
    curve = exact_table(positive, scores).curve()
    false, true, _ = reference.roc_curve(positive, scores, drop_intermediate=False)
    theirs = set(zip(false.round(12).tolist(), true.round(12).tolist(), strict=True))
    ours = list(
        zip(
            curve.false_positive_rate.round(12).tolist(),
            curve.true_positive_rate.round(12).tolist(),
            strict=True,
        )
    )
    assert set(ours) <= theirs
    assert ours[0] == (0.0, 0.0)
    assert ours[-1] == (1.0, 1.0)
    area = np.trapezoid(curve.true_positive_rate, curve.false_positive_rate)
    assert area == pytest.approx(curve.auc.value, abs=1e-12)


def test_a_long_curve_is_thinned_to_points_of_its_own() -> None:
    random = np.random.default_rng(5)
    positive = random.random(60_000) < 0.3
    scores = random.random(60_000) * 0.7 + positive * 0.3
    curve = exact_table(positive, scores).curve()
    assert len(curve.true_positive_rate) <= CURVE_POINTS
    area = np.trapezoid(curve.true_positive_rate, curve.false_positive_rate)
    assert area == pytest.approx(curve.auc.value, abs=5e-4)
    assert curve.auc.value == pytest.approx(reference.roc_auc_score(positive, scores), rel=1e-12)


def test_an_undefined_area_gives_an_empty_curve_with_the_reason() -> None:
    curve = exact_table(np.ones(3, dtype=np.bool_), np.array([0.1, 0.2, 0.3])).curve()
    assert len(curve.true_positive_rate) == 0
    assert curve.auc.reason == "every labelled row is of class a"


@pytest.mark.parametrize("narrow", [1.0, 0.01, 0.00001])
def test_histogram_area_is_within_its_bound_however_crowded_the_scores(narrow: float) -> None:
    random = np.random.default_rng(1)
    codes = random.integers(0, 2, 20_000)
    scores = np.clip(random.random(20_000) + 0.2 * codes, 0, 1) * narrow
    histogram = ScoreHistogram(("no", "yes"))
    histogram.add_scores(codes, ["no", "yes"], np.stack([1 - scores, scores], axis=1), 1)
    area = ScoreTable("yes", histogram.counts[1, 1], histogram.counts[1, 0], exact=False).auc
    exact = reference.roc_auc_score(codes == 1, scores)
    assert area.error_bound > 0
    assert abs(area.value - exact) <= area.error_bound


def test_few_and_many_rows_at_once_fill_the_same_histogram() -> None:
    random = np.random.default_rng(2)
    codes, scores = random.integers(0, 3, 30_000), random.uniform(-0.2, 1.2, (30_000, 3))
    whole, parts = ScoreHistogram(("a", "b", "c")), ScoreHistogram(("a", "b", "c"))
    whole.add_scores(codes, ["a", "b", "c"], scores, 1)
    for start in range(0, 30_000, 1_000):
        parts.add_scores(codes[start : start + 1_000], ["a", "b", "c"], scores[start : start + 1_000], 1)
    assert np.array_equal(whole.counts, parts.counts)
    whole.add_scores(codes, ["a", "b", "c"], scores, -1)
    assert not whole.counts.any()


def test_ranges_shrink_with_the_number_of_classes_and_stay_powers_of_two() -> None:
    assert [ranges_for(classes) for classes in (1, 8, 9, 100, 100_000)] == [65536, 65536, 32768, 4096, 64]

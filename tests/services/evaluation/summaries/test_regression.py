"""Regression summaries: equal to scikit-learn, and exact whatever is added and taken out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from services.evaluation.model import Measure
from services.evaluation.summaries import LabelledRows, RegressionSummary, summary_from_bytes
from services.store.batches import Categorical
from services.store.identifiers import new_ids
from tests.services.evaluation.summaries.conftest import MakeRows

VALUE = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 5.5, 1e-9])


def of(*parts: LabelledRows) -> RegressionSummary:
    summary = RegressionSummary()
    for part in parts:
        summary.add_rows(part)
    return summary


def same(measure: Measure, expected: float) -> bool:
    return measure.value == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(st.lists(st.tuples(VALUE, VALUE), min_size=1, max_size=50))
@settings(max_examples=200, deadline=None)
def test_metrics_equal_those_of_scikit_learn(pairs: Any) -> None:
    real, predicted = np.array(pairs).T
    ours = of(LabelledRows(new_ids(len(pairs)), real, predicted)).metrics()
    assert same(ours["mse"], reference.mean_squared_error(real, predicted))
    assert same(ours["rmse"], reference.root_mean_squared_error(real, predicted))
    assert same(ours["mae"], reference.mean_absolute_error(real, predicted))
    if (real == real[0]).all():
        assert ours["r2"].value is None
        assert ours["r2"].reason
    elif np.ptp(real) > 1e-3:
        assert ours["r2"].value == pytest.approx(reference.r2_score(real, predicted), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("mean", "scale"), [(0, 1), (1e9, 1), (-1e12, 0.1), (1e-9, 1e-12), (1e100, 1e90)])
def test_large_means_and_small_variances_cost_no_digits(
    mean: Any, scale: Any, make_measured: MakeRows
) -> None:
    rows = make_measured(5_000, mean=mean, scale=scale)
    ours = of(rows).metrics()
    centred, predicted = rows.labels - rows.labels[0], rows.predicted - rows.labels[0]
    assert same(ours["r2"], reference.r2_score(centred, predicted))
    assert same(ours["squared_correlation"], np.corrcoef(centred, predicted)[0, 1] ** 2)
    assert same(ours["mse"], reference.mean_squared_error(rows.labels, rows.predicted))


def test_splitting_merging_and_storing_changes_nothing(
    make_measured: MakeRows, take_rows: Callable[[LabelledRows, slice], LabelledRows]
) -> None:
    rows = make_measured(20_000, mean=1e7)
    parts = [of(take_rows(rows, slice(start, start + 3_000))) for start in range(0, 20_000, 3_000)]
    whole, merged = of(rows), RegressionSummary()
    for part in reversed(parts):
        merged.merge(summary_from_bytes(part.to_bytes()))
    assert merged.metrics() == whole.metrics()
    assert np.array_equal(merged.pairs().real, whole.pairs().real)
    assert merged.pairs().total == 20_000


def test_a_corrected_label_leaves_no_trace(
    make_measured: MakeRows, take_rows: Callable[[LabelledRows, slice], LabelledRows]
) -> None:
    rows = make_measured(12_000)
    wrong = take_rows(LabelledRows(rows.ids, rows.labels * 1e9, rows.predicted), slice(1_500))
    corrected = of(wrong, take_rows(rows, slice(1_500, None)))
    corrected.remove_rows(wrong)
    corrected.add_rows(take_rows(rows, slice(1_500)))
    expected = of(rows)
    assert corrected.metrics() == expected.metrics()
    assert np.array_equal(corrected.pairs().real, expected.pairs().real)
    assert np.array_equal(corrected.pairs().predicted, expected.pairs().predicted)


def test_what_is_all_taken_out_again_leaves_nothing(make_measured: MakeRows) -> None:
    rows = make_measured(700)
    summary = of(rows)
    summary.remove_rows(rows)
    assert summary.metrics() == RegressionSummary().metrics()
    assert len(summary.pairs().real) == 0


def test_pairs_are_a_sample_that_keeps_pairs_together(make_measured: MakeRows) -> None:
    rows = make_measured(30_000)
    pairs = of(rows).pairs()
    assert len(pairs.real) == 5_000
    assert pairs.total == 30_000
    known = dict(zip(rows.labels.tolist(), rows.predicted.tolist(), strict=True))
    assert all(
        known[real] == guess
        for real, guess in zip(pairs.real.tolist(), pairs.predicted.tolist(), strict=True)
    )
    assert pairs.real.mean() == pytest.approx(rows.labels.mean(), abs=0.1)


def test_missing_and_infinite_values_are_left_out() -> None:
    real = np.array([1.0, np.nan, 3.0, np.inf, 5.0, 6.0])
    predicted = np.array([1.5, 2.0, np.nan, 4.0, 5.5, 1e200])
    summary = of(LabelledRows(new_ids(6), real, predicted))
    assert summary.rows == 2
    assert summary.metrics()["mae"].value == 0.5


@pytest.mark.parametrize(
    ("real", "predicted", "r2", "correlation"),
    [
        ([], [], "no row has its true value yet", "no row has its true value yet"),
        ([1.0], [2.0], "it takes at least two rows", "it takes at least two rows"),
        ([0.1] * 3, [1.0, 2.0, 3.0], "every real value is the same", "every real value is the same"),
        ([1.0, 2.0, 3.0], [0.1] * 3, "", "every prediction is the same"),
    ],
)
def test_what_is_undefined_says_why(real: Any, predicted: Any, r2: str, correlation: str) -> None:
    rows = LabelledRows(
        new_ids(len(real)), np.array(real, dtype=np.float64), np.array(predicted, dtype=np.float64)
    )
    metrics = of(rows).metrics()
    assert metrics["r2"].reason == r2
    assert metrics["squared_correlation"].reason == correlation


def test_texts_are_refused_as_numbers() -> None:
    texts = Categorical.of(["low"])
    with pytest.raises(TypeError, match="numbers"):
        of(LabelledRows(new_ids(1), texts, np.array([1.0])))

"""Input summaries: counts, moments and samples that every reader agrees on."""

import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import Corrupt
from services.evaluation.summaries import InputSummary, priorities, row_ids
from services.evaluation.summaries.inputs import MOST_CATEGORIES
from services.evaluation.summaries.rows import priorities as priorities_of
from services.store.batches import Categorical, Column


def of(column: Column, start: int = 0) -> InputSummary:
    numbers = np.arange(start, start + len(column))
    summary = InputSummary(sampled=100)
    summary.add_values(priorities(row_ids(numbers)), numbers.astype(np.float64), column)
    return summary


@given(st.lists(st.floats(-1e9, 1e9) | st.just(np.nan), max_size=30))
@settings(max_examples=100, deadline=None)
def test_moments_are_exact(values: Any) -> None:
    summary = of(np.array(values, dtype=np.float64))
    present = [value for value in values if not np.isnan(value)]
    assert (summary.count, summary.missing) == (len(present), len(values) - len(present))
    if present:
        assert summary.mean().value == pytest.approx(statistics.fmean(present), rel=1e-12, abs=1e-125)
        assert (summary.minimum, summary.maximum) == (min(present), max(present))
    else:
        assert summary.mean().value is None
    if len(present) > 1:
        assert summary.variance().value == pytest.approx(
            statistics.variance(present), rel=1e-12, abs=1e-125
        )
    else:
        assert summary.variance().reason


def test_splitting_merging_and_storing_changes_nothing() -> None:
    values = np.random.default_rng(0).normal(1e6, 1, 5_000)
    whole, merged = of(values), InputSummary(sampled=100)
    for start in range(4_000, -1, -1_000):
        merged.merge(InputSummary.from_bytes(of(values[start : start + 1_000], start).to_bytes()))
    for measure in (InputSummary.mean, InputSummary.variance):
        assert measure(merged) == measure(whole)
    assert np.array_equal(merged.series().x, whole.series().x)
    assert np.array_equal(merged.series().y, values[merged.series().x.astype(int)])
    assert len(merged.series().x) == 100


def test_series_keeps_missing_values_and_the_order_of_time() -> None:
    series = of(np.array([3.0, np.nan, 1.0])).series()
    assert series.x.tolist() == [0.0, 1.0, 2.0]
    np.testing.assert_array_equal(series.y, [3.0, np.nan, 1.0])


def test_texts_are_counted_and_drawn_as_codes() -> None:
    summary = of(Categorical.of(["red", "white", None, "red"]))
    summary.merge(of(Categorical.of(["rosé", "white", "red"]), start=4))
    assert summary.categories() == {"red": 3, "white": 2, "rosé": 1}
    assert (summary.count, summary.missing) == (6, 1)
    series = summary.series()
    assert series.categories == ("red", "white", "rosé")
    np.testing.assert_array_equal(series.y, [0, 1, np.nan, 0, 2, 1, 0])
    assert summary.mean().reason == "the input is a text"


def test_free_text_is_bounded_and_counted_the_same_by_everyone() -> None:
    texts = [f"note {number % 4_000}" for number in range(12_000)]
    whole, merged = of(Categorical.of(texts)), InputSummary(sampled=100)
    for start in range(0, 12_000, 1_500):
        merged.merge(of(Categorical.of(texts[start : start + 1_500]), start))
    assert merged.categories() == whole.categories()
    assert len(whole.categories()) == MOST_CATEGORIES
    assert set(whole.categories().values()) == {3}
    assert whole.count == 12_000


def test_priorities_are_even_and_differ_between_neighbours() -> None:
    values = priorities_of(row_ids(np.arange(100_000)))
    assert len(np.unique(values)) == 100_000
    assert np.histogram(values, bins=10, range=(0, 1))[0].min() > 9_600


def test_damaged_bytes_are_told_as_corrupt() -> None:
    with pytest.raises(Corrupt):
        InputSummary.from_bytes(b"rubbish")

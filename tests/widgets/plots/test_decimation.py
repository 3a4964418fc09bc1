"""A decimated line keeps its shape, its peaks and its gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets.plots.decimation import MinMaxPyramid, nearest_index


def walk(size: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(size)
    return np.arange(float(size)), random.normal(size=size).cumsum()


def test_a_short_line_is_given_as_it_is() -> None:
    x, y = walk(100)
    shown = MinMaxPyramid(x, y).view(0, 99, 500)
    np.testing.assert_array_equal(shown, (x, y))


@settings(max_examples=40, deadline=None)
@given(
    size=st.integers(1000, 60_000),
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    limit=st.integers(64, 800),
)
def test_a_view_never_loses_the_extremes_and_stays_within_its_limit(
    size: int, ends: tuple[float, float], limit: int
) -> None:
    x, y = walk(size)
    left, right = sorted(ends)
    shown_x, shown_y = MinMaxPyramid(x, y).view(left * size, right * size, limit)
    seen = (x >= left * size) & (x <= right * size)
    assert shown_x.size <= 2 * limit + 8
    if seen.any():
        assert shown_y.min() <= y[seen].min()
        assert shown_y.max() >= y[seen].max()
    assert np.all(np.diff(shown_x) >= 0)


def test_a_view_reaches_to_the_neighbours_beyond_its_edges() -> None:
    x, y = walk(10)
    shown, _ = MinMaxPyramid(x, y).view(3.5, 4.5, 100)
    np.testing.assert_array_equal(shown, [3, 4, 5])


def test_a_single_peak_among_millions_is_drawn() -> None:
    y = np.zeros(2_000_000)
    y[1_234_567] = 9.0
    _, shown = MinMaxPyramid(np.arange(2e6), y).view(0, 2e6, 800)
    assert shown.max() == 9.0


def test_missing_values_stay_gaps_and_hide_nothing() -> None:
    x, y = walk(100_000)
    y[10_000:50_000] = np.nan
    y[70_000] = np.nan
    shown_x, shown_y = MinMaxPyramid(x, y).view(0, 1e5, 400)
    inside = (shown_x > 11_000) & (shown_x < 49_000)
    assert np.isnan(shown_y[inside]).all()
    assert np.nanmax(shown_y) == np.nanmax(y)


def test_times_that_repeat_are_fine_but_must_not_go_back() -> None:
    MinMaxPyramid(np.array([1.0, 1.0, 2.0]), np.zeros(3))
    with pytest.raises(ValueError, match="ascending"):
        MinMaxPyramid(np.array([1.0, 0.5]), np.zeros(2))
    with pytest.raises(ValueError, match="one length"):
        MinMaxPyramid(np.zeros(3), np.zeros(2))


def test_an_empty_line_gives_an_empty_view() -> None:
    x, y = MinMaxPyramid(np.empty(0), np.empty(0)).view(0, 1, 100)
    assert x.size == y.size == 0
    assert nearest_index(np.empty(0), 1.0) is None


@pytest.mark.parametrize(("at", "index"), [(-5.0, 0), (0.4, 0), (0.6, 1), (99.0, 2)])
def test_the_nearest_sample_is_found(at: float, index: int) -> None:
    assert nearest_index(np.array([0.0, 1.0, 2.0]), at) == index

"""A cloud's picture counts every point once, at any zoom."""

import numpy as np
import pytest

from widgets.plots.density import (
    COLUMNS,
    ROWS,
    SOON_COUNTED,
    Box,
    DensityGrid,
    DensityPyramid,
    Points,
    count,
)
from widgets.plots.density_scatter import opacities


@pytest.fixture(scope="module")
def cloud() -> DensityPyramid:
    random = np.random.default_rng(5)
    size = SOON_COUNTED + 50_000
    x = random.normal(size=size)
    return DensityPyramid(x, x + random.normal(size=size))


def test_the_whole_cloud_is_counted_once(cloud: DensityPyramid) -> None:
    shown = cloud.view(cloud.box.grown(0.1), 400, 300, max_points=1000)
    assert isinstance(shown, DensityGrid)
    assert shown.counts.sum() == cloud.size


@pytest.mark.parametrize("share", [0.3, 0.05, 0.002])
def test_a_part_holds_exactly_the_points_inside_it(cloud: DensityPyramid, share: float) -> None:
    half_x, half_y = cloud.box.width * share / 2, cloud.box.height * share / 2
    view = Box(-half_x, half_x, -half_y, half_y)
    shown = cloud.view(view, 400, 300, max_points=10)
    assert isinstance(shown, DensityGrid)
    box = shown.box
    inside = (cloud.x >= box.left) & (cloud.x <= box.right) & (cloud.y >= box.bottom) & (cloud.y <= box.top)
    # A point on the very edge of a cell may fall to either side of it.
    assert abs(int(shown.counts.sum()) - int(inside.sum())) <= 1
    assert box.left <= view.left + 1e-9
    assert box.right >= view.right - 1e-9


def test_cells_are_as_fine_as_asked_and_not_much_finer(cloud: DensityPyramid) -> None:
    shown = cloud.view(cloud.box, 300, 200, max_points=10)
    assert isinstance(shown, DensityGrid)
    assert 300 <= shown.counts.shape[1] <= 600
    assert 200 <= shown.counts.shape[0] <= 400


@pytest.mark.parametrize("share", [0.5, 0.2, 0.09])
def test_zooming_one_side_alone_makes_no_finer_cells_along_the_other(
    cloud: DensityPyramid, share: float
) -> None:
    half = cloud.box.width * share / 2
    shown = cloud.view(Box(-half, half, cloud.box.bottom, cloud.box.top), 300, 200, max_points=10)
    assert isinstance(shown, DensityGrid)
    assert 300 <= shown.counts.shape[1] <= 602
    assert 200 <= shown.counts.shape[0] <= 400
    inside = (cloud.x >= shown.box.left) & (cloud.x <= shown.box.right)
    assert abs(int(shown.counts.sum()) - int(inside.sum())) <= 1


def test_a_small_cloud_is_counted_in_the_very_cells_asked_for() -> None:
    random = np.random.default_rng(3)
    small = DensityPyramid(random.normal(size=20_000), random.normal(size=20_000))
    shown = small.view(small.box, 300, 200, max_points=10)
    assert isinstance(shown, DensityGrid)
    assert shown.counts.shape == (200, 300)
    assert shown.counts.sum() == small.size


def test_zoomed_beyond_the_finest_grid_cells_stay_as_fine(cloud: DensityPyramid) -> None:
    view = Box(0.0, cloud.box.width / COLUMNS * 80, 0.0, cloud.box.height / ROWS * 40)
    shown = cloud.view(view, 400, 300, max_points=3)
    assert isinstance(shown, DensityGrid)
    assert shown.counts.shape == (300, 400)


def test_few_points_are_given_one_by_one(cloud: DensityPyramid) -> None:
    shown = cloud.view(Box(3.9, 4.5, 4.0, 6.0), 400, 300, max_points=1000)
    assert isinstance(shown, Points)
    inside = (cloud.x >= 3.9) & (cloud.x <= 4.5) & (cloud.y >= 4.0) & (cloud.y <= 6.0)
    assert 0 < shown.x.size == inside.sum()


def test_outliers_in_a_wide_view_are_points_rather_than_specks() -> None:
    x = np.concatenate([np.random.default_rng(0).normal(size=50_000), [100.0]])
    shown = DensityPyramid(x, x).view(Box(50, 101, 50, 101), 400, 300, max_points=100)
    assert isinstance(shown, Points)
    np.testing.assert_array_equal(shown.x, [100.0])


def test_missing_and_infinite_points_are_left_out() -> None:
    x = np.array([1.0, np.nan, np.inf, 2.0])
    assert DensityPyramid(x, np.array([1.0, 1.0, 1.0, np.nan])).size == 1


def test_a_view_beside_the_cloud_is_empty(cloud: DensityPyramid) -> None:
    shown = cloud.view(Box(1000, 1001, 0, 1), 100, 100, max_points=10)
    assert isinstance(shown, Points)
    assert shown.x.size == 0


def test_points_all_alike_have_a_box_around_them() -> None:
    same = DensityPyramid(np.full(5000, 3.0), np.full(5000, 0.0))
    shown = same.view(same.box.grown(0.5), 100, 100, max_points=10)
    assert isinstance(shown, DensityGrid)
    assert shown.counts.max() == 5000


def test_a_single_point_is_visible_and_the_fullest_cell_most() -> None:
    shades = opacities(np.array([[0, 1, 10_000]], dtype=np.int32))
    assert shades[0, 0] == 0
    assert 60 < shades[0, 1] < shades[0, 2]


def test_every_point_is_counted_in_its_own_cell() -> None:
    random = np.random.default_rng(9)
    x, y = np.sort(random.uniform(0, 4, 2000)), random.uniform(0, 3, 2000)
    box = Box(0.0, 4.0, 0.0, 3.0)
    expected, _, _ = np.histogram2d(y, x, bins=(30, 40), range=((0, 3), (0, 4)))
    np.testing.assert_array_equal(count(x, y, box, 40, 30), expected)
    np.testing.assert_array_equal(count(np.array([4.0]), np.array([3.0]), box, 40, 30)[-1, -1], 1)


def test_points_outside_the_box_are_not_counted() -> None:
    random = np.random.default_rng(11)
    x, y = np.sort(random.uniform(-2, 6, 5000)), random.uniform(-3, 6, 5000)
    expected, _, _ = np.histogram2d(y, x, bins=(200, 170), range=((0, 3), (0, 4)))
    np.testing.assert_array_equal(count(x, y, Box(0.0, 4.0, 0.0, 3.0), 170, 200), expected)

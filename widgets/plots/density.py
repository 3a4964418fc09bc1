"""A cloud of any number of points counted into the cells of a picture, as fine as the view needs.

Counts over the whole cloud are kept in grids, each half as fine as another across or up ("ripmap"), so
that panning and zooming out cost O(cells), also where only one side is zoomed. Zoomed in beyond the finest
grid, the points between the view's ends are found through an order by x and counted, or given back one by
one when they are few.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]

COLUMNS, ROWS = 4096, 2048
"""Of the finest grid; a view that needs more holds so few points that they are counted within a frame."""
COARSEST = 64
SOON_COUNTED = 250_000
"""Up to so many points are counted anew for each view, in about a millisecond, and need no grids."""
STRIP = 64
"""Columns counted at a time: their counts stay within the processor's cache."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the units of the data."""

    left: float
    right: float
    bottom: float
    top: float

    @property
    def width(self) -> float:
        """Along x."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Along y."""
        return self.top - self.bottom

    def grown(self, share: float) -> "Box":
        """The box with a margin of so much of its size on each side."""
        dx, dy = self.width * share, self.height * share
        return Box(self.left - dx, self.right + dx, self.bottom - dy, self.top + dy)

    def holds(self, other: "Box") -> bool:
        """Whether the other box lies inside."""
        inside_x = self.left <= other.left and other.right <= self.right
        return inside_x and self.bottom <= other.bottom and other.top <= self.top

    def meets(self, other: "Box") -> "Box | None":
        """What both have in common; None when nothing."""
        both = Box(
            max(self.left, other.left),
            min(self.right, other.right),
            max(self.bottom, other.bottom),
            min(self.top, other.top),
        )
        return both if both.width > 0 and both.height > 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class DensityGrid:
    """Counts per cell: `counts[row, column]`, row 0 at the bottom of `box`."""

    box: Box
    counts: Counts


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points one by one, shape (n,) each."""

    x: Floats
    y: Floats


class DensityPyramid:
    """A cloud of points with counts over it.

    Args:
        x, y: shape (n,) each; points with a missing or infinite coordinate are left out.

    Raises:
        ValueError: the lengths differ.
    """

    def __init__(self, x: Floats, y: Floats) -> None:
        if x.shape != y.shape or x.ndim != 1:
            raise ValueError(f"x and y must be vectors of one length, not {x.shape} and {y.shape}")
        sound = np.isfinite(x) & np.isfinite(y)
        order = np.argsort(x[sound], kind="stable")
        self.x, self.y = x[sound][order], y[sound][order]
        self.box = bounds(self.x, self.y)
        self._grids: DensityLevels | None = None

    @property
    def size(self) -> int:
        """How many points."""
        return int(self.x.size)

    def view(self, box: Box, columns: int, rows: int, *, max_points: int) -> DensityGrid | Points:
        """What to draw of the cloud inside a box.

        Args:
            box: the visible part.
            columns: cells wanted across; a picture has up to twice as many.
            rows: cells wanted up.
            max_points: up to so many points are given one by one.
        """
        inside = box.meets(self.box)
        if self.size <= max_points:
            return Points(self.x, self.y)
        if inside is None:
            return Points(self.x[:0], self.y[:0])
        across, up = self.box.width / box.width * columns, self.box.height / box.height * rows
        if self.size > SOON_COUNTED and across <= COLUMNS and up <= ROWS:
            picture = self._from_grids(inside, across, up)
            if int(picture.counts.sum()) > max_points:
                return picture
        return self._counted(inside, box, columns, rows, max_points)

    def _counted(
        self, inside: Box, box: Box, columns: int, rows: int, max_points: int
    ) -> DensityGrid | Points:
        """Count the points inside, found through the order by x."""
        wide = max(1, round(columns * inside.width / box.width))
        high = max(1, round(rows * inside.height / box.height))
        counts = count(self.x, self.y, inside, wide, high)
        return DensityGrid(inside, counts) if int(counts.sum()) > max_points else self._points(inside)

    def _points(self, inside: Box) -> Points:
        first = int(np.searchsorted(self.x, inside.left, side="left"))
        last = int(np.searchsorted(self.x, inside.right, side="right"))
        x, y = self.x[first:last], self.y[first:last]
        kept = (y >= inside.bottom) & (y <= inside.top)
        return Points(x[kept], y[kept])

    def _from_grids(self, inside: Box, across: float, up: float) -> DensityGrid:
        """Cut the view out of the coarsest grid that is fine enough, across and up."""
        if self._grids is None:
            self._grids = DensityLevels(count(self.x, self.y, self.box, COLUMNS, ROWS))
        grid = self._grids.fine_enough(across, up)
        rows, columns = grid.shape
        wide, high = self.box.width / columns, self.box.height / rows
        left = int((inside.left - self.box.left) / wide)
        bottom = int((inside.bottom - self.box.bottom) / high)
        right = min(columns, int(np.ceil((inside.right - self.box.left) / wide)))
        top = min(rows, int(np.ceil((inside.top - self.box.bottom) / high)))
        cut = Box(
            self.box.left + left * wide,
            self.box.left + right * wide,
            self.box.bottom + bottom * high,
            self.box.bottom + top * high,
        )
        return DensityGrid(cut, grid[bottom:top, left:right])


class DensityLevels:
    """A grid of counts, and those that are coarser across, up or both; made when first needed.

    Args:
        finest: counts, shape (rows, columns), powers of two.
    """

    def __init__(self, finest: Counts) -> None:
        self._made = {finest.shape: finest}
        self._finest = finest

    def fine_enough(self, across: float, up: float) -> Counts:
        """The coarsest grid of at least so many columns and rows, as far as there are so many."""
        rows, columns = self._finest.shape
        while columns // 2 >= max(across, COARSEST):
            columns //= 2
        while rows // 2 >= max(up, COARSEST):
            rows //= 2
        return self._grid(rows, columns)

    def _grid(self, rows: int, columns: int) -> Counts:
        """Rows are put together first: a side zoomed by itself is most often time, which runs across."""
        if (rows, columns) not in self._made:
            if columns < self._finest.shape[1]:
                finer = self._grid(rows, columns * 2)
                made = finer[:, 0::2] + finer[:, 1::2]
            else:
                finer = self._grid(rows * 2, columns)
                made = finer[0::2] + finer[1::2]
            self._made[rows, columns] = made
        return self._made[rows, columns]


def bounds(x: Floats, y: Floats) -> Box:
    """The box around all points, never of no width or height; the unit box for none."""
    if x.size == 0:
        return Box(0.0, 1.0, 0.0, 1.0)
    sides = []
    for values in (x, y):
        low, high = float(values.min()), float(values.max())
        if high <= low:
            margin = max(abs(low) * 1e-6, 1e-6)
            low, high = low - margin, high + margin
        sides += [low, high]
    return Box(*sides)


def count(x: Floats, y: Floats, box: Box, columns: int, rows: int) -> Counts:
    """Points per cell, shape (rows, columns); points on the far edges belong to the last cells.

    Points outside the box, which the cells divide evenly, are left out. x and y have shape (n,) each, x
    ascending.
    """
    counts = np.empty((rows, columns), dtype=np.int32)
    ends = np.searchsorted(x, np.linspace(box.left, box.right, columns + 1), side="left")
    ends[-1] = np.searchsorted(x, box.right, side="right")
    for first in range(0, columns, STRIP):
        strip = ends[first : first + STRIP + 1]
        counts[:, first : first + STRIP] = _count_strip(y[strip[0] : strip[-1]], np.diff(strip), box, rows)
    return counts


def _count_strip(y: Floats, sizes: NDArray[np.intp], box: Box, rows: int) -> NDArray[np.intp]:
    """Points per row in columns of so many points each, shape (rows, columns)."""
    # A row below and one above take what lies outside; the top edge itself stays just inside.
    height = rows + 2
    row = y - box.bottom
    row *= rows / box.height * (1 - 1e-12)
    row += 1.0
    np.clip(row, 0.0, rows + 1.0, out=row)
    cells = row.astype(np.intp)
    cells += np.repeat(np.arange(sizes.size) * height, sizes)
    found = np.bincount(cells, minlength=sizes.size * height)
    return found.reshape(sizes.size, height)[:, 1:-1].T

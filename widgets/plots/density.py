"""A cloud of any number of points counted into the cells of a picture, as fine as the view needs.

Counts over the whole cloud are kept in a pyramid of grids, each half as fine as the one before, so that
panning and zooming out cost O(cells). Zoomed in beyond the finest grid, the points inside the view are
found through an order by x and counted, or given back one by one when they are few.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]

FINEST = 2048
COARSEST = 64


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
class Picture:
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
        self._grids: tuple[Counts, ...] | None = None

    @property
    def size(self) -> int:
        """How many points."""
        return int(self.x.size)

    def view(self, box: Box, columns: int, rows: int, *, few: int) -> Picture | Points:
        """What to draw of the cloud inside a box.

        Args:
            box: the visible part.
            columns: cells wanted across; a picture has up to twice as many.
            rows: cells wanted up.
            few: up to so many points are given one by one.
        """
        inside = box.meets(self.box)
        if self.size <= few:
            return Points(self.x, self.y)
        if inside is None:
            return Points(self.x[:0], self.y[:0])
        wanted = max(self.box.width / box.width * columns, self.box.height / box.height * rows)
        if wanted <= FINEST:
            picture = self._from_grids(inside, wanted)
            if int(picture.counts.sum()) > few:
                return picture
        return self._counted(inside, box, columns, rows, few)

    def _counted(self, inside: Box, box: Box, columns: int, rows: int, few: int) -> Picture | Points:
        """Count the points inside, found through the order by x."""
        first = int(np.searchsorted(self.x, inside.left, side="left"))
        last = int(np.searchsorted(self.x, inside.right, side="right"))
        x, y = self.x[first:last], self.y[first:last]
        kept = (y >= inside.bottom) & (y <= inside.top)
        x, y = x[kept], y[kept]
        if x.size <= few:
            return Points(x, y)
        wide = max(1, round(columns * inside.width / box.width))
        high = max(1, round(rows * inside.height / box.height))
        return Picture(inside, count(x, y, inside, wide, high))

    def _from_grids(self, inside: Box, wanted: float) -> Picture:
        """Cut the view out of the coarsest grid that is fine enough."""
        if self._grids is None:
            self._grids = halved(count(self.x, self.y, self.box, FINEST, FINEST))
        grid = next((one for one in reversed(self._grids) if one.shape[0] >= wanted), self._grids[0])
        cells = grid.shape[0]
        wide, high = self.box.width / cells, self.box.height / cells
        left = int((inside.left - self.box.left) / wide)
        bottom = int((inside.bottom - self.box.bottom) / high)
        right = min(cells, int(np.ceil((inside.right - self.box.left) / wide)))
        top = min(cells, int(np.ceil((inside.top - self.box.bottom) / high)))
        cut = Box(
            self.box.left + left * wide,
            self.box.left + right * wide,
            self.box.bottom + bottom * high,
            self.box.bottom + top * high,
        )
        return Picture(cut, grid[bottom:top, left:right])


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
    """Points per cell, shape (rows, columns); points on the far edges belong to the last cells."""
    across = np.minimum(((x - box.left) * (columns / box.width)).astype(np.int32), columns - 1)
    up = np.minimum(((y - box.bottom) * (rows / box.height)).astype(np.int32), rows - 1)
    cells = np.bincount(up * np.int32(columns) + across, minlength=rows * columns)
    return cells.reshape(rows, columns).astype(np.int32)


def halved(grid: Counts) -> tuple[Counts, ...]:
    """The grid, and grids each half as fine, down to the coarsest."""
    grids = [grid]
    while grids[-1].shape[0] > COARSEST:
        side = grids[-1].shape[0] // 2
        grids.append(grids[-1].reshape(side, 2, side, 2).sum(axis=(1, 3), dtype=np.int32))
    return tuple(grids)

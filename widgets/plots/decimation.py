"""A line of any length decimated to what the pixels of a view can show, in time that does not grow with it.

Neighbouring samples are summarised by their lowest and highest value, four to one, level upon
level ("min/max pyramid"; the shape of a signal is kept because no peak is ever dropped). A view takes
the finest level that has few enough summaries in it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FACTOR = 4
SMALLEST_LEVEL = 64


@dataclass(frozen=True, slots=True)
class Level:
    """Summaries of `size` samples each: shape (n,) lowest and highest value, NaN where all are missing."""

    size: int
    low: Floats
    high: Floats


class MinMaxPyramid:
    """A line with summaries over it.

    Args:
        x: shape (n,), ascending.
        y: shape (n,); NaN where missing.

    Raises:
        ValueError: the lengths differ, or x is not ascending.
    """

    def __init__(self, x: Floats, y: Floats) -> None:
        if x.shape != y.shape or x.ndim != 1:
            raise ValueError(f"x and y must be vectors of one length, not {x.shape} and {y.shape}")
        if x.size > 1 and bool(np.any(x[1:] < x[:-1])):
            raise ValueError("x must be ascending")
        self.x = x
        self.y = y
        self._levels = build_levels(y)

    def view(self, left: float, right: float, limit: int) -> tuple[Floats, Floats]:
        """Points to draw between two x, with one neighbour each side so that the line runs to the edge.

        Args:
            left: the lowest visible x.
            right: the highest visible x.
            limit: how many summaries may be drawn, at least 64; at least a quarter as many come.

        Returns:
            x and y of the polyline, shape (m,) each, with m ≤ 2 · limit + 8.
        """
        first = max(0, int(np.searchsorted(self.x, left, side="left")) - 1)
        last = min(self.x.size, int(np.searchsorted(self.x, right, side="right")) + 1)
        if last - first <= 2 * limit:
            return self.x[first:last], self.y[first:last]
        level = next((one for one in self._levels if (last - first) / one.size <= limit), self._levels[-1])
        return self._polyline(level, first // level.size, -(-last // level.size))

    def _polyline(self, level: Level, first: int, last: int) -> tuple[Floats, Floats]:
        """Lowest and highest of each summary, at its first and middle sample's x."""
        starts = np.arange(first, last) * level.size
        middles = np.minimum(starts + level.size // 2, self.x.size - 1)
        x = np.empty(2 * starts.size)
        y = np.empty(2 * starts.size)
        x[0::2], x[1::2] = self.x[starts], self.x[middles]
        y[0::2], y[1::2] = level.low[first:last], level.high[first:last]
        return x, y


def build_levels(y: Floats) -> tuple[Level, ...]:
    """Summaries of 4, 16, 64, … samples, down to at most 64 of them; none for a short line."""
    levels: list[Level] = []
    low, high, size = y, y, 1
    while low.size > SMALLEST_LEVEL:
        starts = np.arange(0, low.size, FACTOR)
        low, high = np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts)
        size *= FACTOR
        levels.append(Level(size, low, high))
    return tuple(levels)


def nearest_index(x: Floats, at: float) -> int | None:
    """Index of the sample nearest to `at` in ascending x; None when there is none."""
    if x.size == 0:
        return None
    after = int(np.searchsorted(x, at))
    if after == 0:
        return 0
    if after == x.size:
        return int(x.size) - 1
    return after if x[after] - at < at - x[after - 1] else after - 1

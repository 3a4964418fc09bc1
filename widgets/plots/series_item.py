"""One course of a variable in one plot: numbers as a line or points, texts as lanes."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from services.evaluation.model import Series
from widgets.formatting import number
from widgets.plots.decimated_line import DecimatedLine
from widgets.plots.decimation import MinMaxPyramid, nearest_index
from widgets.plots.density import Box, DensityPyramid
from widgets.plots.density_scatter import DensityScatter
from widgets.theme import VersionStyle

Floats = NDArray[np.float64]
GOLDEN = 0.6180339887498949
LANE = 0.6
BAND_ALPHA = 60
POINT = 5


class SeriesItem:
    """Draws a series; the same items serve every refresh.

    Args:
        as_points: numbers become points instead of a line; for rows that follow one another by chance.
    """

    def __init__(self, plot: Any, style: VersionStyle, *, as_points: bool = False) -> None:
        self._plot = plot
        self._as_points = as_points
        self._series = Series(np.empty(0), np.empty(0))
        self._curve = DecimatedLine(plot)
        self._curve.set_colour(style.colour)
        self._scatter = DensityScatter(plot, style, size=POINT)
        self._edges = [pg.PlotCurveItem(pen=None) for _ in range(2)]
        band = QColor(style.colour)
        band.setAlpha(BAND_ALPHA)
        self._band = pg.FillBetweenItem(*self._edges, brush=band)
        self._band.setZValue(-1)
        for item in (*self._edges, self._band):
            plot.addItem(item, ignoreBounds=True)

    @property
    def series(self) -> Series:
        """What is drawn."""
        return self._series

    def show(self, series: Series) -> None:
        """Draw another series with the same items."""
        if series is self._series:
            return
        self._series = series
        lanes = bool(series.categories)
        none = np.empty(0)
        points = lanes or (self._as_points and series.low is None)
        self._curve.set_data(MinMaxPyramid(none, none) if points else MinMaxPyramid(series.x, series.y))
        points_data = (none, none) if not points else spread(series) if lanes else (series.x, series.y)
        self._scatter.set_data(DensityPyramid(*points_data))
        ranged = not lanes and series.low is not None and series.high is not None
        for edge, values in zip(self._edges, (series.low, series.high), strict=True):
            edge.setData(series.x if ranged else none, values if ranged else none)
        self._band.setVisible(ranged)

    def extent(self) -> Box | None:
        """The box around it; None when there is nothing in it."""
        series = self._series
        parts = [part for part in (series.y, series.low, series.high) if part is not None]
        seen = np.isfinite(series.y)
        if not seen.any():
            return None
        x = series.x[seen]
        if series.categories:
            return Box(float(x[0]), float(x[-1]), -0.5, len(series.categories) - 0.5)
        low = min(float(np.nanmin(part)) for part in parts)
        high = max(float(np.nanmax(part)) for part in parts)
        return Box(float(x[0]), float(x[-1]), low, high)

    def read(self, at: float) -> tuple[str, float, float] | None:
        """The value nearest to an x, as text, and where it lies."""
        place = nearest_index(self._series.x, at)
        if place is None:
            return None
        x, y = float(self._series.x[place]), float(self._series.y[place])
        if np.isnan(y):
            return "missing", x, 0.0
        categories = self._series.categories
        if categories:
            return categories[int(y)], x, y
        text = number(y)
        if self._series.low is not None and self._series.high is not None:
            low, high = float(self._series.low[place]), float(self._series.high[place])
            text += f" (from {number(low)} to {number(high)})"
        return text, x, y


def spread(series: Series) -> tuple[Floats, Floats]:
    """Points of each lane spread over its height so that they don't hide one another, always alike.

    Heights follow multiples of the golden ratio modulo 1, which fill a lane evenly at any number.
    """
    heights = (np.arange(series.y.size) * GOLDEN) % 1.0 - 0.5
    return series.x, series.y + heights * LANE

"""A line of any length in a plot: one item, refilled with what the pixels of the view can show."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from widgets.plots.decimation import MinMaxPyramid
from widgets.plots.style import SYMBOLS, line_pen
from widgets.theme import Symbol, theme

Floats = NDArray[np.float64]
PER_PIXEL = 1.0
MAX_MARKED_SAMPLES = 120
"""Up to so many visible samples each gets a point, so that single samples can be seen."""


class DecimatedLine:
    """Draws a pyramid; follows its plot's range by itself."""

    def __init__(self, plot: Any) -> None:
        self._plot = plot
        self._pyramid = MinMaxPyramid(np.empty(0), np.empty(0))
        self._pens = {
            False: line_pen(theme().colours.text, width=0.0),
            True: line_pen(theme().colours.text),
        }
        self._line = pg.PlotCurveItem(skipFiniteCheck=True)
        self._points = pg.ScatterPlotItem(symbol=SYMBOLS[Symbol.CIRCLE], size=5, pxMode=True)
        plot.addItem(self._line)
        plot.addItem(self._points, ignoreBounds=True)
        plot.getViewBox().sigXRangeChanged.connect(self.redraw)
        plot.getViewBox().sigResized.connect(self.redraw)

    @property
    def pyramid(self) -> MinMaxPyramid:
        """The data."""
        return self._pyramid

    def set_colour(self, colour: str) -> None:
        """One colour for line and points; the line is a hairline while it is long."""
        self._pens = {False: line_pen(colour, width=0.0), True: line_pen(colour, width=1.5)}
        self._points.setPen(None)
        self._points.setBrush(colour)
        self.redraw()

    def set_data(self, pyramid: MinMaxPyramid) -> None:
        """Draw other data with the same item."""
        self._pyramid = pyramid
        self.redraw()

    def redraw(self) -> None:
        """Fill the line with what the view shows; O(pixels)."""
        box = self._plot.getViewBox()
        (left, right), _ = box.viewRange()
        limit = max(64, int(box.width() * PER_PIXEL))
        x, y = self._pyramid.view(left, right, limit)
        whole = bool(np.isfinite(y).all())
        sparse = x.size <= MAX_MARKED_SAMPLES
        connect = "all" if whole else "finite"
        self._line.setData(x, y, connect=connect, pen=self._pens[sparse], antialias=sparse)
        if sparse:
            seen = np.isfinite(y)
            self._points.setData(x[seen], y[seen])
        elif len(self._points.data):
            self._points.clear()

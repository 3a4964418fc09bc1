"""A cloud of any number of points in a plot: single points while few, else a picture of their density."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from widgets.plots.density import Box, Counts, DensityPyramid, Picture, Points
from widgets.plots.look import POINT_SIZE, SYMBOLS, point_brush
from widgets.theme import VersionStyle

FEW = 3000
CELL = 2
"""Pixels a cell is wide and high at most."""
MARGIN = 0.5
"""A picture reaches half a view beyond each edge, so that most pans only move it."""
FAINTEST, FULLEST = 70, 225


class Cloud:
    """Draws a density pyramid in one version's style; follows its plot's range by itself."""

    def __init__(self, plot: Any, style: VersionStyle, size: int = POINT_SIZE) -> None:
        self._plot = plot
        self._style = style
        self._pyramid = DensityPyramid(np.empty(0), np.empty(0))
        self._drawn: Box | None = None
        self._scale = (0.0, 0.0)
        self._image = pg.ImageItem(axisOrder="row-major")
        self._points = pg.ScatterPlotItem(
            symbol=SYMBOLS[style.symbol], size=size, brush=point_brush(style), pen=None
        )
        if SYMBOLS[style.symbol] in {"+", "x"}:
            self._points.setPen(pg.mkPen(style.colour))
        plot.addItem(self._image, ignoreBounds=True)
        plot.addItem(self._points, ignoreBounds=True)
        plot.getViewBox().sigRangeChanged.connect(self._follow)
        plot.getViewBox().sigResized.connect(self._follow)

    @property
    def pyramid(self) -> DensityPyramid:
        """The data."""
        return self._pyramid

    def set_data(self, pyramid: DensityPyramid) -> None:
        """Draw other data with the same items."""
        self._pyramid = pyramid
        self._drawn = None
        self._follow()

    def set_visible(self, *, visible: bool) -> None:
        """Show or hide it."""
        self._image.setVisible(visible)
        self._points.setVisible(visible)

    def remove(self) -> None:
        """Take it out of the plot."""
        self._plot.getViewBox().sigRangeChanged.disconnect(self._follow)
        self._plot.getViewBox().sigResized.disconnect(self._follow)
        self._plot.removeItem(self._image)
        self._plot.removeItem(self._points)

    def _follow(self) -> None:
        """Draw again when the view left what is drawn, or its scale changed."""
        view = self._plot.getViewBox()
        (left, right), (bottom, top) = view.viewRange()
        box = Box(left, right, bottom, top)
        if view.width() < 2 or view.height() < 2 or box.width <= 0 or box.height <= 0:
            return
        scale = (box.width / view.width(), box.height / view.height())
        same_scale = np.allclose(scale, self._scale, rtol=1e-6, atol=0.0)
        if same_scale and self._drawn is not None and self._drawn.holds(box):
            return
        self._scale = scale
        self._drawn = box.grown(MARGIN)
        grown = 1 + 2 * MARGIN
        columns, rows = (max(1, int(side * grown / CELL)) for side in (view.width(), view.height()))
        self._draw(self._pyramid.view(self._drawn, columns, rows, few=FEW))

    def _draw(self, found: Picture | Points) -> None:
        if isinstance(found, Points):
            self._image.clear()
            self._points.setData(found.x, found.y)
            return
        self._points.clear()
        box = found.box
        self._image.setImage(tinted(found.counts, self._style.qcolour), levels=None, autoLevels=False)
        self._image.setRect(QRectF(box.left, box.bottom, box.width, box.height))


def tinted(counts: Counts, colour: QColor) -> NDArray[np.uint8]:
    """Counts as a picture in one colour, shape (rows, columns, 4): the more points, the less see-through.

    Opacity grows with the logarithm of the count, so that single points are seen beside thousands.
    """
    most = max(int(counts.max(initial=1)), 1)
    table = FAINTEST + (FULLEST - FAINTEST) * np.log1p(np.arange(most + 1)) / np.log1p(most)
    table[0] = 0
    picture = np.empty((*counts.shape, 4), dtype=np.uint8)
    picture[..., :3] = (colour.red(), colour.green(), colour.blue())
    picture[..., 3] = table.astype(np.uint8)[counts]
    return picture

"""A cloud of any number of points in a plot: single points while few, else a picture of their density."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsPixmapItem

from widgets.plots.density import Box, Counts, DensityGrid, DensityPyramid, Points
from widgets.plots.style import POINT_SIZE, SYMBOLS, point_brush
from widgets.theme import VersionStyle

MAX_POINTS = 3000
CELL = 2
"""Pixels a cell is wide and high at most."""
MARGIN = 0.5
"""While panning, a picture reaches half a view beyond each edge, so that most pans only move it."""


class DensityScatter:
    """Draws a density pyramid in one version's style; follows its plot's range by itself."""

    def __init__(self, plot: Any, style: VersionStyle, size: int = POINT_SIZE) -> None:
        self._plot = plot
        self._style = style
        self._pyramid = DensityPyramid(np.empty(0), np.empty(0))
        self._drawn: Box | None = None
        self._scale = (0.0, 0.0)
        self._image = QGraphicsPixmapItem()
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
        margin = MARGIN if same_scale else 0.0
        self._scale = scale
        self._drawn = box.grown(margin)
        grown = 1 + 2 * margin
        columns, rows = (max(1, int(side * grown / CELL)) for side in (view.width(), view.height()))
        self._draw(self._pyramid.view(self._drawn, columns, rows, max_points=MAX_POINTS))

    def _draw(self, found: DensityGrid | Points) -> None:
        if isinstance(found, Points):
            self._image.setPixmap(QPixmap())
            self._points.setData(found.x, found.y)
            return
        self._points.clear()
        self._image.setPixmap(QPixmap.fromImage(density_image(found.counts, self._style.qcolour)))
        box, (rows, columns) = found.box, found.counts.shape
        place = QTransform.fromTranslate(box.left, box.bottom)
        self._image.setTransform(place.scale(box.width / columns, box.height / rows))


FAINTEST, FULLEST = 70, 225
"""Opacity of a cell with one point, and of the fullest cell; of 255."""


def opacities(counts: Counts) -> NDArray[np.uint8]:
    """How visible each cell is, shape of `counts`: 0 for no point.

    Grows with the logarithm of the count, so that single points are seen beside thousands.
    """
    most = max(int(counts.max(initial=1)), 1)
    grown = np.log1p(np.arange(most + 1)) / np.log1p(most)
    table = (FAINTEST + (FULLEST - FAINTEST) * grown).astype(np.uint8)
    table[0] = 0
    found: NDArray[np.uint8] = np.take(table, counts, mode="clip")
    return found


def density_image(counts: Counts, colour: QColor) -> QImage:
    """The picture, ready to be painted fast; its first line is the counts' first row."""
    rows, columns = counts.shape
    shades = np.ascontiguousarray(opacities(counts))
    indexed = QImage(shades.data, columns, rows, columns, QImage.Format.Format_Indexed8)
    red, green, blue = colour.red(), colour.green(), colour.blue()
    indexed.setColorTable([(shade << 24) | (red << 16) | (green << 8) | blue for shade in range(256)])
    return indexed.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)

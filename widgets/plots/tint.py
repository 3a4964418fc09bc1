"""Counts per cell as a picture in one colour: the more points, the less see-through."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from widgets.plots.density import Counts

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


def tinted(counts: Counts, colour: QColor) -> QImage:
    """The picture, ready to be painted fast; its first line is the counts' first row."""
    rows, columns = counts.shape
    shades = np.ascontiguousarray(opacities(counts))
    indexed = QImage(shades.data, columns, rows, columns, QImage.Format.Format_Indexed8)
    red, green, blue = colour.red(), colour.green(), colour.blue()
    indexed.setColorTable([(shade << 24) | (red << 16) | (green << 8) | blue for shade in range(256)])
    return indexed.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)

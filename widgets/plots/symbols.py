"""The outlines of symbols, the same in legends as in plots."""

from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtGui import QPainterPath

from widgets.plots.look import SYMBOLS
from widgets.theme import Symbol


def symbol_path(symbol: Symbol) -> QPainterPath:
    """The outline, one unit wide around the origin; y points down."""
    path: QPainterPath = Symbols[SYMBOLS[symbol]]
    return path

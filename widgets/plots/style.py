"""How plots look: pens, brushes, axes and grid in the theme's colours; the same on light and dark."""

from html import escape
from typing import Any

import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QPainterPath, QPen

from widgets.theme import FontSize, Symbol, VersionStyle, font, theme

SYMBOLS = {
    Symbol.CIRCLE: "o",
    Symbol.SQUARE: "s",
    Symbol.TRIANGLE: "t1",
    Symbol.DIAMOND: "d",
    Symbol.PLUS: "+",
    Symbol.CROSS: "x",
    Symbol.STAR: "star",
}
POINT_SIZE = 7
POINT_ALPHA = 190
GRID_ALPHA = 0.14
BEHIND = -1000
"""An axis draws the grid too, which belongs behind the data."""


def line_pen(colour: str, dash: Qt.PenStyle = Qt.PenStyle.SolidLine, width: float = 1.0) -> QPen:
    """A cosmetic pen: so wide at any zoom, in the screen's own units.

    Qt counts a cosmetic pen's width in physical pixels, so it grows with the screen's scale here. One
    physical pixel (a width of 0) is the fastest, and right for long lines.
    """
    screen = QGuiApplication.primaryScreen()
    pen = QPen(QColor(colour), max(1.0, width * screen.devicePixelRatio()), dash)
    pen.setCosmetic(True)
    return pen


def point_brush(style: VersionStyle) -> QBrush:
    """See-through, so that points over one another darken."""
    colour = QColor(style.colour)
    colour.setAlpha(POINT_ALPHA)
    return QBrush(colour)


def hide_default_controls(plot: Any) -> None:
    """Take away what pyqtgraph shows of its own: menus, the A button."""
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.disableAutoRange()
    plot.getViewBox().setBorder(None)
    for side in ("left", "bottom"):
        plot.getAxis(side).setStyle(
            tickLength=-4, autoExpandTextSpace=True, hideOverlappingLabels=True, maxTickLevel=1
        )
        plot.getAxis(side).enableAutoSIPrefix(enable=False)
        plot.getAxis(side).setZValue(BEHIND)


def apply_theme(plot: Any) -> None:
    """Axes and grid in the theme's colours; call again when it changes."""
    colours = theme().colours
    plot.showGrid(x=True, y=True, alpha=GRID_ALPHA)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(pg.mkPen(colours.border))
        axis.setTextPen(pg.mkPen(colours.quiet))
        axis.setTickFont(font(FontSize.SMALL))
        if axis.labelText:
            _show_axis_title(plot, side, axis.labelText)


def set_axis_title(plot: Any, side: str, title: str, unit: str = "") -> None:
    """Title an axis, its unit in brackets."""
    _show_axis_title(plot, side, escape(f"{title} ({unit})" if unit else title))


def _show_axis_title(plot: Any, side: str, markup: str) -> None:
    size = f"{font(FontSize.SMALL).pointSizeF():.1f}pt"
    plot.setLabel(side, markup, color=theme().colours.quiet, **{"font-size": size})


def symbol_path(symbol: Symbol) -> QPainterPath:
    """The outline, one unit wide around the origin; y points down."""
    path: QPainterPath = Symbols[SYMBOLS[symbol]]
    return path

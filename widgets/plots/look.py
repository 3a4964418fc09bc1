"""How plots look: pens, brushes, axes and grid in the theme's colours; the same on light and dark."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPen

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
POINT_ALPHA = 150
GRID_ALPHA = 0.14


def line_pen(colour: str, dash: Qt.PenStyle = Qt.PenStyle.SolidLine, width: float = 1.0) -> QPen:
    """A cosmetic pen: so many pixels wide at any zoom. Pens wider than one pixel are slow on long lines."""
    pen = QPen(QColor(colour), width, dash)
    pen.setCosmetic(True)
    return pen


def point_brush(style: VersionStyle) -> QBrush:
    """See-through, so that points over one another darken."""
    colour = QColor(style.colour)
    colour.setAlpha(POINT_ALPHA)
    return QBrush(colour)


def plain_plot(plot: Any) -> None:
    """Take away what pyqtgraph shows of its own: menus, the A button."""
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.disableAutoRange()
    plot.getViewBox().setBorder(None)
    for side in ("left", "bottom"):
        plot.getAxis(side).setStyle(tickLength=-4, autoExpandTextSpace=True, hideOverlappingLabels=True)
        plot.getAxis(side).enableAutoSIPrefix(enable=False)


def dress(plot: Any) -> None:
    """Axes and grid in the theme's colours; call again when it changes."""
    colours = theme().colours
    plot.showGrid(x=True, y=True, alpha=GRID_ALPHA)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(pg.mkPen(colours.border))
        axis.setTextPen(pg.mkPen(colours.quiet))
        axis.setTickFont(font(FontSize.SMALL))
        if axis.labelText:
            name_axis(plot, side, axis.labelText)


def name_axis(plot: Any, side: str, title: str, unit: str = "") -> None:
    """Title an axis, its unit in brackets."""
    shown = f"{title} ({unit})" if unit else title
    size = f"{font(FontSize.SMALL).pointSizeF():.1f}pt"
    plot.setLabel(side, shown, color=theme().colours.quiet, **{"font-size": size})

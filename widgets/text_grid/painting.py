"""Paints the part of one line that a row shows: marks under it, then its letters run by run."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QPainter

from widgets.text_grid.ansi import Run, TextStyle
from widgets.text_grid.character_widths import columns_of
from widgets.theme import Colours, theme
from widgets.theme.ansi import READABLE, named, readable_colour
from widgets.theme.colours import contrast


@dataclass(frozen=True, slots=True)
class Grid:
    """The letters' grid.

    Attributes:
        width: of one column.
        height: of one row; `ascent` from its top to the line that letters stand on.
    """

    font: QFont
    width: float
    height: int
    ascent: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of a line with a background of its own, and an outline where one is named.

    Attributes:
        start, end: columns from the first to before the last.
    """

    start: int
    end: int
    colour: str
    outline: str = ""


def paint_marks(painter: QPainter, grid: Grid, x: float, y: int, marks: list[Mark]) -> None:
    """Backgrounds under a row whose column 0 stands at `x`."""
    for mark in marks:
        area = QRectF(x + mark.start * grid.width, y, (mark.end - mark.start) * grid.width, grid.height)
        painter.fillRect(area, QColor(mark.colour))
        if mark.outline:
            painter.setPen(QColor(mark.outline))
            painter.drawRect(area.adjusted(-0.5, 0.5, 0.5, -0.5))


def paint_runs(
    painter: QPainter, grid: Grid, at: QPoint, runs: Sequence[Run], part: tuple[int, str]
) -> None:
    """The letters of the part of a line (its place and text) from `at` on, each run in its style."""
    place, text = part
    end = place + len(text)
    column = 0
    for run in runs:
        first, last = max(run.start, place), min(run.start + len(run.text), end)
        if first >= last:
            continue
        piece = run.text[first - run.start : last - run.start]
        _paint(painter, grid, QPointF(at.x() + column * grid.width, at.y()), piece, run.style)
        column += columns_of(piece)


def _paint(painter: QPainter, grid: Grid, at: QPointF, text: str, style: TextStyle) -> None:
    colours = theme().colours
    front, behind = colour_of(style.foreground, colours), style.background
    if style.swapped:
        front, behind = colours.base if behind == "" else colour_of(behind, colours), front
    if behind != "":
        area = QRectF(at.x(), at.y(), columns_of(text) * grid.width, grid.height)
        painter.fillRect(area, QColor(colour_of(behind, colours)))
        front = readable_on(front, colour_of(behind, colours), colours)
    painter.setPen(QColor(colours.quiet if style.faint and style.foreground == "" else front))
    painter.setFont(styled_font(grid.font, style))
    painter.drawText(QPointF(at.x(), at.y() + grid.ascent), text)


def readable_on(front: str, behind: str, colours: Colours) -> str:
    """A style that reads on a background: the one asked for, else the theme's lightest or darkest."""
    if contrast(front, behind) >= READABLE:
        return front
    return max(colours.base, colours.text, key=lambda style: contrast(style, behind))


def styled_font(base: QFont, style: TextStyle) -> QFont:
    """The font of a style."""
    if not (style.bold or style.italic or style.underlined):
        return base
    made = QFont(base)
    made.setBold(style.bold)
    made.setItalic(style.italic)
    made.setUnderline(style.underlined)
    return made


def colour_of(colour: int | str, colours: Colours) -> str:
    """A run's colour as `#rrggbb`; the plain style where none is named."""
    if colour == "":
        return colours.text
    return named(colour) if isinstance(colour, int) else readable_colour(colour)

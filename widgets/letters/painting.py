"""Paints the part of one line that a row shows: marks under it, then its letters run by run."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QPainter

from widgets.letters.ansi import Ink, Run
from widgets.letters.widths import width_of
from widgets.theme import Colours, theme
from widgets.theme.ansi import READABLE, named
from widgets.theme.ansi import ink as readable_ink
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
    """The letters of the part of a line (its place and text) from `at` on, each run in its ink."""
    place, text = part
    end = place + len(text)
    column = 0
    for run in runs:
        first, last = max(run.start, place), min(run.start + len(run.text), end)
        if first >= last:
            continue
        piece = run.text[first - run.start : last - run.start]
        _paint(painter, grid, QPointF(at.x() + column * grid.width, at.y()), piece, run.ink)
        column += width_of(piece)


def _paint(painter: QPainter, grid: Grid, at: QPointF, text: str, ink: Ink) -> None:
    colours = theme().colours
    front, behind = colour_of(ink.foreground, colours), ink.background
    if ink.swapped:
        front, behind = colours.base if behind == "" else colour_of(behind, colours), front
    if behind != "":
        area = QRectF(at.x(), at.y(), width_of(text) * grid.width, grid.height)
        painter.fillRect(area, QColor(colour_of(behind, colours)))
        front = on_top(front, colour_of(behind, colours), colours)
    painter.setPen(QColor(colours.quiet if ink.faint and ink.foreground == "" else front))
    painter.setFont(dressed(grid.font, ink))
    painter.drawText(QPointF(at.x(), at.y() + grid.ascent), text)


def on_top(front: str, behind: str, colours: Colours) -> str:
    """An ink that reads on a background: the one asked for, else the theme's lightest or darkest."""
    if contrast(front, behind) >= READABLE:
        return front
    return max(colours.base, colours.text, key=lambda ink: contrast(ink, behind))


def dressed(base: QFont, ink: Ink) -> QFont:
    """The font of an ink."""
    if not (ink.bold or ink.italic or ink.underlined):
        return base
    made = QFont(base)
    made.setBold(ink.bold)
    made.setItalic(ink.italic)
    made.setUnderline(ink.underlined)
    return made


def colour_of(colour: int | str, colours: Colours) -> str:
    """A run's colour as `#rrggbb`; the plain ink where none is named."""
    if colour == "":
        return colours.text
    return named(colour) if isinstance(colour, int) else readable_ink(colour)

"""Shows a log: paints only the rows that are seen, so that its length costs nothing."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from services.containers.model import LogLine
from widgets.logs.buffer import LIMIT, LogBuffer
from widgets.logs.rows import RowMap
from widgets.logs.search import LogSearch, occurrences
from widgets.text_grid.ansi import runs
from widgets.text_grid.character_widths import columns_of, cut, position_at
from widgets.text_grid.painting import Grid, Mark, paint_marks, paint_runs
from widgets.text_grid.selection import Selection, TextPosition
from widgets.theme import GRID, theme

STAMP = "%H:%M:%S.%f"
STAMP_LETTERS = 12
BAR = 3


class LogView(QAbstractScrollArea):
    """Lines in a fixed font; `follow` keeps the newest in sight until the person scrolls away.

    Args:
        limit: how many lines are held at least.
    """

    follow_changed = Signal(bool)

    def __init__(self, limit: int = LIMIT, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buffer = LogBuffer(limit)
        self.search = LogSearch(self.buffer)
        self.rows = RowMap()
        self.selection = Selection(self)
        self._follow = True
        self._wrap = self._stamps = False
        self._longest = 0
        self._moving = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Log")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.grid = self._measured()
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.horizontalScrollBar().setSingleStep(4)
        theme().changed.connect(self.viewport().update)

    @property
    def lines(self) -> LogBuffer:
        """The lines, for the selection."""
        return self.buffer

    @property
    def follow(self) -> bool:
        """Whether the newest line stays in sight."""
        return self._follow

    def set_follow(self, follow: bool) -> None:
        """Keep the newest line in sight, or stay."""
        if follow:
            self._to_end()
        if follow is not self._follow:
            self._follow = follow
            self.follow_changed.emit(follow)

    def set_wrap(self, wrap: bool) -> None:
        """Break long lines, or let them be scrolled sideways; the line at the top stays there."""
        self._wrap = wrap
        self._lay_out()

    def set_stamps(self, stamps: bool) -> None:
        """Show when each line was written."""
        self._stamps = stamps
        self._lay_out()

    def append(self, lines: Sequence[LogLine]) -> None:
        """Add the newest lines."""
        start = self.buffer.end
        dropped = self.buffer.append(lines)
        new = self.buffer.widths(start)
        if len(new) == len(lines):
            self._take(new, dropped)
        else:  # more came at once than is held
            self._lay_out()
        self._longest = max([self._longest, *new])
        self.search.go_on()
        self._set_bars()
        self.viewport().update()

    def clear(self) -> None:
        """Forget all lines."""
        self.buffer.clear()
        self.selection.clear()
        self.search.look_for(self.search.text)
        self._longest = 0
        self._lay_out()

    def look_for(self, text: str) -> None:
        """Highlight a text; nothing moves until the next match is asked for."""
        self.search.look_for(text)
        self.viewport().update()

    def step(self, *, forward: bool) -> bool:
        """Show the next match below, or above, the present one or what is seen; False if there is none."""
        top, _ = self.rows.line_at(min(self.verticalScrollBar().value(), max(0, self.rows.total - 1)))
        origin = self.search.present if self.search.present >= 0 else self.buffer.first + top - 1
        found = self.search.step(origin, forward=forward)
        if found >= 0:
            self.set_follow(False)
            self.show_line(found)
        self.viewport().update()
        return found >= 0

    def show_line(self, number: int) -> None:
        """Bring a line into sight, to the middle if it was out of it."""
        row, page = self.rows.first_row(number - self.buffer.first), self._page()
        bar = self.verticalScrollBar()
        if not bar.value() <= row < bar.value() + page:
            bar.setValue(row - page // 2)

    def text(self, *, stamps: bool) -> str:
        """All lines, as they are saved; with times in full where asked for."""
        numbers = range(self.buffer.first, self.buffer.end)
        if not stamps:
            return "".join(f"{self.buffer.text(number)}\n" for number in numbers)
        return "".join(
            f"{self.buffer.line(number).at.isoformat()} {self.buffer.text(number)}\n" for number in numbers
        )

    def position_at(self, point: QPoint) -> TextPosition:
        """The line and the letter at a point of the viewport."""
        if not len(self.buffer):
            return TextPosition(0, 0)
        row = self.verticalScrollBar().value() + max(0, point.y()) // self.grid.height
        line, part = self.rows.line_at(min(row, self.rows.total - 1))
        number = self.buffer.first + line
        column = round((point.x() - self._left()) / self.grid.width) + self.horizontalScrollBar().value()
        return TextPosition(
            number, position_at(self.buffer.text(number), max(0, column) + part * self.rows.columns)
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, select all, and the keys that scroll."""
        bar, key = self.verticalScrollBar(), Qt.Key(event.key())
        moves = {
            Qt.Key.Key_Up: bar.value() - 1,
            Qt.Key.Key_Down: bar.value() + 1,
            Qt.Key.Key_PageUp: bar.value() - bar.pageStep(),
            Qt.Key.Key_PageDown: bar.value() + bar.pageStep(),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: bar.maximum(),
        }
        if key in moves:
            bar.setValue(moves[key])
        elif not self.selection.press_key(event):
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """The mouse selects."""
        return self.selection.follow(event) or super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrapped lines break elsewhere."""
        super().resizeEvent(event)
        if self._wrap and event.size().width() != event.oldSize().width():
            self._lay_out()
        else:
            self._set_bars()

    def changeEvent(self, event: QEvent) -> None:
        """Another font, another grid."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ApplicationFontChange and hasattr(self, "grid"):
            self.grid = self._measured()
            self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows that are seen."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme().colours.base))
        top = self.verticalScrollBar().value()
        for place in range(min(self._page() + 1, self.rows.total - top)):
            self._paint_row(painter, top + place, place * self.grid.height)

    def _paint_row(self, painter: QPainter, row: int, y: int) -> None:
        line, part = self.rows.line_at(row)
        number = self.buffer.first + line
        held = self.buffer.line(number)
        if held.error:
            painter.fillRect(QRect(0, y, BAR, self.grid.height), QColor(theme().colours.warning))
        if self._stamps and part == 0:
            painter.setFont(self.grid.font)
            painter.setPen(QColor(theme().colours.quiet))
            painter.drawText(GRID, y + round(self.grid.ascent), stamp(held.at))
        columns = self.rows.columns or self._columns() + 1
        offset = part * columns if self.rows.columns else self.horizontalScrollBar().value()
        shown = cut(self.buffer.text(number), offset, columns)
        painter.save()
        left = self._left()
        painter.setClipRect(QRect(left, y, self.viewport().width() - left, self.grid.height))
        paint_marks(painter, self.grid, left, y, self._marks(number, *shown))
        paint_runs(painter, self.grid, QPoint(left, y), runs(held.text), shown)
        painter.restore()

    def _marks(self, number: int, place: int, text: str) -> list[Mark]:
        """Search results and the selection in a part of a line, as columns from the part's beginning."""
        colours, line = theme().colours, self.buffer.text(number)
        outline = colours.accent if number == self.search.present else ""
        parts = [(*at, colours.warning_tint, outline) for at in occurrences(line, self.search.text)]
        if (selected := self.selection.within(number, len(line))) is not None:
            parts.insert(0, (*selected, colours.selection, ""))
        marks = []
        for start, end, colour, edge in parts:
            first, last = max(start - place, 0), min(end - place, len(text))
            if first < last:
                marks.append(Mark(columns_of(text[:first]), columns_of(text[:last]), colour, edge))
        return marks

    def _take(self, widths: Sequence[int], dropped: int) -> None:
        """Add rows below and take those of dropped lines away above; what is seen stays in place."""
        self.rows.append(widths)
        gone = self.rows.first_row(dropped)
        self.rows.drop(dropped)
        if gone and not self._follow:
            self._move(self.verticalScrollBar().value() - gone)

    def _lay_out(self) -> None:
        """Count the rows anew, keeping the line at the top there."""
        bar = self.verticalScrollBar()
        top, _ = self.rows.line_at(min(bar.value(), self.rows.total - 1)) if self.rows.total else (0, 0)
        self.rows.lay_out(self.buffer.widths(0), self._columns() if self._wrap else 0)
        self._set_bars()
        if not self._follow and len(self.buffer):
            self._move(self.rows.first_row(min(top, len(self.buffer) - 1)))
        self.viewport().update()

    def _set_bars(self) -> None:
        page, bar = self._page(), self.verticalScrollBar()
        self._moving = True
        bar.setPageStep(page)
        bar.setRange(0, max(0, self.rows.total - page))
        side = self.horizontalScrollBar()
        side.setPageStep(self._columns())
        side.setRange(0, 0 if self._wrap else max(0, self._longest - self._columns() + 2))
        self._moving = False
        if self._follow:
            self._to_end()

    def _to_end(self) -> None:
        self._move(self.verticalScrollBar().maximum())

    def _move(self, row: int) -> None:
        self._moving = True
        self.verticalScrollBar().setValue(row)
        self._moving = False
        self.viewport().update()

    def _scrolled(self, value: int) -> None:
        """The person scrolled: away from the end stops following, to the end follows again."""
        self.viewport().update()
        follow = value >= self.verticalScrollBar().maximum()
        if not self._moving and follow is not self._follow:
            self._follow = follow
            self.follow_changed.emit(follow)

    def _measured(self) -> Grid:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.font().pointSizeF())
        metrics = QFontMetricsF(font)
        return Grid(font, metrics.horizontalAdvance("M"), round(metrics.height()) + 2, metrics.ascent() + 1)

    def _left(self) -> int:
        """Where the text begins."""
        return GRID + (round((STAMP_LETTERS + 2) * self.grid.width) if self._stamps else 0)

    def _columns(self) -> int:
        return max(20, int((self.viewport().width() - self._left() - GRID) / self.grid.width))

    def _page(self) -> int:
        return max(1, self.viewport().height() // self.grid.height)


def stamp(at: datetime) -> str:
    """The time of day to the millisecond, in the person's own zone."""
    return at.astimezone().strftime(STAMP)[:STAMP_LETTERS]

"""Shows a terminal's screen and sends what is typed."""

from itertools import groupby

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontDatabase,
    QFontMetricsF,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QMenu, QWidget
from pyte.screens import Char

from widgets.terminal.keys import bytes_of
from widgets.terminal.screen import TerminalScreen
from widgets.text_grid.ansi import Run, TextStyle
from widgets.text_grid.character_widths import columns_of, position_at
from widgets.text_grid.painting import Grid, Mark, paint_marks, paint_runs
from widgets.text_grid.selection import Selection, TextPosition
from widgets.theme import GRID, theme
from widgets.theme.ansi import NAMES

STEP_MILLISECONDS = 10
STEP_BYTES = 4096
"""What is obeyed at once: a program that writes without end leaves the window usable."""
SMALLEST = (4, 20)
MARGIN = GRID // 2


class TerminalView(QAbstractScrollArea):
    """Ctrl+C goes to the program; Ctrl+Shift+C copies and Ctrl+Shift+V pastes. Ctrl+Tab leaves it."""

    typed = Signal(bytes)
    """For the program."""
    size_changed = Signal(int, int)
    """Rows and columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._waiting = bytearray()
        self._live = False
        self.grid = self._measured()
        self.display = TerminalScreen(SMALLEST[1], SMALLEST[0], self.typed.emit)
        self.selection = Selection(self)
        self._step = QTimer(self)
        self._step.setInterval(STEP_MILLISECONDS)
        self._step.timeout.connect(self._obey)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Terminal")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        self.verticalScrollBar().valueChanged.connect(self.viewport().update)
        theme().changed.connect(self.viewport().update)

    @property
    def lines(self) -> TerminalScreen:
        """The lines, for the selection."""
        return self.display

    @property
    def size_in_letters(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.display.lines, self.display.columns

    @property
    def waiting(self) -> int:
        """How many bytes of what was fed are still to be obeyed; feed no more while they are many."""
        return len(self._waiting)

    def set_live(self, live: bool) -> None:
        """Whether a program listens; without one there is no cursor, and keys go nowhere."""
        self._live = live
        self.viewport().update()

    def feed(self, data: bytes) -> None:
        """Obey what the program wrote, a part at a time."""
        self._waiting += data
        if not self._step.isActive():
            self._step.start()
            self._obey()

    def clear(self) -> None:
        """A fresh screen; what was fed and not obeyed yet is dropped."""
        self._waiting.clear()
        self._step.stop()
        self.display.clear()
        self.selection.clear()
        self._set_bar(follow=True)

    def paste(self) -> None:
        """Type what is on the clipboard; a program that wants to is told that it was pasted."""
        text = QGuiApplication.clipboard().text().replace("\r\n", "\r").replace("\n", "\r")
        # An end mark within would let the rest count as typed.
        data = text.replace("\x1b[201~", "").encode()
        if self.display.bracketed_paste:
            data = b"\x1b[200~" + data + b"\x1b[201~"
        self._type(data)

    def position_at(self, point: QPoint) -> TextPosition:
        """The line and the letter at a point of the viewport."""
        row = self.verticalScrollBar().value() + max(0, point.y() - MARGIN) // self.grid.height
        number = min(self.display.first + row, self.display.end - 1)
        column = max(0, round((point.x() - MARGIN) / self.grid.width))
        return TextPosition(number, position_at(self.display.text(number), column))

    def context_menu(self) -> QMenu:
        """Copy, paste, select all."""
        menu = QMenu(self)
        copy = menu.addAction("Copy\tCtrl+Shift+C")
        copy.setEnabled(not self.selection.empty)
        copy.triggered.connect(self.selection.copy)
        paste = menu.addAction("Paste\tCtrl+Shift+V")
        paste.setEnabled(self._live)
        paste.triggered.connect(self.paste)
        menu.addSeparator()
        menu.addAction("Select all").triggered.connect(self.selection.select_all)
        return menu

    def event(self, event: QEvent) -> bool:
        """Keep the window's shortcuts from taking the program's keys, but for pages, help and tabs."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._live:
            event.setAccepted(not is_windows(event))
            return True
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and is_tab(event):
            self.keyPressEvent(event)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy and paste; everything else goes to the program."""
        modifiers = event.modifiers()
        shifted = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        both = shifted and bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        bar, key = self.verticalScrollBar(), event.key()
        if both and key == Qt.Key.Key_C:
            self.selection.copy()
        elif (both and key == Qt.Key.Key_V) or (shifted and key == Qt.Key.Key_Insert):
            self.paste()
        elif shifted and key in {Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}:
            bar.setValue(bar.value() + (bar.pageStep() if key == Qt.Key.Key_PageDown else -bar.pageStep()))
        else:
            self._type(bytes_of(event, application=self.display.application_keys))

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """What an input method composed."""
        self._type(event.commitString().encode())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """The mouse selects."""
        if event.type() is QEvent.Type.MouseButtonPress:
            self.setFocus()
        return self.selection.follow(event) or super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many letters as fit."""
        super().resizeEvent(event)
        area = self.viewport().size()
        rows = max(SMALLEST[0], (area.height() - 2 * MARGIN) // self.grid.height)
        columns = max(SMALLEST[1], int((area.width() - 2 * MARGIN) / self.grid.width))
        if (rows, columns) != self.size_in_letters:
            self.display.resize(rows, columns)
            self.size_changed.emit(rows, columns)
        self._set_bar(follow=True)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The cursor is filled while keys go here."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The cursor is an outline while they do not."""
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows that are seen, then the cursor."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme().colours.base))
        first = self.display.first + self.verticalScrollBar().value()
        for row in range(self.display.lines):
            self._paint_line(painter, first + row, MARGIN + row * self.grid.height)
        self._paint_cursor(painter, first)

    def _paint_line(self, painter: QPainter, number: int, y: int) -> None:
        text = self.display.text(number)
        selected = self.selection.within(number, len(text))
        cells = self.display.cells(number)
        paint_runs(
            painter,
            self.grid,
            QPoint(MARGIN, y),
            runs_of(cells),
            (0, "".join(cell.data for cell in cells)),
        )
        if selected is not None:
            start, end = (columns_of(text[:place]) for place in selected)
            tint = QColor(theme().colours.accent)
            tint.setAlpha(80)
            mark = Mark(start, end, tint.name(QColor.NameFormat.HexArgb))
            paint_marks(painter, self.grid, MARGIN, y, [mark])

    def _paint_cursor(self, painter: QPainter, first: int) -> None:
        if not (self._live and self.display.cursor_shown):
            return
        row = self.display.scrolled + self.display.cursor.y - first
        column = min(self.display.cursor.x, self.display.columns - 1)
        area = QRectF(
            MARGIN + column * self.grid.width,
            MARGIN + row * self.grid.height,
            self.grid.width,
            self.grid.height,
        )
        colours = theme().colours
        if not self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
            return
        painter.fillRect(area, QColor(colours.accent))
        painter.setPen(QColor(colours.accent_text))
        painter.setFont(self.grid.font)
        cell = self.display.cells(self.display.scrolled + self.display.cursor.y)[column]
        painter.drawText(area.topLeft() + QPoint(0, round(self.grid.ascent)), cell.data)

    def _obey(self) -> None:
        part = bytes(self._waiting[:STEP_BYTES])
        if not part:
            self._step.stop()
            return
        del self._waiting[: len(part)]
        bar = self.verticalScrollBar()
        follow = bar.value() == bar.maximum()
        before = self.display.first
        self.display.feed(part)
        if not follow:  # what is looked at stays where it is
            bar.setValue(bar.value() - (self.display.first - before))
        self._set_bar(follow=follow)

    def _set_bar(self, *, follow: bool) -> None:
        bar = self.verticalScrollBar()
        bar.setPageStep(self.display.lines)
        bar.setRange(0, len(self.display.history))
        if follow:
            bar.setValue(bar.maximum())
        self.viewport().update()

    def _type(self, data: bytes) -> None:
        if data and self._live:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
            self.typed.emit(data)

    def _measured(self) -> Grid:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.font().pointSizeF())
        metrics = QFontMetricsF(font)
        return Grid(font, metrics.horizontalAdvance("M"), round(metrics.height()) + 1, metrics.ascent())

    def _show_menu(self, at: QPoint) -> None:
        menu = self.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.viewport().mapToGlobal(at))


def is_windows(event: QKeyEvent) -> bool:
    """Whether a key belongs to the window even here: pages, help, and leaving the terminal."""
    control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    digits = Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9
    tab = event.key() in {Qt.Key.Key_Tab, Qt.Key.Key_Backtab}
    return event.key() == Qt.Key.Key_F1 or (control and (digits or tab))


def is_tab(event: QKeyEvent) -> bool:
    """Whether it is a tab that the program gets, rather than one that moves the focus."""
    tab = event.key() in {Qt.Key.Key_Tab, Qt.Key.Key_Backtab}
    return tab and not event.modifiers() & Qt.KeyboardModifier.ControlModifier


_OTHER_NAMES = {"brown": "yellow"}
"""What pyte calls by another name than ECMA-48 does."""


def runs_of(cells: list[Char]) -> list[Run]:
    """The letters of a line, those of one style together."""
    found: list[Run] = []
    place = 0
    for style, group in groupby(cells, key=style_of):
        text = "".join(cell.data for cell in group)
        found.append(Run(place, text, style))
        place += len(text)
    return found


def style_of(cell: Char) -> TextStyle:
    """The style of a letter."""
    return TextStyle(
        foreground=colour(cell.fg),
        background=colour(cell.bg),
        bold=cell.bold,
        italic=cell.italics,
        underlined=cell.underscore,
        swapped=cell.reverse,
    )


def colour(name: str) -> int | str:
    """Pyte's name for a colour as a number or `#rrggbb`; empty for the usual one."""
    if name == "default":
        return ""
    bright = name.startswith("bright")
    plain = name.removeprefix("bright")
    plain = _OTHER_NAMES.get(plain, plain)
    if plain in NAMES:
        return NAMES.index(plain) + (8 if bright else 0)
    return f"#{name}"

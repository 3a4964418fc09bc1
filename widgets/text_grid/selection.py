"""Selecting in a grid of letters with the mouse and the keyboard, and copying what is selected."""

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QScrollBar, QWidget


@dataclass(frozen=True, slots=True, order=True)
class TextPosition:
    """A letter of a line, by their numbers."""

    line: int
    character: int


class Lines(Protocol):
    """Lines by number, from `first` to before `end`; a number means one line forever."""

    @property
    def first(self) -> int:
        """The number of the oldest line held."""

    @property
    def end(self) -> int:
        """The number after the newest line's."""

    def text(self, number: int) -> str:
        """What a line says."""


class Selectable(Protocol):
    """A view that shows lines."""

    @property
    def lines(self) -> Lines:
        """What it shows."""

    def position_at(self, point: QPoint) -> TextPosition:
        """The line and the letter at a point of the viewport."""

    def viewport(self) -> QWidget:
        """Where it paints."""

    def verticalScrollBar(self) -> QScrollBar:
        """Scrolled by one a row."""


class Selection:
    """From where the mouse was pressed to where it is; numbers of lines stay right as the log grows."""

    def __init__(self, view: Selectable) -> None:
        self._view = view
        self._from = self._to = TextPosition(0, 0)
        self._dragging = False

    @property
    def empty(self) -> bool:
        """Whether nothing is selected."""
        return self._from == self._to

    def clear(self) -> None:
        """Select nothing."""
        self._from = self._to = TextPosition(0, 0)
        self._dragging = False

    def select_all(self) -> None:
        """Select every line."""
        lines = self._view.lines
        if lines.end > lines.first:
            last = lines.end - 1
            self._select(TextPosition(lines.first, 0), TextPosition(last, len(lines.text(last))))

    def within(self, number: int, length: int) -> tuple[int, int] | None:
        """The selected letters of a line of that length; None when there are none."""
        start, end = sorted((self._from, self._to))
        if start == end or not start.line <= number <= end.line:
            return None
        first = start.character if number == start.line else 0
        last = end.character if number == end.line else length
        return (first, last) if first < last else None

    def text(self) -> str:
        """What is selected, of the lines that are still held."""
        lines = self._view.lines
        start, end = sorted((self._from, self._to))
        parts = []
        for number in range(max(start.line, lines.first), min(end.line + 1, lines.end)):
            text = lines.text(number)
            first, last = self.within(number, len(text)) or (0, 0)
            parts.append(text[first:last])
        return "\n".join(parts)

    def copy(self) -> None:
        """Put what is selected on the clipboard."""
        if not self.empty:
            QGuiApplication.clipboard().setText(self.text())

    def press_key(self, event: QKeyEvent) -> bool:
        """Whether a key was for the selection."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        else:
            return False
        return True

    def follow(self, event: QEvent) -> bool:
        """Whether an event of the mouse was for the selection."""
        if not isinstance(event, QMouseEvent):
            return False
        left = Qt.MouseButton.LeftButton
        at = event.position().toPoint()
        match event.type():
            case QEvent.Type.MouseButtonPress if event.button() is left:
                self._press(event)
            case QEvent.Type.MouseButtonDblClick if event.button() is left:
                self._select_word(self._view.position_at(at))
            case QEvent.Type.MouseMove if self._dragging:
                self._drag(event)
            case QEvent.Type.MouseButtonRelease if event.button() is left:
                self._dragging = False
            case _:
                return False
        return True

    def _press(self, event: QMouseEvent) -> None:
        place = self._view.position_at(event.position().toPoint())
        extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._select(self._from if extend else place, place)
        self._dragging = True

    def _drag(self, event: QMouseEvent) -> None:
        view, y = self._view, event.position().y()
        bar = view.verticalScrollBar()
        if y < 0:
            bar.setValue(bar.value() - 1)
        elif y > view.viewport().height():
            bar.setValue(bar.value() + 1)
        self._select(self._from, view.position_at(event.position().toPoint()))

    def _select_word(self, place: TextPosition) -> None:
        lines = self._view.lines
        if lines.end == lines.first:
            return
        text = lines.text(place.line)
        start = end = min(place.character, len(text))
        while start > 0 and not text[start - 1].isspace():
            start -= 1
        while end < len(text) and not text[end].isspace():
            end += 1
        self._select(TextPosition(place.line, start), TextPosition(place.line, end))

    def _select(self, start: TextPosition, end: TextPosition) -> None:
        self._from, self._to = start, end
        self._view.viewport().update()

"""A strip over a page that tells of a lost platform, or of anything that concerns the whole page."""

from datetime import UTC, datetime

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from widgets.formatting import duration
from widgets.panels.labels import Text
from widgets.theme import GRID, State, theme


class Banner(QWidget):
    """Text, what to do, a button and, for a lost platform, when the next attempt comes.

    Hidden until `show_message`; `retry_requested` when its button is pressed.
    """

    retry_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = State.WARNING
        self._word = Text(bold=True)
        self._message = Text(wrap=True)
        self._note = Text(quiet=True, wrap=True)
        self._button = QPushButton()
        self._button.clicked.connect(self.retry_requested)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self._message)
        texts.addWidget(self._note)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self._word)
        layout.addLayout(texts, 1)
        layout.addWidget(self._button)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        theme().changed.connect(self.update)
        self.hide()

    def show_message(
        self,
        word: str,
        message: str,
        *,
        note: str = "",
        action: str = "Retry",
        state: State = State.WARNING,
    ) -> None:
        """Show it: a word for the state, the message, a quiet note and the button's text (or none)."""
        self._state = state
        self._word.setText(word)
        self._word.set_state(state)
        self._message.setText(message)
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self._set_note(note)
        self.setAccessibleName(f"{word}: {message}")
        self.show()

    def show_next_attempt(self, at: datetime | None, now: datetime | None = None) -> None:
        """Tell when the next attempt comes; None while one is under way."""
        if at is None:
            self._set_note("Trying to reach it now…")
            return
        seconds = max(0.0, (at - (now or datetime.now(UTC))).total_seconds())
        self._set_note(f"Next attempt in {duration(seconds)}, at {at.astimezone():%H:%M:%S}.")

    def note(self) -> str:
        """The quiet line."""
        return self._note.text()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The state's tint, and a line in its ink at the left."""
        colours = theme().colours
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.tint_of(self._state)))
        painter.fillRect(0, 0, GRID // 2, self.height(), QColor(colours.of_state(self._state)))

    def _set_note(self, note: str) -> None:
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self.setAccessibleDescription(note)

"""The items of the status line: a state with its word, and long work with its progress."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from widgets.formatting import percent
from widgets.panels.labels import ElidedText, Text
from widgets.plain_text import plain_tooltip
from widgets.theme import GRID, FontSize, State, icon, theme


class Dot(QWidget):
    """A round dot in a state's ink; decoration only, the word stands beside it."""

    def __init__(self, state: State = State.NEUTRAL, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.setFixedSize(GRID + 2, GRID + 2)
        theme().changed.connect(self.update)

    def set_state(self, state: State) -> None:
        """Colour it as that state."""
        self._state = state
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(0, 0, 0, 0))
        painter.setBrush(QColor(theme().colours.of_state(self._state)))
        painter.drawEllipse(self.rect().adjusted(1, 1, -1, -1))


class StatusItem(QWidget):
    """What it is about, and the word of its state: `gateway ok`."""

    clicked = Signal()

    def __init__(self, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._subject = subject
        self._dot = Dot()
        self._text = Text(size=FontSize.SMALL)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, 0, GRID, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self._dot)
        layout.addWidget(self._text)
        self.set_status("", State.NEUTRAL)

    def set_status(self, word: str, state: State = State.NEUTRAL, hint: str = "") -> None:
        """Show the state's word; `hint` on hover says more."""
        text = f"{self._subject} {word}".strip()
        self._dot.set_state(state)
        self._dot.setVisible(state is not State.NEUTRAL)
        self._text.setText(text)
        self.setToolTip(plain_tooltip(hint))
        self.setAccessibleName(text)
        self.setAccessibleDescription(hint)

    def text(self) -> str:
        """What is shown."""
        return self._text.text()


class StatusProgress(QWidget):
    """Long work in the status line: its name, a bar, a percentage, and a button to cancel it."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ElidedText(size=FontSize.SMALL)
        self._text.setMaximumWidth(30 * GRID)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(12 * GRID)
        self._share = Text(size=FontSize.SMALL, quiet=True)
        self._cancel = QToolButton()
        self._cancel.setIcon(icon("close"))
        self._cancel.setIconSize(QSize(12, 12))
        self._cancel.clicked.connect(self.cancel_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, 0, GRID, 0)
        layout.setSpacing(GRID)
        for part in (self._text, self._bar, self._share, self._cancel):
            layout.addWidget(part)
        self.hide()

    def show_work(self, title: str, progress: float | None, *, cancellable: bool = True) -> None:
        """Show it; `progress` is 0 to 1, or None while it cannot be told."""
        self._text.setText(title)
        self._bar.setRange(0, 0 if progress is None else 1000)
        self._bar.setValue(round((progress or 0.0) * 1000))
        self._bar.setAccessibleName(f"Progress of {title}")
        self._share.setText("" if progress is None else percent(progress))
        self._cancel.setVisible(cancellable)
        self._cancel.setToolTip(plain_tooltip(f"Cancel {title}"))
        self._cancel.setAccessibleName(f"Cancel {title}")
        self.show()

    def clear(self) -> None:
        """Nothing is under way."""
        self.hide()

"""An error where its cause is: the message, what to do, and the details behind a button."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from services.errors import RelevoError
from widgets.panels.labels import Text
from widgets.theme import GRID, State, icon, theme


class ErrorPanel(QWidget):
    """Message, remedy, "Details" and, where trying again makes sense, "Retry"."""

    retry_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message = Text(bold=True, wrap=True)
        self._remedy = Text(wrap=True)
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._details.setAccessibleName("Details of the error")
        self._details.setMaximumHeight(20 * GRID)
        self._details.hide()
        self._retry = QPushButton("Retry")
        self._retry.clicked.connect(self.retry_requested)
        self._more = QPushButton("Details")
        self._more.setFlat(True)
        self._more.setCheckable(True)
        self._more.toggled.connect(self._details.setVisible)
        self._compose()
        theme().changed.connect(self._ink)
        self._ink()
        self.hide()

    def show_error(self, error: RelevoError, *, retry: bool = False) -> None:
        """Show an error that a person can act on."""
        self.show_message(error.message, error.remedy, error.details, retry=retry)

    def show_message(
        self, message: str, remedy: str = "", details: str = "", *, retry: bool = False
    ) -> None:
        """Show a message in a person's words; details stay folded until asked for."""
        self._message.setText(message)
        self._remedy.setText(remedy)
        self._remedy.setVisible(bool(remedy))
        self._details.setPlainText(details)
        self._more.setChecked(False)
        self._more.setVisible(bool(details))
        self._retry.setVisible(retry)
        self.setAccessibleName(f"Error: {message}")
        self.setAccessibleDescription(remedy)
        self.show()

    def details_shown(self) -> bool:
        """Whether the details are unfolded."""
        return self._more.isChecked()

    def _compose(self) -> None:
        self._sign = QPushButton()
        self._sign.setFlat(True)
        self._sign.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._sign.setEnabled(True)
        self._sign.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._sign.setAccessibleName("Error")
        self._sign.setFixedWidth(3 * GRID)
        self._sign.setStyleSheet("padding: 0; border: none;")
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self._retry)
        buttons.addWidget(self._more)
        buttons.addStretch()
        texts = QVBoxLayout()
        texts.setSpacing(GRID // 2)
        texts.addWidget(self._message)
        texts.addWidget(self._remedy)
        texts.addSpacing(GRID // 2)
        texts.addLayout(buttons)
        texts.addWidget(self._details)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self._sign, alignment=Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)

    def _ink(self) -> None:
        self._message.set_state(State.BAD)
        self._sign.setIcon(icon("error", theme().colours.bad))

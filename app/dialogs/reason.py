"""Asks for a reason before something that changes production, and says what will change."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.base_dialog import GrowingDialog
from widgets.panels.form import FormField
from widgets.theme import GRID, FontSize, font


class ReasonDialog(GrowingDialog):
    """Stays open until whoever opened it accepts it; `confirmed` carries the reason."""

    confirmed = Signal(str)

    def __init__(self, title: str, consequences: str, action: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        heading = QLabel(title)
        heading.setTextFormat(Qt.TextFormat.PlainText)
        heading.setFont(font(FontSize.LARGE))
        text = QLabel(consequences)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        self.line = QLineEdit()
        self.line.setMaxLength(500)
        self.reason = FormField("Reason", self.line, required=True)
        self.button = QPushButton(action)
        self.button.setDefault(True)
        self.button.clicked.connect(self._confirm)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(self.button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        for widget in (heading, text, self.reason, buttons):
            layout.addWidget(widget)
        self.setMinimumWidth(60 * GRID)
        self.finished.connect(self.deleteLater)
        self.line.setFocus()

    def show_error(self, error: str) -> None:
        """Why it was not done, under the reason; it may be tried again."""
        self.button.setEnabled(True)
        self.reason.set_error(error)

    def _confirm(self) -> None:
        if self.reason.check():
            self.button.setEnabled(False)
            self.confirmed.emit(self.reason.value())

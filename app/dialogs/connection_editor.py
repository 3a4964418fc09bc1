"""What a dialog shares that edits something which can be tried before it is trusted."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.base_dialog import GrowingDialog
from widgets.panels.error import ErrorPanel
from widgets.panels.form import FormField
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize


class ConnectionEditor(GrowingDialog):
    """A name, fields of its own, what a trial came to, and *Test connection* beside *Save*.

    Args:
        title: of the window.
        name: of what is edited.
        save: the words of the button that ends the dialog.
    """

    def __init__(self, title: str, name: str, save: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        self.name = FormField("Name", QLineEdit(name), required=True)
        self.error = ErrorPanel()
        self.result_text = Text(wrap=True)
        self.test = QPushButton("Test connection")
        self.test.setAutoDefault(False)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.addButton(self.test, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self.save = self.buttons.addButton(save, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.rejected.connect(self.reject)
        self.finished.connect(self.deleteLater)

    def show_testing(self) -> None:
        """A trial is under way."""
        self.error.hide()
        self.result_text.setText("Trying to connect…")
        self.test.setEnabled(False)

    def show_tested(self, text: str) -> None:
        """The trial went well."""
        self.result_text.setText(text)
        self.test.setEnabled(True)

    def _lay_out(self, question: str, parts: Sequence[QWidget | QLayout]) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID + GRID // 2)
        layout.addWidget(Text(question, size=FontSize.LARGE))
        for part in parts:
            if isinstance(part, QLayout):
                layout.addLayout(part)
            else:
                layout.addWidget(part)
        layout.addStretch(1)
        for part in (self.result_text, self.error, self.buttons):
            layout.addWidget(part)
        # Only now that it is in the dialog: else no button would be the default one.
        self.save.setDefault(True)

    def _end_test(self) -> None:
        """The trial failed; why is for the dialog to say."""
        self.result_text.setText("")
        self.test.setEnabled(True)

    def _forget_test(self) -> None:
        """What was tried is not what is asked any more."""
        self.result_text.setText("")
        self.error.hide()
        self._fit()

    def _fit(self) -> None:
        QTimer.singleShot(0, self, self.adjustSize)

    def _accepts(self, wrong: dict[str, str], show: Callable[[dict[str, str]], Any]) -> bool:
        """Show what is wrong, the name's under the name, the rest with `show`; whether nothing is."""
        self.name.set_error(wrong.pop("name", ""))
        show(wrong)
        if wrong or self.name.error():
            return False
        self.error.hide()
        return True

"""Asks for a container's new name."""

import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QPushButton, QVBoxLayout, QWidget

from widgets.panels.form import FormField
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]+")


class RenameDialog(QDialog):
    """Stays open until whoever opened it accepts it; `named` carries the new name."""

    named = Signal(str)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Rename {name}")
        self.setModal(True)
        self.setMinimumWidth(52 * GRID)
        self._old = name
        self.line = QLineEdit(name)
        self.line.selectAll()
        self.field = FormField("Name", self.line, required=True)
        self.button = QPushButton("Rename")
        self.button.setDefault(True)
        self.button.clicked.connect(self._confirm)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(self.button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        for part in (Text(f"Rename {name}", size=FontSize.LARGE, wrap=True), self.field, buttons):
            layout.addWidget(part)
        self.finished.connect(self.deleteLater)

    def show_error(self, error: str) -> None:
        """Why it was not done, under the name; another may be tried."""
        self.button.setEnabled(True)
        self.field.set_error(error)

    def _confirm(self) -> None:
        name = self.field.value()
        if not self.field.check():
            return
        if name == self._old:
            self.reject()
        elif not _NAME.fullmatch(name):
            self.field.set_error("Use letters, digits, “_”, “.” and “-”; begin with a letter or a digit.")
        else:
            self.button.setEnabled(False)
            self.named.emit(name)

"""Asks for a container's new name."""

import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from app.dialogs.base_dialog import GrowingDialog, lay_out
from widgets.panels.form import FormField
from widgets.theme import GRID

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]+")


class RenameDialog(GrowingDialog):
    """Stays open until whoever opened it accepts it; `named` carries the new name."""

    named = Signal(str)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._old = name
        self.line = QLineEdit(name)
        self.line.selectAll()
        self.field = FormField("Name", self.line, required=True)
        self.button = QPushButton("Rename")
        self.button.clicked.connect(self._confirm)
        lay_out(self, f"Rename {name}", [self.field], self.button, width=52 * GRID)

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

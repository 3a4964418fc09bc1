"""Asks for the passwords and tokens of a profile that are not in the keyring."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from app.dialogs.base_dialog import GrowingDialog
from services.profiles.secrets import Kind
from widgets.panels.form import Form, FormField
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize

WORDS: dict[Kind, str] = {
    "cassandra-password": "Cassandra password",
    "gateway-token": "Administrator token of the gateway",
}


class SignInDialog(GrowingDialog):
    """`signed` carries what was typed, by kind."""

    signed = Signal(object)

    def __init__(self, profile: str, kinds: tuple[Kind, ...], *, keyring: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Sign in to {profile}")
        self.setModal(True)
        self._kinds = kinds
        self.form = Form([(kind, FormField(WORDS[kind], _hidden(), required=True)) for kind in kinds])
        note = "Kept in the system's keyring, never in a file."
        if not keyring:
            note = "This system has no keyring: you are asked at each start, and it is written nowhere."
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton("Sign in", QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
        buttons.accepted.connect(self._confirm)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(Text(f"Sign in to {profile}", size=FontSize.LARGE))
        layout.addWidget(self.form)
        layout.addWidget(Text(note, quiet=True, wrap=True))
        layout.addWidget(buttons)
        self.setMinimumWidth(52 * GRID)
        self.finished.connect(self.deleteLater)

    def _confirm(self) -> None:
        if self.form.check():
            values = self.form.values()
            self.signed.emit({kind: values[kind] for kind in self._kinds})
            self.accept()


def _hidden() -> QLineEdit:
    line = QLineEdit()
    line.setEchoMode(QLineEdit.EchoMode.Password)
    return line

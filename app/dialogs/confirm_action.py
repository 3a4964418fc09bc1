"""Asks before something is done: what stops, and for every name on which much depends."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QPushButton, QVBoxLayout, QWidget

from widgets.panels.form import FormField
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize, State

SHOWN = 8
WIDTH = 64 * GRID


@dataclass(frozen=True, slots=True)
class ConfirmationRequest:
    """What is asked.

    Attributes:
        title: as a sentence with the deed in it, such as `Remove relevo-gateway`.
        names: of the containers it is about, where they are several.
        consequences: what stops, a sentence each.
        action: the button's text.
        names_to_type: each of them has to be typed; empty where a press is enough.
        note: what stays, or what may be done later; quiet.
    """

    title: str
    action: str
    names: Sequence[str] = ()
    consequences: Sequence[str] = ()
    names_to_type: Sequence[str] = ()
    note: str = ""


class ConfirmActionDialog(QDialog):
    """`confirmed` once the person said so, and typed every name that is asked for."""

    confirmed = Signal()

    def __init__(self, request: ConfirmationRequest, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(request.title)
        self.setModal(True)
        self._expected = frozenset(request.names_to_type)
        self.line = QLineEdit()
        self.field = name_field(request.names_to_type, self.line)
        self.field.setVisible(bool(self._expected))
        self.button = QPushButton(request.action)
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self._confirm)
        self.button.setEnabled(not self._expected)
        self.line.textChanged.connect(self._typed)
        self.line.returnPressed.connect(self._confirm)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(self.button, QDialogButtonBox.ButtonRole.ActionRole)
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setDefault(not self._expected)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(Text(request.title, size=FontSize.LARGE, wrap=True))
        if request.names:
            layout.addWidget(Text(list_names(request.names), wrap=True))
        for consequence in request.consequences:
            told = Text(f"•  {consequence}", wrap=True)
            told.set_state(State.BAD if self._expected else None)
            layout.addWidget(told)
        if request.note:
            layout.addWidget(Text(request.note, quiet=True, wrap=True))
        layout.addWidget(self.field)
        layout.addWidget(buttons)
        self.resize(WIDTH, layout.totalHeightForWidth(WIDTH))
        self.finished.connect(self.deleteLater)
        (self.line if self._expected else cancel).setFocus()

    def _typed(self, text: str) -> None:
        self.button.setEnabled(frozenset(text.replace(",", " ").split()) == self._expected)

    def _confirm(self) -> None:
        if self.button.isEnabled():
            self.accept()
            self.confirmed.emit()


def name_field(names: Sequence[str], line: QLineEdit) -> FormField:
    """Where the names are typed; several in any order, a space or comma between them."""
    if len(names) > 1:
        hint = f"{', '.join(names)}; in any order, with spaces or commas between them."
        return FormField(f"Type all {len(names)} names to go on", line, hint=hint)
    return FormField(f"Type {''.join(names)} to go on", line)


def list_names(names: Sequence[str]) -> str:
    """The first names, and how many there are beyond them."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")

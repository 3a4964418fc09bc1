"""What is asked before an image is fetched, named, sent or built."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.base_dialog import GrowingDialog, lay_out
from app.dialogs.path_field import PathField
from widgets.panels.form import FormField
from widgets.theme import GRID

FOLDER = "A folder with a Dockerfile"


@dataclass(frozen=True, slots=True)
class NameRequest:
    """What the dialog of one name says.

    Attributes:
        title: such as `Pull an image`.
        action: the button's text.
        name: suggested.
    """

    title: str
    action: str
    hint: str
    name: str = ""


class NameDialog(GrowingDialog):
    """Asks for the name of an image; `named` carries it."""

    named = Signal(str)

    def __init__(self, request: NameRequest, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = FormField(
            "Image",
            _line(request.name, "registry.plant:5000/team/wine-a:3"),
            hint=request.hint,
            required=True,
        )
        self.button = QPushButton(request.action)
        self.button.clicked.connect(self._confirm)
        lay_out(self, request.title, [self.name], self.button, width=64 * GRID)

    def _confirm(self) -> None:
        if not self.name.check():
            return
        if any(letter.isspace() for letter in self.name.value()):
            self.name.set_error("A name has no spaces: repository:tag.")
            return
        self.accept()
        self.named.emit(self.name.value())


class BuildDialog(GrowingDialog):
    """Asks what to build: a folder, or one of Relevo's own images.

    `folder_requested` carries folder and name, `own_requested` the name in the catalogue.

    Args:
        own: name in the catalogue and what it is for.
    """

    folder_requested = Signal(str, str)
    own_requested = Signal(str)

    def __init__(self, own: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.what = QComboBox()
        self.what.addItem(FOLDER, "")
        for name, text in own:
            self.what.addItem(f"Relevo: {name} ({text})", name)
        self.folder = PathField(
            "Folder with a Dockerfile", hint="What .dockerignore names stays out.", required=True
        )
        self.name = FormField("Name and tag", _line("", "team/wine-a:3"), required=True)
        self.button = QPushButton("Build")
        self.button.clicked.connect(self._confirm)
        self._own_folder = QWidget()
        inner = QVBoxLayout(self._own_folder)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(2 * GRID)
        inner.addWidget(self.folder)
        inner.addWidget(self.name)
        lay_out(
            self,
            "Build an image",
            [FormField("What", self.what), self._own_folder],
            self.button,
            width=64 * GRID,
        )
        self.what.currentIndexChanged.connect(self._follow)
        self.folder.chosen.connect(self._propose_name)

    def _follow(self) -> None:
        self._own_folder.setVisible(not self.what.currentData())
        self.adjustSize()

    def _propose_name(self, folder: str) -> None:
        if isinstance(self.name.editor, QLineEdit) and not self.name.value():
            self.name.editor.setText(f"{Path(folder).name.lower()}:1")

    def _confirm(self) -> None:
        own = str(self.what.currentData() or "")
        if own:
            self.accept()
            self.own_requested.emit(own)
        elif self.folder.check() and self.name.check():
            self.accept()
            self.folder_requested.emit(self.folder.value(), self.name.value())


def _line(text: str, placeholder: str) -> QLineEdit:
    line = QLineEdit(text)
    line.setPlaceholderText(placeholder)
    return line

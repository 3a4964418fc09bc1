"""Ask where a backup goes, and which one is brought back under which name."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from app.dialogs.base_dialog import GrowingDialog, fit, lay_out
from app.dialogs.path_field import PathField
from services.errors import RelevoError
from services.platform.backup.format import is_backup, read_list
from widgets.panels.form import FormField
from widgets.panels.labels import Text
from widgets.theme import GRID

CONSEQUENCES = (
    "Cassandra, the registry and the datalake stop one after the other while they are copied.",
    "The gateways answer meanwhile, and ship later what they record; with durability “store” they refuse.",
    "The platform’s passwords are in the backup: whoever gets it can read all of its data.",
)
RESTORING = (
    "The data come into new volumes; nothing that is there is changed. The next step sets the platform up "
    "again, with the passwords and tokens of the backup."
)
_WIDTH = 64 * GRID


class BackupDialog(GrowingDialog):
    """`wanted` carries the folder in which the backup's own is made."""

    wanted = Signal(Path)

    def __init__(self, platform: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.folder = PathField(
            "Folder", str(Path.home()), hint="A new folder is made in it.", required=True
        )
        self.button = QPushButton("Back up")
        self.button.clicked.connect(self._confirm)
        told = [Text(f"•  {consequence}", wrap=True) for consequence in CONSEQUENCES]
        lay_out(self, f"Back up {platform}", [*told, self.folder], self.button, width=_WIDTH)
        fit(self, _WIDTH)

    def _confirm(self) -> None:
        if not self.folder.check():
            return
        folder = Path(self.folder.value())
        if not folder.is_dir():
            self.folder.set_error("There is no such folder.")
            return
        self.accept()
        self.wanted.emit(folder)


class RestoreDialog(GrowingDialog):
    """`wanted` carries the backup's folder, and the name that the platform gets."""

    wanted = Signal(Path, str)

    def __init__(self, taken: list[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._taken = taken
        self.folder = PathField("Backup", hint="The folder that a backup has made.", required=True)
        self.folder.changed.connect(self._look)
        self.line = QLineEdit()
        self.name = FormField("Name of the platform", self.line, required=True)
        self.button = QPushButton("Restore")
        self.button.clicked.connect(self._confirm)
        told = Text(RESTORING, wrap=True)
        lay_out(self, "Restore a backup", [told, self.folder, self.name], self.button, width=_WIDTH)

    def _look(self) -> None:
        """Offer the name that the platform had, once the folder is one of a backup."""
        folder = Path(self.folder.value())
        if is_backup(folder):
            self._read(folder)

    def _read(self, folder: Path) -> bool:
        try:
            backup = read_list(folder)
        except RelevoError as error:
            self.folder.set_error(f"{error.message}.")
            return False
        if not self.line.text():
            self.line.setText(backup.platform)
        return True

    def _confirm(self) -> None:
        if not self.folder.check() or not self._read(Path(self.folder.value())) or not self.name.check():
            return
        if self.name.value() in self._taken:
            self.name.set_error("There is a platform of that name already: give another one.")
            return
        self.accept()
        self.wanted.emit(Path(self.folder.value()), self.name.value())

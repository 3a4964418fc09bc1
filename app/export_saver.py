"""Saving what a table or plot hands out: ask where, write off the GUI thread, say that it is there."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.settings import FOLDER, Settings
from app.tasks import Tasks
from services.errors import StorageError
from widgets.exports import Export


class ExportSaver(QObject):
    """Asks with the system's own file chooser, without a nested event loop."""

    def __init__(self, window: QWidget, tasks: Tasks, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._tasks = tasks
        self._settings = settings

    def save(self, export: Export) -> None:
        """Ask where to, then write."""
        folder = Path(self._settings.get(FOLDER) or Path.home())
        dialog = QFileDialog(self._window, f"Save {export.name}", str(folder / export.name), export.kind)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(export.name).suffix.removeprefix("."))
        dialog.fileSelected.connect(lambda file: self.write(export, Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def write(self, export: Export, path: Path) -> None:
        """Write to a file; a failure is kept in Activity."""
        self._settings.put(FOLDER, str(path.parent))

        def write() -> None:
            try:
                path.write_bytes(export.content)
            except OSError as error:
                raise StorageError(
                    f"{path} could not be written: {error.strerror}",
                    remedy="Choose another folder, or free some space.",
                ) from error

        self._tasks.run(lambda _work: write(), owner=self, title=f"Saving {path.name} in {path.parent}")

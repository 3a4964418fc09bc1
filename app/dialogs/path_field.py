"""A field for a path: typed, or chosen with the system's own dialog."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton

from widgets.panels.form import FormField


class PathField(FormField):
    """A field with a button beside it that opens the system's dialog for files or folders.

    Args:
        label: above the field.
        text: the path at first.
        files: which files are offered, as Qt's dialogs write it (`CSV (*.csv);;All files (*)`);
            if empty, a folder is chosen.
        hint: a quiet line under it.
        required: whether an empty value is an error.
    """

    chosen = Signal(str)
    """A path was chosen in the dialog, and stands in the field."""

    def __init__(
        self, label: str, text: str = "", *, files: str = "", hint: str = "", required: bool = False
    ) -> None:
        self._line, self.browse, self._files = QLineEdit(text), QPushButton("Browse…"), files
        super().__init__(label, self._line, hint=hint, required=required, beside=self.browse)
        self.browse.setAccessibleName(f"Choose: {label}")
        # Enter in a field is for the dialog's own deed.
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._choose)

    def set_path(self, path: str) -> None:
        """Put a path into the field."""
        self._line.setText(path)

    def _choose(self) -> None:
        chooser = QFileDialog(self, self.label, self.value(), self._files)
        mode = QFileDialog.FileMode.ExistingFile if self._files else QFileDialog.FileMode.Directory
        chooser.setFileMode(mode)
        chooser.fileSelected.connect(self._use_chosen)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _use_chosen(self, path: str) -> None:
        self.set_path(path)
        self.chosen.emit(path)

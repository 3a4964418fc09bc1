"""The log of one version's service, in a window of its own."""

from collections.abc import Callable

from PySide6.QtGui import QFontDatabase, QTextCursor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from app.tasks import Tasks
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize

FIRST_SIZE = (900, 560)


class LogDialog(QDialog):
    """Shows a log's last lines, read off the GUI thread; "Refresh" reads them anew.

    Args:
        title: whose log it is.
        read: gives its last lines; may block.
    """

    def __init__(self, title: str, read: Callable[[], str], tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = title
        self._read = read
        self._tasks = tasks
        self.setWindowTitle(title)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(title)
        self.error = ErrorPanel()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        refresh = buttons.addButton("Refresh", QDialogButtonBox.ButtonRole.ActionRole)
        refresh.clicked.connect(self.refresh)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        for part in (Text(title, size=FontSize.LARGE), self.error, self.text, buttons):
            layout.addWidget(part)
        self.resize(*FIRST_SIZE)
        self.finished.connect(self.deleteLater)
        self.refresh()

    def refresh(self) -> None:
        """Read the lines anew."""
        self._tasks.run(
            lambda _work: self._read(),
            owner=self,
            title=f"Reading: {self._title}",
            on_result=self._show,
            on_error=self.error.show_error,
            routine=True,
        )

    def _show(self, lines: str) -> None:
        self.error.hide()
        self.text.setPlainText(lines)
        self.text.setPlaceholderText("It has written nothing yet")
        self.text.moveCursor(QTextCursor.MoveOperation.End)
        self.text.moveCursor(QTextCursor.MoveOperation.StartOfLine)

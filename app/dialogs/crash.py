"""The crash window: a fault of the program itself, with the trace to copy."""

import platform
import sys
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from widgets.theme import GRID, FontSize, font


class CrashWindow(QDialog):
    """Shows the faults of this session, newest last; the program goes on behind it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("A fault in Relevo")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(90 * GRID, 60 * GRID)
        title = QLabel("Something in Relevo itself went wrong")
        title.setFont(font(FontSize.LARGE))
        text = QLabel(
            "The models and the platform are not affected. You can close this and go on; what you just did "
            "may not have happened. Please send the text below to whoever looks after Relevo for you: it "
            "names files and lines of the program, and holds no passwords."
        )
        text.setWordWrap(True)
        self.trace = QPlainTextEdit()
        self.trace.setReadOnly(True)
        self.trace.setAccessibleName("What happened")
        self.trace.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.trace.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.copy_button = QPushButton("Copy")
        self.copy_button.clicked.connect(self._copy)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        for widget in (title, text, self.trace, buttons):
            layout.addWidget(widget)

    def add(self, trace: str) -> None:
        """Show one more fault."""
        if not self.trace.toPlainText():
            self.trace.setPlainText(f"{_about()}\n\n{trace}")
        else:
            self.trace.appendPlainText(f"\n{trace}")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.trace.toPlainText())


class CrashReporter(QObject):
    """Shows one crash window for all faults: those of tasks, and those nothing else caught.

    Args:
        window: the program's window, which the crash window stands before.
    """

    _caught = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._owner = window
        self.window: CrashWindow | None = None
        self._previous = sys.excepthook
        self._caught.connect(self.show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Catch what nothing else does, from any thread."""
        sys.excepthook = self._hook

    def uninstall(self) -> None:
        """Leave the interpreter's own behaviour behind."""
        sys.excepthook = self._previous

    def show(self, trace: str) -> None:
        """Show a fault."""
        if self.window is None:
            self.window = CrashWindow(self._owner)
            self.window.destroyed.connect(self._forget)
        self.window.add(trace)
        self.window.show()
        self.window.raise_()

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._previous(kind, error, trace)
            return
        self._previous(kind, error, trace)
        self._caught.emit("".join(traceback.format_exception(kind, error, trace)))

    def _forget(self) -> None:
        self.window = None


def _about() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        ours = version("relevo")
    except PackageNotFoundError:
        ours = "(not installed)"
    return f"Relevo {ours}, Python {platform.python_version()}, {platform.platform()}"

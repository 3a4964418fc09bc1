"""Shows the first administrator's token, this once."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.dialogs.base_dialog import fit
from widgets.panels.bar import row
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize

WIDTH = 64 * GRID


class TokenDialog(QDialog):
    """The token, to be copied now: only its hash is stored."""

    def __init__(self, token: str, *, kept: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("The platform is up")
        self.setModal(True)
        self.line = QLineEdit(token)
        self.line.setReadOnly(True)
        self.line.setAccessibleName("Administrator's token")
        copy = QPushButton("Copy")
        copy.setAutoDefault(False)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(token))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        where = (
            "This window keeps it in the system’s keyring."
            if kept
            else "This machine has no keyring: this window knows it until it is closed."
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(Text("The platform is up", size=FontSize.LARGE))
        layout.addWidget(Text(
            "This is the first administrator’s token. It is shown only now: the platform stores no more "
            f"than its hash. {where}", wrap=True,
        ))  # fmt: skip
        bar = row(self.line, copy)
        bar.setStretch(0, 1)
        layout.addLayout(bar)
        layout.addWidget(buttons)
        fit(self, WIDTH)
        self.finished.connect(self.deleteLater)

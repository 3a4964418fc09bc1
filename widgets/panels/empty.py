"""An empty place that says why it is empty and what would fill it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from widgets.panels.labels import Text
from widgets.theme import GRID


class EmptyState(QWidget):
    """Two lines in the middle, and a button when the page can help.

    Args:
        text: why it is empty.
        hint: what would fill it.
        action: the button's text; empty for none.
    """

    action_requested = Signal()

    def __init__(self, text: str, hint: str = "", action: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = Text(bold=True, wrap=True)
        self._hint = Text(quiet=True, wrap=True)
        self._button = QPushButton()
        self._button.clicked.connect(self.action_requested)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addStretch()
        for label in (self._text, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addWidget(self._button, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()
        self.set_text(text, hint, action)

    def set_text(self, text: str, hint: str = "", action: str = "") -> None:
        """Say something else."""
        self._text.setText(text)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self.setAccessibleName(f"{text}. {hint}" if hint else text)

    def stand_on_base(self) -> None:
        """Take the ground of the table or plot in whose place it is."""
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)

    def text(self) -> str:
        """Both lines, as they are read aloud."""
        return self.accessibleName()

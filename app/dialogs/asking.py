"""What dialogs that ask share: their shape, with the deed's button beside Cancel."""

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize


def lay_out(
    dialog: QDialog, title: str, parts: Sequence[QWidget], button: QPushButton, *, width: int
) -> None:
    """Place everything and make the dialog modal; it is gone once it is closed.

    Args:
        dialog: without a layout so far.
        title: of the window, and above what is asked.
        parts: what is asked, from top to bottom.
        button: does it; Enter presses it.
        width: at least, in pixels.
    """
    dialog.setWindowTitle(title)
    dialog.setModal(True)
    dialog.setMinimumWidth(width)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
    buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
    layout.setSpacing(2 * GRID)
    for part in (Text(title, size=FontSize.LARGE, wrap=True), *parts, buttons):
        layout.addWidget(part)
    # Only now that it is in the dialog: else the first button of all would be the default one.
    button.setDefault(True)
    dialog.finished.connect(dialog.deleteLater)


def fit(dialog: QDialog, width: int) -> None:
    """Make a dialog as wide as that, in pixels, and as high as its texts then need."""
    dialog.setMinimumWidth(width)
    layout = dialog.layout()
    if layout is not None:
        for part in dialog.findChildren(QWidget):
            part.updateGeometry()  # what changed within a part is told to the dialog only later
        dialog.resize(width, layout.totalHeightForWidth(width))

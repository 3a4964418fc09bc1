"""What dialogs that ask share: their shape, with the deed's button beside Cancel."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize


class GrowingDialog(QDialog):
    """A dialog that has the height its texts need, also when one of them comes or grows later.

    Qt alone asks the layout for its least height, which knows nothing of lines that wrap: an error that
    came under a field would be painted over it.
    """

    def event(self, event: QEvent) -> bool:
        """Look at the height once the layout has changed; never make it lower than the person did."""
        if event.type() is not QEvent.Type.LayoutRequest:
            return super().event(event)  # after it there may be no dialog left: one event deletes it
        done = super().event(event)
        layout = self.layout()
        needed = layout.totalHeightForWidth(self.width()) if layout is not None else 0
        if needed > self.height():
            self.resize(self.width(), needed)
        return done


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

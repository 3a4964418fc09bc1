"""The frame of every plot."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget


class PlotPanel(QWidget):
    """A plot with its legend, crosshair, zoom, home and export."""

    export_requested = Signal(object)
    """A `widgets.exports.Export` to be saved where the person says."""

    def set_empty(self, text: str, hint: str = "") -> None:
        """Show no plot but why there is none, and what would fill it."""

    def snapshot(self) -> QImage:
        """The plot as a picture, to be shown at the next start until the live one stands."""
        return self.grab().toImage()

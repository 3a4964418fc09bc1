"""The picture of a plot as last seen, painted until the live plot stands there."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.theme import GRID, theme


class PlotSnapshot(QWidget):
    """Paints an image in the place of a plot; needs neither pyqtgraph nor numpy.

    The picture keeps its proportions and is never made larger than it was drawn.
    """

    def __init__(self, name: str = "Plot as last seen", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme().changed.connect(self.update)

    def set_snapshot(self, image: QImage | bytes) -> None:
        """Take the picture: an image, or the bytes of a PNG; bytes that are none leave it empty."""
        if not isinstance(image, QImage):
            # The library's stub asks for bytes where its code takes text only.
            image = QImage.fromData(image, "PNG")  # type: ignore[arg-type]
        self._image = image
        self.update()

    def has_snapshot(self) -> bool:
        """Whether there is a picture."""
        return not self._image.isNull()

    def sizeHint(self) -> QSize:
        """As large as a plot likes to be."""
        return QSize(60 * GRID, 40 * GRID)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The picture from the top left; skeleton-grey where there is none."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme().colours.base))
        if not self.has_snapshot():
            inside = self.rect().adjusted(GRID, GRID, -GRID, -GRID)
            painter.fillRect(inside, QColor(theme().colours.raised))
            return
        ratio = self.devicePixelRatioF()
        room = QSize(round(self.width() * ratio), round(self.height() * ratio))
        shown = self._image
        if shown.width() > room.width() or shown.height() > room.height():
            keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            shown = shown.scaled(room, keep, smooth)
        shown.setDevicePixelRatio(ratio)
        painter.drawImage(QPointF(0, 0), shown)

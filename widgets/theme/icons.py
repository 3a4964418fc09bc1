"""Monochrome icons, tinted at the moment of painting, so that a change of theme needs no new icon."""

from functools import cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources
from widgets.theme.owner import theme


@cache
def drawing(name: str) -> bytes:
    """The SVG text of an icon; `currentColor` stands where the tint goes.

    Raises:
        FileNotFoundError: there is no icon of that name.
    """
    return resources.path("icons", f"{name}.svg").read_bytes()


class TintedEngine(QIconEngine):
    """Paints one drawing in the ink of the moment, or in a fixed colour."""

    def __init__(self, name: str, colour: str = "") -> None:
        super().__init__()
        self._name = name
        self._colour = colour
        drawing(name)

    def clone(self) -> QIconEngine:
        """A copy, as Qt asks for it."""
        return TintedEngine(self._name, self._colour)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        """Draw it into the rectangle."""
        text = drawing(self._name).replace(b"currentColor", self._ink(mode).encode())
        QSvgRenderer(QByteArray(text)).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The drawing as a pixmap with a clear background."""
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return QPixmap.fromImage(image)

    def _ink(self, mode: QIcon.Mode) -> str:
        colours = theme().colours
        if mode is QIcon.Mode.Disabled:
            return colours.disabled
        return self._colour or colours.text


def icon(name: str, colour: str = "") -> QIcon:
    """The icon `resources/icons/<name>.svg` in the theme's ink, or in a colour of its own."""
    return QIcon(TintedEngine(name, colour))


def application_icon() -> QIcon:
    """Relevo's own icon, in its own colours."""
    return QIcon(str(resources.path("icons", "relevo.svg")))

"""A plot with its legend as PNG, SVG or image: drawn from the scene, not grabbed from the screen."""

from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsScene

from widgets.plots.legend import SAMPLE, LegendEntry, draw_sample
from widgets.theme import GRID, FontSize, font, theme

LEGEND_HEIGHT = 3 * GRID
PNG_SCALE = 2.0


def render_image(scene: QGraphicsScene, entries: Sequence[LegendEntry], scale: float) -> QImage:
    """The plot as an image of so many times its size on the screen."""
    size = image_size(scene)
    image = QImage(size * scale, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(image)
    painter.scale(scale, scale)
    paint(painter, scene, entries)
    painter.end()
    image.setDevicePixelRatio(scale)
    return image


def render_png(scene: QGraphicsScene, entries: Sequence[LegendEntry]) -> bytes:
    """A PNG file, at twice the size on the screen so that it prints well."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    render_image(scene, entries, PNG_SCALE).save(buffer, "PNG")  # type: ignore[call-overload]  # stub lacks QBuffer
    return bytes(buffer.data().data())


def render_svg(scene: QGraphicsScene, entries: Sequence[LegendEntry], title: str) -> bytes:
    """An SVG file; lines and texts stay lines and texts."""
    size = image_size(scene)
    written = QByteArray()
    buffer = QBuffer(written)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(title)
    painter = QPainter(generator)
    paint(painter, scene, entries)
    painter.end()
    return bytes(written.data())


def image_size(scene: QGraphicsScene) -> QSize:
    """The scene's size on the screen, and a line for the legend."""
    room = visible(scene)
    return QSize(max(1, round(room.width())), max(1, round(room.height())) + LEGEND_HEIGHT)


def visible(scene: QGraphicsScene) -> QRectF:
    """The part of the scene that its view shows."""
    view = scene.views()[0]
    return view.mapToScene(view.viewport().rect()).boundingRect()


def paint(painter: QPainter, scene: QGraphicsScene, entries: Sequence[LegendEntry]) -> None:
    """Legend above, plot below."""
    size = image_size(scene)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), QColor(theme().colours.base))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_legend(painter, entries)
    target = QRectF(0, LEGEND_HEIGHT, size.width(), size.height() - LEGEND_HEIGHT)
    scene.render(painter, target, visible(scene), Qt.AspectRatioMode.IgnoreAspectRatio)


def paint_legend(painter: QPainter, entries: Sequence[LegendEntry]) -> None:
    """Samples and labels in one line."""
    painter.save()
    painter.setFont(font(FontSize.SMALL))
    left = float(GRID)
    for entry in entries:
        draw_sample(painter, entry, left, LEGEND_HEIGHT / 2)
        painter.setPen(QColor(theme().colours.text))
        width = painter.fontMetrics().horizontalAdvance(entry.label)
        area = QRectF(left + SAMPLE + GRID / 2, 0, width + GRID, LEGEND_HEIGHT)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), entry.label)
        left = area.right() + GRID
    painter.restore()

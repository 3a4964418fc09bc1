"""Paints a version in two lines: its badge and name, then health and revision."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets.formatting import count, short_revision
from widgets.panels.version_entry import SIGNS, VersionEntry
from widgets.theme import GRID, FontSize, State, font, theme, version_style

ENTRY = Qt.ItemDataRole.UserRole + 1
BADGE = 28
HEIGHT = 56


class VersionDelegate(QStyledItemDelegate):
    """Draws `VersionEntry` values found under the role `ENTRY`."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Two lines on the grid."""
        return QSize(20 * GRID, HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Selection by the style, the rest by us."""
        entry = index.data(ENTRY)
        drawn = QStyleOptionViewItem(option)
        self.initStyleOption(drawn, index)
        drawn.text = ""
        style = drawn.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, drawn, painter, drawn.widget)
        if not isinstance(entry, VersionEntry):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = drawn.rect.adjusted(GRID, GRID, -GRID, -GRID)
        badge = QRectF(area.left(), area.center().y() - BADGE / 2 + 0.5, BADGE, BADGE)
        paint_badge(painter, badge, entry.name, entry.order)
        area.setLeft(area.left() + BADGE + GRID + GRID // 2)
        paint_lines(painter, area, entry)
        painter.restore()


def paint_badge(painter: QPainter, rect: QRectF, name: str, order: int) -> None:
    """A rounded square in the version's colour with its letter in white."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(version_style(order).qcolour)
    painter.drawRoundedRect(rect, 4, 4)
    painter.setPen(QColor("#ffffff"))
    painter.setFont(font(FontSize.NORMAL if len(name) == 1 else FontSize.SMALL, bold=True))
    shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(rect.width()) - 2)
    painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), shown)


def paint_lines(painter: QPainter, area: QRect, entry: VersionEntry) -> None:
    """Sign, part and detail above; the health's word and the revision below."""
    colours = theme().colours
    half = area.height() // 2
    first = QRect(area.left(), area.top(), area.width(), half)
    second = QRect(area.left(), area.top() + half, area.width(), half)
    word = f"{SIGNS[entry.mode]} {entry.mode.value}"
    used = paint_piece(painter, first, word, colours.text, bold=True)
    rest = " · ".join(part for part in (entry.detail, entry.since) if part)
    paint_piece(painter, first.adjusted(used, 0, 0, 0), rest, colours.quiet)
    pieces = [(entry.health, colours.of_state(entry.state))]
    if entry.skipped:
        pieces.append((f"{count(entry.skipped)} skipped", colours.of_state(State.WARNING)))
    if entry.revision:
        pieces.append((f"rev {short_revision(entry.revision)}", colours.quiet))
    for text, colour in pieces:
        second.setLeft(second.left() + paint_piece(painter, second, text, colour))


def paint_piece(painter: QPainter, area: QRect, text: str, colour: str, *, bold: bool = False) -> int:
    """One elided piece of a line; returns the pixels it took, with the gap after it."""
    chosen = font(FontSize.NORMAL if bold else FontSize.SMALL, bold=bold)
    painter.setFont(chosen)
    painter.setPen(QColor(colour))
    metrics = QFontMetrics(chosen)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
    return metrics.horizontalAdvance(shown) + GRID

"""The list of pages on the left: one line a page, the current one marked, a count where it matters."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.pages.registry import PageEntry
from widgets.plain_text import plain_tooltip
from widgets.theme import GRID, FontSize, font, icon, theme

WIDTH = 21 * GRID
ICON = 18
COUNT_ROLE = Qt.ItemDataRole.UserRole + 1
ALARM_ROLE = Qt.ItemDataRole.UserRole + 2


class Sidebar(QListWidget):
    """Names of pages; `chosen` carries the key of the one the person went to."""

    chosen = Signal(str)

    def __init__(self, pages: Sequence[PageEntry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAccessibleName("Pages")
        self.setFixedWidth(WIDTH)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_LineDelegate(self))
        self.setMouseTracking(True)
        self._keys = [page.key for page in pages]
        for number, page in enumerate(pages, start=1):
            item = QListWidgetItem(icon(page.key), page.title, self)
            item.setToolTip(f"{page.title} (Ctrl+{number})")
        self.currentRowChanged.connect(lambda row: self.chosen.emit(self._keys[row]))

    def show_current(self, key: str) -> None:
        """Mark the page of this key, telling nobody."""
        with QSignalBlocker(self):
            self.setCurrentRow(self._keys.index(key))

    def set_count(self, key: str, count: int) -> None:
        """Show a number behind a page's name; none when it is 0."""
        self._mark(key, COUNT_ROLE, count, "not seen yet" if count else "")

    def set_alarm(self, key: str, count: int, words: str) -> None:
        """Show a badge behind a page's name: how many things there are in trouble; none when it is 0.

        Args:
            key: of the page.
            count: shown in the badge.
            words: what is in trouble, as it is read aloud after the number.
        """
        self._mark(key, ALARM_ROLE, count, words if count else "")

    def _mark(self, key: str, role: int, count: int, words: str) -> None:
        number = self._keys.index(key)
        item = self.item(number)
        item.setData(role, count)
        told = f"{item.text()}, {count} {words}" if words else item.text()
        item.setData(Qt.ItemDataRole.AccessibleTextRole, told)
        item.setToolTip(plain_tooltip(f"{told} (Ctrl+{number + 1})"))


class _LineDelegate(QStyledItemDelegate):
    """Paints one line: a bar before the current page, the count at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """A comfortable line to press."""
        return QSize(WIDTH, max(5 * GRID, super().sizeHint(option, index).height()))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Name, bar and count."""
        colours = theme().colours
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        current = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if current:
            painter.fillRect(rect, QColor(colours.selection))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(colours.accent))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(colours.raised))
        painter.setFont(font(bold=current))
        painter.setPen(QColor(colours.text))
        inner = rect.adjusted(2 * GRID, 0, -2 * GRID, 0)
        sign = QRect(inner.left(), rect.center().y() - ICON // 2, ICON, ICON)
        index.data(Qt.ItemDataRole.DecorationRole).paint(painter, sign)
        inner.setLeft(sign.right() + GRID + GRID // 2)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(inner, left, index.data())
        if alarm := index.data(ALARM_ROLE):
            self._paint_badge(painter, inner, str(alarm))
        elif count := index.data(COUNT_ROLE):
            painter.setFont(font(FontSize.SMALL, bold=True))
            painter.setPen(QColor(colours.bad))
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(count))
        painter.restore()

    def _paint_badge(self, painter: QPainter, line: QRect, text: str) -> None:
        """A number on a filled pill at the right of a line."""
        colours = theme().colours
        painter.setFont(font(FontSize.SMALL, bold=True))
        height = 2 * GRID + 2
        width = max(height, painter.fontMetrics().horizontalAdvance(text) + 2 * GRID)
        pill = QRect(line.right() - width + 1, line.center().y() - height // 2, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.bad))
        painter.drawRoundedRect(pill, height / 2, height / 2)
        painter.setPen(QColor(colours.base))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)

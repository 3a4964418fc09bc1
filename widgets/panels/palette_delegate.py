"""Paints a command of the palette: its title, and quietly its shortcut or group."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets.theme import GRID, theme

COMMAND = Qt.ItemDataRole.UserRole + 1


class CommandDelegate(QStyledItemDelegate):
    """Draws commands found under the role `COMMAND`; other items as the style does."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """One line on the grid."""
        return QSize(20 * GRID, 4 * GRID)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Title at the left, shortcut or group at the right."""
        command = index.data(COMMAND)
        if command is None:
            super().paint(painter, option, index)
            return
        drawn = QStyleOptionViewItem(option)
        self.initStyleOption(drawn, index)
        drawn.text = ""
        drawn.widget.style().drawControl(
            QStyle.ControlElement.CE_ItemViewItem, drawn, painter, drawn.widget
        )
        colours = theme().colours
        painter.save()
        area = drawn.rect.adjusted(GRID, 0, -GRID, 0)
        note = command.blocked or command.shortcut or command.group
        metrics = drawn.fontMetrics
        note = metrics.elidedText(note, Qt.TextElideMode.ElideRight, area.width() // 2)
        painter.setPen(QColor(colours.quiet))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), note)
        area.setRight(area.right() - metrics.horizontalAdvance(note) - 2 * GRID)
        painter.setPen(QColor(colours.disabled if command.blocked else colours.text))
        title = metrics.elidedText(command.title, Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), title)
        painter.restore()

"""Paints a cell: state dot, version mark or progress bar, then the elided text."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from widgets.plain_text import plain_tooltip
from widgets.tables.cells import Role
from widgets.theme import GRID, FontSize, State, font, theme

Index = QModelIndex | QPersistentModelIndex
DOT = 8
BAR_WIDTH = 72
BAR_HEIGHT = 6


class CellDelegate(QStyledItemDelegate):
    """Draws what the named roles say; asks the model once per role and paint."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Background by the style, content by us."""
        drawn = QStyleOptionViewItem(option)
        self.initStyleOption(drawn, index)
        text, drawn.text = drawn.text, ""
        style = drawn.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, drawn, painter, drawn.widget)
        painter.save()
        if index.data(Role.BEGINS_GROUP):
            left = QRect(drawn.rect.left(), drawn.rect.top(), 1, drawn.rect.height())
            painter.fillRect(left, QColor(theme().colours.line))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = content(drawn.rect)
        area.setLeft(area.left() + decorate(painter, area, index))
        painter.setFont(weight(drawn.font, strong=bool(index.data(Role.STRONG))))
        painter.setPen(ink(drawn, index))
        shown = painter.fontMetrics().elidedText(text, self.elision(index), area.width())
        painter.drawText(area, int(drawn.displayAlignment) | int(Qt.TextFlag.TextSingleLine), shown)
        painter.restore()

    def elision(self, index: Index) -> Qt.TextElideMode:
        """Where a text that is too long loses letters."""
        del index
        return Qt.TextElideMode.ElideRight

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One line high, on the grid."""
        width = option.fontMetrics.horizontalAdvance(str(index.data() or "")) + 2 * GRID
        return QSize(width, 4 * GRID)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """The cell's tooltip, or the whole text where it is elided."""
        told = index.data(Qt.ItemDataRole.ToolTipRole)
        text = str(index.data() or "")
        room = content(option.rect).width() - decoration_width(index)
        wide = option.fontMetrics.horizontalAdvance(text) > room
        if not told and not wide:
            QToolTip.hideText()
            return True
        QToolTip.showText(event.globalPos(), plain_tooltip(str(told or text)), view, option.rect)
        return True


class NameDelegate(CellDelegate):
    """For tables whose first column is a name: names keep both ends, which tell them apart."""

    def elision(self, index: Index) -> Qt.TextElideMode:
        """Names in the middle, all else at the end."""
        return Qt.TextElideMode.ElideMiddle if index.column() == 0 else super().elision(index)


def content(rect: QRect) -> QRect:
    """The cell without its margins."""
    return rect.adjusted(GRID, 0, -GRID, 0)


def weight(base: QFont, *, strong: bool) -> QFont:
    """The cell's font; strong cells are bold."""
    return font(FontSize.NORMAL, bold=True) if strong else base


def ink(option: QStyleOptionViewItem, index: Index) -> QColor:
    """The text's colour: of its state, quiet, disabled or plain."""
    colours = theme().colours
    if not option.state & QStyle.StateFlag.State_Enabled:
        return QColor(colours.disabled)
    state = index.data(Role.STATE)
    if state is not None:
        return QColor(colours.of_state(State(state)))
    return QColor(colours.quiet if index.data(Role.QUIET) else colours.text)


def decoration_width(index: Index) -> int:
    """Pixels taken by what stands before the text."""
    if index.data(Role.PROGRESS) is not None:
        return BAR_WIDTH + GRID
    return DOT + GRID if index.data(Role.STATE) is not None or index.data(Role.MARK) else 0


def decorate(painter: QPainter, area: QRect, index: Index) -> int:
    """Paint what stands before the text; returns its width in pixels."""
    middle = QPointF(area.left(), area.center().y() + 0.5)
    progress, state, mark = (index.data(role) for role in (Role.PROGRESS, Role.STATE, Role.MARK))
    painter.setPen(Qt.PenStyle.NoPen)
    if progress is not None:
        paint_bar(painter, middle, float(progress))
    elif state is not None:
        painter.setBrush(QColor(theme().colours.of_state(State(state))))
        painter.drawEllipse(QRectF(middle.x(), middle.y() - DOT / 2, DOT, DOT))
    elif mark:
        painter.setBrush(QColor(mark))
        painter.drawRoundedRect(QRectF(middle.x(), middle.y() - DOT / 2, DOT, DOT), 2, 2)
    return decoration_width(index)


def paint_bar(painter: QPainter, middle: QPointF, progress: float) -> None:
    """A progress bar; `progress` is 0 to 1."""
    colours = theme().colours
    whole = QRectF(middle.x(), middle.y() - BAR_HEIGHT / 2, BAR_WIDTH, BAR_HEIGHT)
    painter.setBrush(QColor(colours.line))
    painter.drawRoundedRect(whole, 3, 3)
    whole.setWidth(BAR_WIDTH * min(max(progress, 0.0), 1.0))
    painter.setBrush(QColor(colours.accent))
    painter.drawRoundedRect(whole, 3, 3)

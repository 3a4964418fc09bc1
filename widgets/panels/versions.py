"""Versions as badges and as a list: letter, colour, part in production, health, revision."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets.formatting import count, short_revision
from widgets.panels.version_entry import SIGNS, VersionEntry
from widgets.plain_text import plain_tooltip
from widgets.theme import GRID, FontSize, State, font, theme, version_style

__all__ = ["SIGNS", "VersionBadge", "VersionEntry", "VersionList"]


class VersionBadge(QWidget):
    """A version's letter on its colour, with its part in production beside it."""

    def __init__(self, entry: VersionEntry | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry = entry
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)
        if entry is not None:
            self.set_entry(entry)

    def set_entry(self, entry: VersionEntry) -> None:
        """Show another version."""
        self._entry = entry
        self.setToolTip(plain_tooltip(entry.spoken))
        self.setAccessibleName(entry.spoken)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """The badge and the words beside it."""
        words = self.fontMetrics().horizontalAdvance(self._words()) if self._entry else 0
        return QSize(BADGE + GRID + words + GRID, BADGE + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Badge, then words."""
        if self._entry is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_badge(painter, QRectF(0, 2, BADGE, BADGE), self._entry.name, self._entry.order)
        painter.setFont(font(FontSize.NORMAL))
        painter.setPen(QColor(theme().colours.text))
        area = self.rect().adjusted(BADGE + GRID, 0, 0, 0)
        alignment = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, int(alignment), self._words())

    def _words(self) -> str:
        if self._entry is None:
            return ""
        words = f"{SIGNS[self._entry.mode]} {self._entry.mode.value}"
        return f"{words} {self._entry.since}" if self._entry.since else words


class VersionList(QWidget):
    """The versions of a project; one is selected. Actions added to it make the context menu."""

    selected = Signal(str)
    """The person chose another version; carries its name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = QListWidget()
        self._list.setAccessibleName("Versions")
        self._list.setItemDelegate(VersionDelegate(self._list))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._list.customContextMenuRequested.connect(self._show_menu)
        self._list.currentItemChanged.connect(self._choose)
        self.setFocusProxy(self._list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._list)

    def set_versions(self, entries: Sequence[VersionEntry]) -> None:
        """Show these; the selected one stays selected, without a signal, while it exists."""
        chosen = self.current()
        with QSignalBlocker(self._list):
            self._fill(entries, chosen)
        if self.current() != chosen:
            self.selected.emit(self.current())

    def _fill(self, entries: Sequence[VersionEntry], chosen: str) -> None:
        while self._list.count() > len(entries):
            self._list.takeItem(self._list.count() - 1)
        while self._list.count() < len(entries):
            self._list.addItem(QListWidgetItem())
        for row, entry in enumerate(entries):
            fill(self._list.item(row), entry)
        names = [entry.name for entry in entries]
        self._list.setCurrentRow(names.index(chosen) if chosen in names else (0 if names else -1))

    def current(self) -> str:
        """The selected version's name; empty when there is none."""
        entry = self._list.currentIndex().data(ENTRY)
        return entry.name if isinstance(entry, VersionEntry) else ""

    def select(self, name: str) -> None:
        """Select the version of that name, if it is there."""
        for row in range(self._list.count()):
            if self._list.item(row).data(ENTRY).name == name:
                self._list.setCurrentRow(row)

    def add_action(self, action: QAction) -> None:
        """Add an action to the context menu."""
        self._list.addAction(action)

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.selected.emit(self.current())

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self._list)
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self._list.actions())
        menu.popup(self._list.viewport().mapToGlobal(at))


def fill(item: QListWidgetItem, entry: VersionEntry) -> None:
    """Give an item its version, for the eye and for reading aloud."""
    item.setData(ENTRY, entry)
    item.setData(Qt.ItemDataRole.AccessibleTextRole, entry.spoken)
    item.setToolTip(plain_tooltip(entry.spoken))


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

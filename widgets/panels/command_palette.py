"""The palette: type a few letters of what you want, press Enter."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets.plain_text import plain_tooltip
from widgets.theme import GRID, theme

SHOWN_LINES, LINE = 10, 4 * GRID
MOVES = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


@dataclass(frozen=True, slots=True)
class PaletteCommand:
    """One thing that can be done or gone to.

    Attributes:
        key: what `chosen` carries.
        title: such as `Open wine` or `Retrain A…`.
        group: such as `Projects`; quiet, at the right.
        shortcut: as text; shown instead of the group where there is one.
        blocked: why it cannot be done now; shown, and not choosable.
    """

    key: str
    title: str
    group: str = ""
    shortcut: str = ""
    blocked: str = ""


class CommandPalette(QFrame):
    """A field and the commands that match it; passive: shows what it is given, tells what is chosen."""

    chosen = Signal(str)
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setAccessibleName("Command palette")
        self._commands: tuple[PaletteCommand, ...] = ()
        self._field = QLineEdit()
        self._field.setPlaceholderText("Go to a page or project, or do something")
        self._field.setAccessibleName("PaletteCommand")
        self._field.setClearButtonEnabled(True)
        self._list = QListWidget()
        self._list.setAccessibleName("Matching commands")
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setItemDelegate(CommandDelegate(self._list))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(GRID, GRID, GRID, GRID)
        self._layout.setSpacing(GRID)
        self._layout.addWidget(self._field)
        self._layout.addWidget(self._list)
        self.setMinimumWidth(64 * GRID)
        self.setFocusProxy(self._field)
        self._field.installEventFilter(self)
        self._field.textChanged.connect(self._filter)
        self._field.returnPressed.connect(self._choose)
        self._list.itemClicked.connect(lambda _item: self._choose())

    def set_commands(self, commands: Sequence[PaletteCommand]) -> None:
        """What can be chosen, best first."""
        self._commands = tuple(commands)
        self._filter(self._field.text())

    def open(self) -> None:
        """Show it empty, with the focus in its field."""
        self._field.clear()
        self.show()
        self.raise_()
        self._field.setFocus()

    def shown(self) -> list[str]:
        """Keys of the commands that match, from top to bottom."""
        rows = range(self._list.count())
        commands = (self._list.item(row).data(COMMAND) for row in rows)
        return [command.key for command in commands if command is not None]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list and Esc leaves, while the focus stays in the field."""
        if watched is not self._field or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.type() is QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            event.accept()  # Esc is meant for the palette, not for the window behind it
            return True
        if event.type() is QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.dismissed.emit()
                return True
            if event.key() in MOVES:
                self._list.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        found = ranked(self._commands, text)
        self._list.clear()
        for command in found:
            item = QListWidgetItem(self._list)
            item.setData(COMMAND, command)
            item.setToolTip(plain_tooltip(command.blocked))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{command.title}, {command.group}")
            if command.blocked:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
        first = next((row for row, command in enumerate(found) if not command.blocked), -1)
        self._list.setCurrentRow(first)
        if not found:
            item = QListWidgetItem("Nothing matches; try fewer letters.", self._list)
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        self._list.setFixedHeight(min(max(len(found), 1), SHOWN_LINES) * LINE + GRID)
        self._layout.activate()
        self.resize(self.width(), self.sizeHint().height())

    def _choose(self) -> None:
        command = self._list.currentIndex().data(COMMAND)
        if isinstance(command, PaletteCommand) and not command.blocked:
            self.chosen.emit(command.key)


def ranked(commands: Sequence[PaletteCommand], text: str) -> list[PaletteCommand]:
    """The commands in which every typed word occurs, or in whose title its letters do; closest first."""
    typed = text.casefold().split()
    scored = []
    for place, command in enumerate(commands):
        scores = [closeness(command.title.casefold(), command.group.casefold(), word) for word in typed]
        if None not in scores:
            scored.append((sum(score or 0 for score in scores), place, command))
    return [command for _, _, command in sorted(scored, key=lambda found: found[:2])]


def closeness(title: str, group: str, word: str) -> int | None:
    """0 at the start of a word, 1 inside one, 2 letters in order with gaps, None not at all."""
    if any(part.startswith(word) for part in (*title.split(), *group.split())):
        return 0
    if word in title or word in group:
        return 1
    letters = iter(title)
    return 2 if all(letter in letters for letter in word) else None


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

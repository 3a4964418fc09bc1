"""The list as Qt sees it: two levels, changed line by line, never reset."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from services.containers.model import Container, ContainerState, ContainerUsage
from widgets.containers.columns import COLUMNS, Note, Orders, row_for
from widgets.containers.grouping import GroupEntry, GroupNode, ListOptions, StateFilter, group_entries
from widgets.plain_text import plain_tooltip
from widgets.tables.cells import Role, Row
from widgets.tables.model import alignment, attribute

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
_OUTER = 0
"""The internal id of lines of the outer level; others carry the number of their group."""


class ContainerModel(QAbstractItemModel):
    """Containers by identifier; selection, folds and scrolling survive every change."""

    arranged = Signal()
    """The lines are what they should be; groups may be new."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, GroupEntry] = {}
        self._notes: dict[str, Note] = {}
        self._usages: dict[str, ContainerUsage] = {}
        self._orders: Orders = {}
        self._options = ListOptions()
        self._keys: list[str] = []
        self._rows: dict[str, Row] = {}
        self._children: dict[str, list[str]] = {}
        self._numbers: dict[str, int] = {}
        self._groups: dict[int, str] = {}

    @property
    def options(self) -> ListOptions:
        """How the list is filtered, grouped and sorted."""
        return self._options

    @property
    def size(self) -> int:
        """How many containers it knows, shown or not."""
        return len(self._entries)

    def take(self, changes: Mapping[str, Container | None], now: datetime | None = None) -> None:
        """Take in changed containers, and drop those given as None."""
        now = now or datetime.now(UTC)
        for identifier, container in changes.items():
            if container is None:
                self._entries.pop(identifier, None)
                self._notes.pop(identifier, None)
                self._usages.pop(identifier, None)
            else:
                if container.state is not ContainerState.RUNNING:
                    self._usages.pop(identifier, None)
                self._entries[identifier] = self._entry(container, now)
        self._regroup()

    def set_usages(self, usages: Mapping[str, ContainerUsage | None]) -> None:
        """Say what running containers use; None takes that away."""
        known = {
            identifier: usage
            for identifier, usage in usages.items()
            if identifier in self._entries and self._usages.get(identifier) != usage
        }
        for identifier, usage in known.items():
            if usage is None:
                del self._usages[identifier]
            else:
                self._usages[identifier] = usage
        if known:
            self.take({identifier: self._entries[identifier].container for identifier in known})

    @property
    def usages(self) -> Mapping[str, ContainerUsage]:
        """What running containers use, as last said."""
        return self._usages

    def set_note(self, identifier: str, note: Note | None) -> None:
        """Say something on a container's line; None takes it away."""
        if note is None:
            self._notes.pop(identifier, None)
        else:
            self._notes[identifier] = note
        self.take({identifier: entry.container} if (entry := self._entries.get(identifier)) else {})

    def note(self, identifier: str) -> Note | None:
        """What is said on a container's line."""
        return self._notes.get(identifier)

    def set_orders(self, orders: Orders) -> None:
        """Versions' order of registration, for their colours."""
        if orders != self._orders:
            self._orders = orders
            self.grow_older()

    def grow_older(self, now: datetime | None = None) -> None:
        """Bring the ages up to date."""
        self.take({key: entry.container for key, entry in self._entries.items()}, now)

    def ask(
        self, *, words: str | None = None, only: StateFilter | None = None, grouped: bool | None = None
    ) -> None:
        """Filter, or group; what is None stays as it is."""
        options = self._options
        if words is not None:
            options = replace(options, words=tuple(words.casefold().split()))
        if only is not None:
            options = replace(options, only=only)
        if grouped is not None:
            options = replace(options, grouped=grouped)
        self._options = options
        self._regroup()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort within each group by a column; by name for -1."""
        descending = order is Qt.SortOrder.DescendingOrder
        self._options = replace(self._options, sorted_by=column, descending=descending)
        self._regroup()

    def container(self, identifier: str) -> Container | None:
        """The container of that identifier."""
        entry = self._entries.get(identifier)
        return entry.container if entry else None

    def identifiers(self, index: Index) -> list[str]:
        """The container of a line, or all of a group's."""
        key = self.key(index)
        return list(self._children[key]) if key in self._children else [key]

    def key(self, index: Index) -> str:
        """What names a line: a container's identifier, or a group's own name."""
        if index.internalId() == _OUTER:
            return self._keys[index.row()]
        return self._children[self._groups[index.internalId()]][index.row()]

    def index_of(self, key: str) -> QModelIndex:
        """The first cell of a line; invalid if it is not shown."""
        if key in self._keys:
            return self.createIndex(self._keys.index(key), 0, _OUTER)
        for group, keys in self._children.items():
            if key in keys:
                return self.createIndex(keys.index(key), 0, self._numbers[group])
        return QModelIndex()

    def groups(self) -> list[str]:
        """The names of the groups, as `key` gives them."""
        return list(self._children)

    def lines(self) -> list[Row]:
        """The containers shown, in the order shown, without the groups' lines."""
        keys = [k for key in self._keys for k in self._children.get(key, [key])]
        return [self._rows[key] for key in keys]

    def index(self, row: int, column: int, parent: Index = NOWHERE) -> QModelIndex:
        """A cell's index."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        if not parent.isValid():
            return self.createIndex(row, column, _OUTER)
        return self.createIndex(row, column, self._numbers[self._keys[parent.row()]])

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]  # one of Qt's two overloads
        """The group that a line belongs to."""
        if not index.isValid() or index.internalId() == _OUTER:
            return QModelIndex()
        return self.createIndex(self._keys.index(self._groups[index.internalId()]), 0, _OUTER)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """How many lines of the outer level, or of a group."""
        if not parent.isValid():
            return len(self._keys)
        if parent.column() > 0 or parent.internalId() != _OUTER:
            return 0
        return len(self._children.get(self._keys[parent.row()], ()))

    def columnCount(self, _parent: Index = NOWHERE) -> int:
        """The same everywhere."""
        return len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One attribute of a finished cell; nothing is computed here."""
        if not index.isValid():
            return None
        key = self.key(index)
        if role == Role.KEY:
            return key
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(COLUMNS[index.column()])
        return attribute(self._rows[key].cells[index.column()], role)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Head, tooltip and alignment of a column."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        column = COLUMNS[section]
        answers: dict[int, object] = {
            Qt.ItemDataRole.DisplayRole: column.head,
            Qt.ItemDataRole.ToolTipRole: plain_tooltip(column.tooltip or column.head),
            Qt.ItemDataRole.TextAlignmentRole: alignment(column),
        }
        return answers.get(role)

    def _entry(self, container: Container, now: datetime) -> GroupEntry:
        note = self._notes.get(container.identifier)
        usage = self._usages.get(container.identifier)
        return GroupEntry(container, row_for(container, self._orders, note, now, usage))

    def _regroup(self) -> None:
        """Bring the lines to what they should be, in as few steps as Qt needs to follow."""
        nodes = group_entries(self._entries.values(), self._options)
        for node in nodes:
            if node.children and node.row.key not in self._numbers:
                number = len(self._numbers) + 1
                self._numbers[node.row.key] = number
                self._groups[number] = node.row.key
        self._apply_rows(NOWHERE, self._keys, [node.row for node in nodes], nodes)
        for node in nodes:
            if node.children:
                parent = self.index_of(node.row.key)
                self._apply_rows(parent, self._children[node.row.key], node.children)
        shown = {k for key in self._keys for k in (key, *self._children.get(key, ()))}
        self._rows = {key: row for key, row in self._rows.items() if key in shown}
        self.arranged.emit()

    def _apply_rows(
        self, parent: Index, keys: list[str], rows: Sequence[Row], nodes: Sequence[GroupNode] = ()
    ) -> None:
        """Make the lines under a parent these: remove, add, put in order, then tell what changed."""
        wanted = {row.key: row for row in rows}
        self._remove(parent, keys, wanted)
        present = set(keys)
        fresh = [row for row in rows if row.key not in present]
        changed = {row.key for row in rows if self._rows.get(row.key, row) != row}
        self._rows.update(wanted)
        if fresh:
            self.beginInsertRows(parent, len(keys), len(keys) + len(fresh) - 1)
            keys.extend(row.key for row in fresh)
            for node in nodes:
                if node.children:
                    self._children.setdefault(node.row.key, [])
            self.endInsertRows()
        self._reorder(parent, keys, [row.key for row in rows])
        self._tell(parent, keys, changed)

    def _remove(self, parent: Index, keys: list[str], wanted: Mapping[str, Row]) -> None:
        """Remove what is not wanted, in runs from the end."""
        last = len(keys) - 1
        while last >= 0:
            first = last
            while first >= 0 and keys[first] not in wanted:
                first -= 1
            if first < last:
                self.beginRemoveRows(parent, first + 1, last)
                for key in keys[first + 1 : last + 1]:
                    self._children.pop(key, None)
                del keys[first + 1 : last + 1]
                self.endRemoveRows()
            last = first - 1

    def _reorder(self, parent: Index, keys: list[str], order: list[str]) -> None:
        if keys == order:
            return
        self.layoutAboutToBeChanged.emit()
        number = self._numbers[self.key(parent)] if parent.isValid() else _OUTER
        held = [i for i in self.persistentIndexList() if i.internalId() == number]
        names = [keys[index.row()] for index in held]
        keys[:] = order
        places = {key: row for row, key in enumerate(keys)}
        moved = [
            self.createIndex(places[name], index.column(), number)
            for name, index in zip(names, held, strict=True)
        ]
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def _tell(self, parent: Index, keys: list[str], changed: set[str]) -> None:
        """One signal from the first to the last line that changed."""
        rows = [row for row, key in enumerate(keys) if key in changed]
        if rows:
            last = len(COLUMNS) - 1
            self.dataChanged.emit(self.index(rows[0], 0, parent), self.index(rows[-1], last, parent))

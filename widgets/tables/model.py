"""Source model and filter proxy: rows of finished cells, answered by named roles."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from widgets.plain_text import plain_tooltip
from widgets.tables.cells import Cell, Column, Role, Row, SortValue

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


class RowModel(QAbstractTableModel):
    """Holds the rows; a refresh with the same keys changes cells in place, so selections stay."""

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._given: tuple[Row, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._sorted_by = -1
        self._descending = False

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns."""
        return self._columns

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows in the order shown."""
        return self._rows

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Replace the columns; drops the rows."""
        self.beginResetModel()
        self._columns = tuple(columns)
        self._given = self._rows = ()
        self.endResetModel()

    def set_rows(self, rows: Sequence[Row]) -> bool:
        """Replace the rows; returns whether the model was reset (selection lost)."""
        self._given = tuple(rows)
        new = self._ordered()
        if [row.key for row in new] != [row.key for row in self._rows]:
            self.beginResetModel()
            self._rows = new
            self.endResetModel()
            return True
        changed = [i for i, (old, now) in enumerate(zip(self._rows, new, strict=True)) if old != now]
        self._rows = new
        if changed:
            last = len(self._columns) - 1
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], last))
        return False

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column's values, now and after each refresh; by none (-1) as given.

        Python sorts finished values in one go, where a proxy would ask for each pair.
        """
        self._sorted_by, self._descending = column, order is Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        kept = self.persistentIndexList()
        held = [(id(self._rows[index.row()]), index.column()) for index in kept]
        self._rows = self._ordered()
        places = {id(row): place for place, row in enumerate(self._rows)}
        self.changePersistentIndexList(kept, [self.index(places[row], at) for row, at in held])
        self.layoutChanged.emit()

    def _ordered(self) -> tuple[Row, ...]:
        """The rows given, sorted; rows of equal value stay in the order given."""
        column = self._sorted_by
        if not 0 <= column < len(self._columns):
            return self._given
        return tuple(sorted(self._given, key=lambda row: rank(row.cells[column]), reverse=self._descending))

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """How many rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """How many columns."""
        return 0 if parent.isValid() else len(self._columns)

    def cell(self, index: Index) -> Cell:
        """The cell at an index of this model."""
        return self._rows[index.row()].cells[index.column()]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One attribute of a finished cell; nothing is computed here."""
        if not index.isValid():
            return None
        if role == Role.KEY:
            return self._rows[index.row()].key
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(self._columns[index.column()])
        if role == Role.BEGINS_GROUP:
            return self._columns[index.column()].begins_group
        return attribute(self.cell(index), role)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Head, tooltip and alignment of a column."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        answers: dict[int, object] = {
            Qt.ItemDataRole.DisplayRole: column.head,
            Qt.ItemDataRole.ToolTipRole: plain_tooltip(column.tooltip or column.head),
            Qt.ItemDataRole.TextAlignmentRole: alignment(column),
            Role.MARK: column.mark,
            Role.BEGINS_GROUP: column.begins_group,
        }
        return answers.get(role)


def alignment(column: Column) -> Qt.AlignmentFlag:
    """Numbers to the right, the rest to the left."""
    side = Qt.AlignmentFlag.AlignRight if column.numeric else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def rank(cell: Cell) -> tuple[bool, SortValue]:
    """Numbers before texts, so that cells without a number come last when ascending."""
    value = cell.sort_value
    return isinstance(value, str), value


READERS: dict[int, Callable[[Cell], object]] = {
    Qt.ItemDataRole.DisplayRole: lambda cell: cell.text,
    Qt.ItemDataRole.ToolTipRole: lambda cell: cell.tooltip or None,
    Qt.ItemDataRole.AccessibleTextRole: lambda cell: cell.text,
    Role.STATE: lambda cell: cell.state,
    Role.PROGRESS: lambda cell: cell.progress,
    Role.MARK: lambda cell: cell.mark,
    Role.STRONG: lambda cell: cell.strong,
    Role.QUIET: lambda cell: cell.quiet,
    Role.EXPORT: lambda cell: cell.text if cell.export is None else cell.export,
}


def attribute(cell: Cell, role: int) -> object:
    """What a cell answers to a role; None for roles it does not know."""
    reader = READERS.get(role)
    return None if reader is None else reader(cell)


class RowFilter(QSortFilterProxyModel):
    """Keeps rows in which every typed word occurs somewhere; leaves sorting to the rows' model."""

    def __init__(self, source: RowModel) -> None:
        super().__init__(source)
        self._source = source
        self._words: tuple[str, ...] = ()
        self.setSourceModel(source)

    def set_filter(self, text: str) -> None:
        """Keep rows that hold each of these words, whatever their case."""
        self.beginFilterChange()
        self._words = tuple(text.casefold().split())
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, row: int, _parent: Index) -> bool:
        """Whether a row holds every word."""
        if not self._words:
            return True
        text = "\n".join(cell.text for cell in self._source.rows[row].cells).casefold()
        return all(word in text for word in self._words)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort the rows themselves; the filter keeps their order."""
        self._source.sort(column, order)

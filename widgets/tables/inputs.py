"""A model's inputs, to be named, typed and given their units in place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtCore import QPersistentModelIndex as PersistentIndex
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from services.registry.choices import FieldType
from widgets.theme import GRID

Index = QModelIndex | PersistentIndex
HEADS = ("Input", "Type", "May be missing", "Unit")
NAME, TYPE, MISSING, UNIT = range(4)
WIDTHS = {TYPE: 12 * GRID, MISSING: 16 * GRID, UNIT: 12 * GRID}
NOBODY = QModelIndex()


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input; `nullable` says that its value may be missing."""

    name: str = ""
    type: FieldType = FieldType.NUMBER
    nullable: bool = False
    unit: str = ""


class InputsModel(QAbstractTableModel):
    """The rows; where their number is open, one more waits at the end for a name."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[InputRow] = []
        self._growing = False

    def show_rows(self, rows: Sequence[InputRow], *, growing: bool) -> None:
        """Replace all of them; `growing` if further ones may be named."""
        self.beginResetModel()
        self._rows, self._growing = list(rows), growing
        self._keep_one_waiting()
        self.endResetModel()

    def rows(self) -> list[InputRow]:
        """All of them, but for the one that waits for a name."""
        return self._rows[:-1] if self._growing else list(self._rows)

    def paste_names(self, first: int, names: Sequence[str]) -> None:
        """Name the rows from one on, as many as there are or, if they are open, as many as are given."""
        self.beginResetModel()
        for place, name in enumerate(names, start=first):
            if place < len(self._rows):
                self._rows[place] = replace(self._rows[place], name=name)
                self._keep_one_waiting()
        self.endResetModel()
        self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, UNIT))

    def propose_units(self, units: Mapping[str, str]) -> None:
        """Give the rows of these names their units, where they have none."""
        for place, row in enumerate(self._rows):
            if not row.unit and units.get(row.name):
                self._rows[place] = replace(row, unit=units[row.name])

    def rowCount(self, parent: Index = NOBODY) -> int:
        """How many rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NOBODY) -> int:
        """Four."""
        return 0 if parent.isValid() else len(HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """The columns' titles; the rows' numbers, as the model counts its inputs."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return HEADS[section] if orientation is Qt.Orientation.Horizontal else str(section + 1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows, and what an editor begins with."""
        row, column = self._rows[index.row()], index.column()
        if column == MISSING:
            return self._missing(row, role)
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole}:
            return {NAME: row.name, TYPE: row.type.value, UNIT: row.unit}[column]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{HEADS[column]} {index.row() + 1}: {self.data(index) or 'empty'}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take what was typed, chosen or ticked."""
        row, column = self._rows[index.row()], index.column()
        if column == MISSING:
            if role != Qt.ItemDataRole.CheckStateRole:
                return False
            changed = replace(row, nullable=Qt.CheckState(value) is Qt.CheckState.Checked)
        elif column == TYPE:
            changed = replace(row, type=FieldType(value))
        else:
            text = str(value).strip()
            changed = replace(row, name=text) if column == NAME else replace(row, unit=text)
        self._rows[index.row()] = changed
        self.dataChanged.emit(index, index)
        if self._growing and self._rows[-1].name:
            end = len(self._rows)
            self.beginInsertRows(QModelIndex(), end, end)
            self._keep_one_waiting()
            self.endInsertRows()
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """All can be edited; the tick is ticked in place."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        ticked = index.column() == MISSING
        return flags | (Qt.ItemFlag.ItemIsUserCheckable if ticked else Qt.ItemFlag.ItemIsEditable)

    def _missing(self, row: InputRow, role: int) -> Any:
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if row.nullable else Qt.CheckState.Unchecked
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return "yes" if row.nullable else "no"
        return None

    def _keep_one_waiting(self) -> None:
        if self._growing and (not self._rows or self._rows[-1].name):
            self._rows.append(InputRow())


class InputsTable(QTableView):
    """Typing or F2 edits a cell, Space ticks, Tab leaves; names can be pasted one under the other."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inputs = InputsModel(self)
        self.setModel(self.inputs)
        self.setItemDelegateForColumn(TYPE, TypeDelegate(self))
        self.setAccessibleName("Inputs")
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.setMinimumHeight(18 * GRID)
        self.verticalHeader().setDefaultSectionSize(4 * GRID)
        self.verticalHeader().setStyleSheet("QHeaderView::section { border: none; }")
        head = self.horizontalHeader()
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setHighlightSections(False)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in WIDTHS.items():
            self.setColumnWidth(column, width)
        self.inputs.dataChanged.connect(self.changed)

    def show_rows(self, rows: Sequence[InputRow], *, growing: bool = False) -> None:
        """Replace all of them; `growing` if further ones may be named."""
        self.inputs.show_rows(rows, growing=growing)
        self.setCurrentIndex(self.inputs.index(0, NAME))

    def rows(self) -> list[InputRow]:
        """All of them, with what is being typed."""
        editor = self.indexWidget(self.currentIndex())
        if editor is not None:
            self.commitData(editor)
        return self.inputs.rows()

    def propose_units(self, units: Mapping[str, str]) -> None:
        """Give the inputs of these names their units, where they have none."""
        self.inputs.propose_units(units)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Names are pasted from the chosen row on; the rest is the view's."""
        names = re.split(r"[\r\n\t]+", QGuiApplication.clipboard().text().strip())
        if event.matches(QKeySequence.StandardKey.Paste) and names != [""]:
            self.inputs.paste_names(max(self.currentIndex().row(), 0), [name.strip() for name in names])
            return
        super().keyPressEvent(event)


class TypeDelegate(QStyledItemDelegate):
    """A type is chosen from a list."""

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index) -> QWidget:
        """A box with the four types, taken as soon as one is chosen."""
        box = QComboBox(parent)
        box.addItems([kind.value for kind in FieldType])
        box.setAccessibleName("Type")
        box.activated.connect(lambda _place: self.commitData.emit(box))
        return box

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Begin with the type that is there."""
        if isinstance(editor, QComboBox):
            editor.setCurrentText(str(index.data()))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Take the type that is chosen."""
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentText())

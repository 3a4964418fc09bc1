"""The one table of the program."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from widgets.exports import csv_export
from widgets.panels.empty import EmptyState
from widgets.tables.actions import add_find_key, add_table_actions
from widgets.tables.cells import Column, Role, Row
from widgets.tables.delegate import CellDelegate
from widgets.tables.delimited_text import comma_separated, grid, tab_separated
from widgets.tables.header import TableHead
from widgets.tables.layout import TableLayout, apply_layout, read_layout
from widgets.tables.model import RowFilter, RowModel
from widgets.theme import GRID


class DataTable(QWidget):
    """Rows of finished cells: sortable, filterable, remembered, copied and exported.

    Args:
        columns: at most one of them stretches.
        name: accessible name, and the suggested name of an exported file.
        searchable: whether a filter field stands above the rows (Ctrl+F).
    """

    selection_changed = Signal()
    activated = Signal(str)
    """A row was double-clicked or Enter pressed; carries its key."""
    export_requested = Signal(object)
    """A `widgets.exports.Export` to be saved where the person says."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        name: str,
        searchable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._model = RowModel(columns, self)
        self._filter = RowFilter(self._model)
        self.view = QTableView()
        self.empty = EmptyState(f"No {name.lower()} yet")
        self.empty.stand_on_base()
        self.filter_field = QLineEdit()
        self._stack = QStackedWidget()
        self._compose(columns, searchable=searchable)
        self._add_actions()
        self._watch()

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Replace the columns (such as one per version); drops the rows when they differ."""
        if tuple(columns) == self._model.columns:
            return
        self._model.set_columns(columns)
        self._head.lay_out(columns)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Replace the rows; selection, sorting and scrolling stay where the keys still exist."""
        chosen = self.selected_keys()
        scrolled = self.view.verticalScrollBar().value()
        if self._model.set_rows(rows) and chosen:
            self.select_keys(chosen)
            self.view.verticalScrollBar().setValue(scrolled)
        self._show_state()

    def set_empty(self, text: str, hint: str = "") -> None:
        """What is said while there are no rows: why, and what would fill it."""
        self.empty.set_text(text, hint)

    def selected_keys(self) -> list[str]:
        """Keys of the selected rows, from top to bottom."""
        indexes = sorted(self.view.selectionModel().selectedRows(), key=lambda index: index.row())
        return [str(index.data(Role.KEY)) for index in indexes]

    def keys_in_sight(self) -> list[str]:
        """Keys of the rows that can be seen without scrolling, from top to bottom."""
        view = self.view
        height = view.viewport().height()
        first, last = view.rowAt(0), view.rowAt(height - 1)
        rows = range(max(first, 0), (last if last >= 0 else self._filter.rowCount() - 1) + 1)
        return [str(self._filter.index(row, 0).data(Role.KEY)) for row in rows]

    def select_keys(self, keys: Sequence[str]) -> None:
        """Select the rows of these keys, where they are shown."""
        wanted = set(keys)
        selection = self.view.selectionModel()
        selection.clearSelection()
        for row in range(self._filter.rowCount()):
            index = self._filter.index(row, 0)
            if index.data(Role.KEY) in wanted:
                selection.select(index, selection.SelectionFlag.Select | selection.SelectionFlag.Rows)

    def set_filter(self, text: str) -> None:
        """Keep the rows that hold every word."""
        self.filter_field.setText(text)

    def add_action(self, action: QAction) -> None:
        """Add an action to the rows' context menu, and its shortcut to the table."""
        self.view.addAction(action)

    def save_layout(self) -> str:
        """Columns, widths and sorting, to be remembered."""
        return read_layout(self._head, self._model.columns).to_text()

    def restore_layout(self, text: str) -> bool:
        """Take a remembered layout; returns False, changing nothing, when it is not one."""
        layout = TableLayout.from_text(text)
        if layout is None:
            return False
        apply_layout(self._head, self._model.columns, layout)
        return True

    def to_csv(self) -> str:
        """All rows that are shown, in the order and columns shown, values in full."""
        return comma_separated(grid(self._filter, range(self._filter.rowCount()), self._shown_columns()))

    def copy(self) -> None:
        """Put the selected rows (all, when none is selected) on the clipboard, with their heads."""
        chosen = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        rows = chosen or range(self._filter.rowCount())
        QGuiApplication.clipboard().setText(tab_separated(grid(self._filter, rows, self._shown_columns())))

    def context_menu(self) -> QMenu:
        """The menu of a row: the page's actions, then copy and export."""
        menu = QMenu(self.view)
        menu.setToolTipsVisible(True)
        menu.addActions(self.view.actions())
        if self.view.actions():
            menu.addSeparator()
        menu.addActions([self._copy, self._export])
        return menu

    def _compose(self, columns: Sequence[Column], *, searchable: bool) -> None:
        self._head = TableHead(columns, self.view)
        self.view.setModel(self._filter)
        self.view.setHorizontalHeader(self._head)
        self.view.setItemDelegate(CellDelegate(self.view))
        self.view.setAccessibleName(self._name)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setShowGrid(False)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(4 * GRID)
        self._head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.view.setSortingEnabled(True)
        self._head.lay_out(columns)
        self.filter_field.setPlaceholderText("Filter")
        self.filter_field.setAccessibleName(f"Filter {self._name.lower()}")
        self.filter_field.setClearButtonEnabled(True)
        self.filter_field.setVisible(searchable)
        for page in (self.view, self.empty):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.filter_field)
        layout.addWidget(self._stack)
        self._show_state()

    def _add_actions(self) -> None:
        self._copy, self._export = add_table_actions(self, self.copy, self._request_export)
        if self.filter_field.isVisibleTo(self):
            add_find_key(self, self.filter_field)

    def _watch(self) -> None:
        self.filter_field.textChanged.connect(self._apply_filter)
        self.view.activated.connect(lambda index: self.activated.emit(index.data(Role.KEY)))
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())

    def _apply_filter(self, text: str) -> None:
        self._filter.set_filter(text)

    def _show_state(self) -> None:
        self._stack.setCurrentWidget(self.view if self._model.rows else self.empty)

    def _shown_columns(self) -> list[int]:
        order = sorted(range(len(self._model.columns)), key=self._head.visualIndex)
        return [i for i in order if not self._head.isSectionHidden(i)]

    def _request_export(self) -> None:
        self.export_requested.emit(csv_export(self._name.lower().replace(" ", "-"), self.to_csv()))

    def _show_menu(self, at: QPoint) -> None:
        menu = self.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.view.viewport().mapToGlobal(at))

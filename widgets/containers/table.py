"""The list of containers with its filter: folded by groups, many selected at once, columns remembered."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from services.containers.model import Container
from widgets.containers.columns import COLUMNS, PROJECT
from widgets.containers.grouping import HELPERS, StateFilter
from widgets.containers.model import ContainerModel, Index
from widgets.exports import csv_export
from widgets.panels.empty import EmptyState
from widgets.tables.actions import add_find_key, add_table_actions
from widgets.tables.cells import Row
from widgets.tables.delegate import NameDelegate
from widgets.tables.delimited_text import comma_separated, tab_separated
from widgets.tables.header import TableHead
from widgets.tables.layout import TableLayout, apply_layout, read_layout
from widgets.theme import GRID

ONLY = (
    (StateFilter.ALL, "All containers"),
    (StateFilter.RELEVO, "Relevo’s only"),
    (StateFilter.RUNNING, "Running"),
    (StateFilter.NOT_RUNNING, "Not running"),
)


class ContainerTable(QWidget):
    """Filter above, containers below; actions added to it make the context menu."""

    selection_changed = Signal()
    activated = Signal(str)
    """A container was double-clicked or Enter pressed; carries its identifier."""
    export_requested = Signal(object)
    """A `widgets.exports.Export` to be saved where the person says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ContainerModel(self)
        self.view = ContainerView(self.model)
        self.empty = EmptyState("")
        self.nothing = EmptyState("No container matches", "Another filter shows the others.")
        self.filter_field = QLineEdit()
        self.only = QComboBox()
        self.grouped = QCheckBox("Group by project")
        self._folded = {HELPERS}
        self._stack = QStackedWidget()
        self._compose()
        self._add_actions()
        self._watch()
        self.set_empty("No containers yet", "What is started on this engine shows here at once.")
        self._group(True)  # noqa: FBT003 - as the signal would

    def set_empty(self, text: str, hint: str = "") -> None:
        """What is said while there are no containers: why, and what would fill it."""
        self.empty.set_text(text, hint)

    def selected(self) -> list[Container]:
        """The containers selected, those of selected groups among them, from top to bottom."""
        model = self.model
        chosen = [
            k for index in self.view.selectionModel().selectedRows() for k in model.identifiers(index)
        ]
        wanted = set(chosen)
        known = [model.container(row.key) for row in model.lines() if row.key in wanted]
        return [container for container in known if container is not None]

    def seen(self) -> list[Container]:
        """The containers whose lines are in sight, from top to bottom."""
        view, found = self.view, []
        index = view.indexAt(view.viewport().rect().topLeft())
        bottom = view.viewport().rect().bottom()
        while index.isValid() and view.visualRect(index).top() <= bottom:
            container = self.model.container(self.model.key(index))
            if container is not None:
                found.append(container)
            index = view.indexBelow(index)
        return found

    def current(self) -> str:
        """The identifier of the container selected, where it is one; empty otherwise."""
        chosen = self.selected()
        return chosen[0].identifier if len(chosen) == 1 else ""

    def select(self, identifiers: Sequence[str]) -> None:
        """Select these containers, where they are shown; the first is scrolled to."""
        selection = self.view.selectionModel()
        selection.clearSelection()
        for identifier in identifiers:
            index = self.model.index_of(identifier)
            if index.isValid():
                self.view.setExpanded(index.parent(), True)  # noqa: FBT003 - Qt's own signature
                flags = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
                selection.select(index, flags)
        if identifiers and (first := self.model.index_of(identifiers[0])).isValid():
            selection.setCurrentIndex(first, selection.SelectionFlag.NoUpdate)
            self.view.scrollTo(first)

    def add_action(self, action: QAction) -> None:
        """Add an action to the containers' context menu, and its shortcut to the list."""
        self.view.addAction(action)

    def save_layout(self) -> str:
        """Columns, widths and sorting, to be remembered."""
        return read_layout(self.view.head, COLUMNS).to_text()

    def restore_layout(self, text: str) -> bool:
        """Take a remembered layout; returns False, changing nothing, when it is not one."""
        layout = TableLayout.from_text(text)
        if layout is None:
            return False
        apply_layout(self.view.head, COLUMNS, layout)
        return True

    def copy(self) -> None:
        """Put the selected containers (all, when none is selected) on the clipboard, with their heads."""
        chosen = {container.identifier for container in self.selected()}
        rows = [row for row in self.model.lines() if not chosen or row.key in chosen]
        QGuiApplication.clipboard().setText(tab_separated(self._grid(rows)))

    def context_menu(self) -> QMenu:
        """The page's actions, then copy and export."""
        menu = QMenu(self.view)
        menu.setToolTipsVisible(True)
        menu.addActions(self.view.actions())
        menu.addSeparator()
        menu.addActions([self._copy, self._export])
        return menu

    def _grid(self, rows: Sequence[Row]) -> list[list[str]]:
        head = self.view.head
        shown = [
            i for i in sorted(range(len(COLUMNS)), key=head.visualIndex) if not head.isSectionHidden(i)
        ]
        lines = [[cell.text if cell.export is None else cell.export for cell in row.cells] for row in rows]
        return [[COLUMNS[i].head for i in shown], *([line[i] for i in shown] for line in lines)]

    def _compose(self) -> None:
        self.filter_field.setPlaceholderText("Filter by name, image, project, state, port…")
        self.filter_field.setAccessibleName("Filter containers")
        self.filter_field.setClearButtonEnabled(True)
        for only, words in ONLY:
            self.only.addItem(words, only)
        self.only.setAccessibleName("Which containers")
        self.grouped.setChecked(True)
        bar = QHBoxLayout()
        bar.setSpacing(GRID)
        bar.addWidget(self.filter_field, 1)
        bar.addWidget(self.only)
        bar.addWidget(self.grouped)
        for page in (self.view, self.empty, self.nothing):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(bar)
        layout.addWidget(self._stack, 1)

    def _add_actions(self) -> None:
        self._copy, self._export = add_table_actions(self, self.copy, self._request_export)
        add_find_key(self, self.filter_field)

    def _watch(self) -> None:
        self.filter_field.textChanged.connect(lambda text: self.model.ask(words=text))
        self.only.currentIndexChanged.connect(lambda _row: self.model.ask(only=self.only.currentData()))
        self.grouped.toggled.connect(self._group)
        self.model.arranged.connect(self._arranged)
        self.view.activated.connect(self._activate)
        self.view.collapsed.connect(lambda index: self._folded.add(self.model.key(index)))
        self.view.expanded.connect(lambda index: self._folded.discard(self.model.key(index)))
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())

    def _group(self, grouped: bool) -> None:
        """Groups name the project, so its column gives way to them."""
        self.view.head.setSectionHidden(PROJECT, grouped)
        chosen = [container.identifier for container in self.selected()]
        self.model.ask(grouped=grouped)
        self.select(chosen)

    def _arranged(self) -> None:
        """Unfold groups that are new, and show the list or why it is empty."""
        for key in self.model.groups():
            if key not in self._folded:
                self.view.setExpanded(self.model.index_of(key), True)  # noqa: FBT003 - Qt's own signature
        found = self.view if self.model.rowCount() else self.nothing
        self._stack.setCurrentWidget(found if self.model.size else self.empty)

    def _activate(self, index: QModelIndex) -> None:
        key = self.model.key(index)
        if self.model.container(key) is not None:
            self.activated.emit(key)

    def _request_export(self) -> None:
        text = comma_separated(self._grid(self.model.lines()))
        self.export_requested.emit(csv_export("containers", text))

    def _show_menu(self, at: QPoint) -> None:
        menu = self.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.view.viewport().mapToGlobal(at))


INDENT = 2 * GRID
ROW = 28


class ContainerView(QTreeView):
    """Many can be selected; Enter or a double click opens one, a click on a group's arrow folds it."""

    def __init__(self, model: ContainerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = TableHead(COLUMNS, self)
        self.setHeader(self.head)
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName("Containers")
        self.setUniformRowHeights(True)
        self.setIndentation(INDENT)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAllColumnsShowFocus(True)
        self.setExpandsOnDoubleClick(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.head.setSortIndicatorClearable(True)
        self.setSortingEnabled(True)
        self.head.lay_out(COLUMNS)
        self.head.setStretchLastSection(False)


class _Delegate(NameDelegate):
    """Lines a little closer than a table's."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One line high."""
        return QSize(super().sizeHint(option, index).width(), ROW)

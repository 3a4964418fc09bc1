"""Nested data as a tree of names and values."""

import json
from collections.abc import Iterator, Mapping, Sequence

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from widgets.exports import Export
from widgets.formatting import plural
from widgets.panels.labels import Text
from widgets.plain_text import plain_tooltip
from widgets.theme import GRID, FontSize

VALUE = Qt.ItemDataRole.UserRole + 1


class DataTree(QWidget):
    """A search field (Enter goes on), copy of a value or of everything as JSON, and saving it."""

    export_requested = Signal(object)
    """A `widgets.exports.Export` to be saved where the person says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = "data"
        self._data: object = None
        self.field = QLineEdit()
        self.found = Text(size=FontSize.SMALL, quiet=True)
        self.view = QTreeView()
        self.model = QStandardItemModel(0, 2, self)
        self.copy_all = QPushButton("Copy as JSON")
        self.save = QPushButton("Save…")
        self._compose()
        self._connect()

    def show_data(self, name: str, data: Mapping[str, object]) -> None:
        """Show data; the same again changes nothing, and what is unfolded stays so for the same name."""
        if data == self._data and name == self._name:
            return
        kept = self._unfolded() if name == self._name else set()
        self._name, self._data = name, data
        self.model.removeRows(0, self.model.rowCount())
        fill(self.model.invisibleRootItem(), data)
        for index in self._indexes():
            if path(index) in kept:
                self.view.setExpanded(index, True)  # noqa: FBT003 - Qt's own signature
        self._tell()

    def clear(self) -> None:
        """Show nothing."""
        self._name, self._data = "data", None
        self.model.removeRows(0, self.model.rowCount())

    def step(self, *, forward: bool) -> None:
        """Go to the next or previous line that holds what is typed."""
        matches = self._matches()
        if not matches:
            return
        present = self.view.currentIndex().siblingAtColumn(0)
        places = [place for place, index in enumerate(matches) if index == present]
        place = (places[0] + (1 if forward else -1)) if places else (0 if forward else -1)
        index = matches[place % len(matches)]
        flags = QItemSelectionModel.SelectionFlag
        self.view.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.view.scrollTo(index)
        self._tell()

    def json(self) -> str:
        """Everything as JSON."""
        return json.dumps(self._data, indent=2, ensure_ascii=False, default=str)

    def copy(self) -> None:
        """Put the selected line's value on the clipboard, a nested one as JSON."""
        index = self.view.currentIndex().siblingAtColumn(0)
        if index.isValid():
            value = index.data(VALUE)
            text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
            QGuiApplication.clipboard().setText(text)

    def _matches(self) -> list[QModelIndex]:
        words = self.field.text().casefold()
        if not words:
            return []
        return [
            index
            for index in self._indexes()
            if words in f"{index.data()}\n{index.siblingAtColumn(1).data()}".casefold()
        ]

    def _tell(self) -> None:
        matches = self._matches()
        present = self.view.currentIndex().siblingAtColumn(0)
        place = next((n for n, index in enumerate(matches, start=1) if index == present), 0)
        empty = not self.field.text()
        self.found.setText("" if empty else f"{place} of {len(matches)}" if matches else "no match")

    def _indexes(self, parent: QModelIndex = QModelIndex()) -> Iterator[QModelIndex]:  # noqa: B008 - Qt's null
        for row in range(self.model.rowCount(parent)):
            index = self.model.index(row, 0, parent)
            yield index
            yield from self._indexes(index)

    def _unfolded(self) -> set[tuple[str, ...]]:
        return {path(index) for index in self._indexes() if self.view.isExpanded(index)}

    def _compose(self) -> None:
        self.field.setPlaceholderText("Search names and values")
        self.field.setAccessibleName("Search names and values")
        self.field.setClearButtonEnabled(True)
        self.field.setMaximumWidth(40 * GRID)
        self.found.setMinimumWidth(10 * GRID)
        view = self.view
        view.setModel(self.model)
        view.setAccessibleName("Details")
        view.setUniformRowHeights(True)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setIndentation(2 * GRID)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.model.setHorizontalHeaderLabels(["Name", "Value"])
        view.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        view.header().resizeSection(0, 36 * GRID)
        view.header().setStretchLastSection(True)
        bar = QHBoxLayout()
        bar.setSpacing(GRID)
        bar.addWidget(self.field, 1)
        bar.addWidget(self.found)
        bar.addStretch()
        for button in (self.copy_all, self.save):
            button.setAutoDefault(False)
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(bar)
        layout.addWidget(view, 1)

    def _connect(self) -> None:
        self.field.returnPressed.connect(lambda: self.step(forward=True))
        self.field.textChanged.connect(self._tell)
        self.copy_all.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.json()))
        self.save.clicked.connect(self._request_export)
        self.view.customContextMenuRequested.connect(self._show_menu)
        for keys, run in (
            (QKeySequence.StandardKey.Copy, self.copy),
            (QKeySequence.StandardKey.Find, self.field.setFocus),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(run)

    def _request_export(self) -> None:
        self.export_requested.emit(Export(f"{self._name}.json", "JSON (*.json)", self.json().encode()))

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self.view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy value").triggered.connect(self.copy)
        menu.addAction("Unfold all").triggered.connect(self.view.expandAll)
        menu.addAction("Fold all").triggered.connect(self.view.collapseAll)
        menu.popup(self.view.viewport().mapToGlobal(at))


def fill(parent: QStandardItem, data: object) -> None:
    """Add what is in a mapping or a list, line by line."""
    for name, value in members(data):
        item, shown = QStandardItem(name), QStandardItem(told(value))
        item.setData(value, VALUE)
        item.setToolTip(plain_tooltip(name))
        shown.setToolTip(plain_tooltip(shown.text()))
        item.setSizeHint(QSize(0, 3 * GRID))
        parent.appendRow([item, shown])
        fill(item, value)


def members(data: object) -> list[tuple[str, object]]:
    """Names and values of what is nested; a list's are counted from 0."""
    if isinstance(data, Mapping):
        return [(str(name), value) for name, value in data.items()]
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [(str(place), value) for place, value in enumerate(data)]
    return []


def told(value: object) -> str:
    """A value in a line: as JSON writes it, texts bare, nested ones by how many they hold."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return plural(len(value), "entry", "entries") if value else "empty"
    return json.dumps(value, default=str)


def path(index: QModelIndex) -> tuple[str, ...]:
    """The names from the outermost on."""
    return (*path(index.parent()), str(index.data())) if index.isValid() else ()

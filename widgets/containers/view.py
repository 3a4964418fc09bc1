"""The tree that shows the model: rows of one height, groups that fold."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem, QTreeView, QWidget

from widgets.containers.cells import COLUMNS
from widgets.containers.model import ContainerModel, Index
from widgets.tables.delegate import NameDelegate
from widgets.tables.header import TableHead
from widgets.theme import GRID

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

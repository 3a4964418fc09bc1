"""The head of a table: version marks under titles, and a menu of columns to show."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget

from widgets.tables.cells import Column, Role
from widgets.theme import theme


class TableHead(QHeaderView):
    """Sorts on click, moves on drag, shows and hides columns by its context menu."""

    def __init__(self, columns: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns = tuple(columns)
        self.setAccessibleName("Columns")
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(40)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)

    def lay_out(self, columns: Sequence[Column]) -> None:
        """First widths and the stretching column."""
        self._columns = tuple(columns)
        for i, column in enumerate(columns):
            mode = QHeaderView.ResizeMode.Stretch if column.stretch else QHeaderView.ResizeMode.Interactive
            self.setSectionResizeMode(i, mode)
            self.resizeSection(i, column.width)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """The style's head, and the version's colour as a line under it."""
        painter.save()
        super().paintSection(painter, rect, section)
        painter.restore()
        mark = self.model().headerData(section, self.orientation(), Role.MARK)
        if self.model().headerData(section, self.orientation(), Role.BEGINS_GROUP):
            line = QColor(theme().colours.line)
            painter.fillRect(QRect(rect.left(), rect.top(), 1, rect.height()), line)
        if mark:
            painter.fillRect(QRect(rect.left() + 8, rect.bottom() - 2, rect.width() - 16, 3), QColor(mark))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The heads, and the line under them as far as the table is wide."""
        super().paintEvent(event)
        view = self.viewport()
        painter = QPainter(view)
        beyond = self.length() - self.offset()
        line = QRect(beyond, view.height() - 1, max(0, view.width() - beyond), 1)
        painter.fillRect(line, QColor(theme().colours.line))
        painter.end()

    def columns_menu(self) -> QMenu:
        """A menu with a tick for each column; the last one shown cannot be hidden."""
        menu = QMenu("Columns", self)
        shown = [i for i in range(len(self._columns)) if not self.isSectionHidden(i)]
        for i, column in enumerate(self._columns):
            action = menu.addAction(column.head)
            action.setCheckable(True)
            action.setChecked(i in shown)
            action.setEnabled(shown != [i])
            action.toggled.connect(lambda on, section=i: self.setSectionHidden(section, not on))
        return menu

    def _show_menu(self, at: QPoint) -> None:
        menu = self.columns_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.mapToGlobal(at))

"""What every table offers by key and menu: copying, exporting, and going to the filter."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QWidget


def add_table_actions(
    table: QWidget, copy: Callable[[], object], export: Callable[[], object]
) -> tuple[QAction, QAction]:
    """Ctrl+C copies while the table has the focus; exporting has no key. Both, for the context menu."""
    copying = QAction("Copy", table)
    copying.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
    copying.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    copying.triggered.connect(lambda _checked: copy())
    table.addAction(copying)
    exporting = QAction("Export as CSV…", table)
    exporting.triggered.connect(lambda _checked: export())
    return copying, exporting


def add_find_key(table: QWidget, field: QLineEdit) -> None:
    """Ctrl+F goes to the filter while the table has the focus."""
    find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), table)
    find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    find.activated.connect(field.setFocus)

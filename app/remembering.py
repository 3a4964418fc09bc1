"""How a person arranged tables and panes, kept for the next start."""

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QSplitter

from app.settings import Settings
from widgets.tables.table import DataTable


def remember_table(settings: Settings, key: str, table: DataTable) -> None:
    """Give a table its remembered columns, widths and sorting, and keep what is changed from now on."""
    table.restore_layout(bytes(settings.remembered(key).data()).decode(errors="replace"))
    header = table.view.horizontalHeader()

    def keep() -> None:
        settings.remember(key, QByteArray(table.save_layout().encode()))

    for signal in (header.sectionResized, header.sectionMoved, header.sortIndicatorChanged):
        signal.connect(keep)


def remember_splitter(settings: Settings, key: str, splitter: QSplitter) -> None:
    """Give a splitter its remembered sizes, and keep what is changed from now on."""
    splitter.restoreState(settings.remembered(key))
    splitter.splitterMoved.connect(lambda: settings.remember(key, splitter.saveState()))

"""How a person arranged tables and panes, kept for the next start."""

from typing import Protocol

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QHeaderView, QSplitter

from app.settings import Settings
from widgets.tables.table import DataTable


class HasColumnLayout(Protocol):
    """Something with columns that a person arranges."""

    def save_layout(self) -> str:
        """The arrangement as text."""

    def restore_layout(self, text: str) -> bool:
        """Take such a text; False, changing nothing, when it is none."""


def keep_table_layout(settings: Settings, key: str, table: DataTable) -> None:
    """Give a table its remembered columns, widths and sorting, and keep what is changed from now on."""
    keep_column_layout(settings, key, table, table.view.horizontalHeader())


def keep_column_layout(settings: Settings, key: str, table: HasColumnLayout, header: QHeaderView) -> None:
    """The same for anything with a head of columns."""
    table.restore_layout(bytes(settings.remembered(key).data()).decode(errors="replace"))

    def keep() -> None:
        settings.remember(key, QByteArray(table.save_layout().encode()))

    for signal in (header.sectionResized, header.sectionMoved, header.sortIndicatorChanged):
        signal.connect(keep)


def keep_splitter_sizes(settings: Settings, key: str, splitter: QSplitter) -> None:
    """Give a splitter its remembered sizes, and keep what is changed from now on."""
    splitter.restoreState(settings.remembered(key))
    splitter.splitterMoved.connect(lambda: settings.remember(key, splitter.saveState()))

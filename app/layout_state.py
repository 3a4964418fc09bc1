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
        """Arrange the columns as such a text says; False, changing nothing, when it is none."""


class LayoutState:
    """Restores what is kept of each part's arrangement, and keeps what is changed from then on.

    Args:
        settings: where it is kept, under the keys given here.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def keep_table(self, key: str, table: DataTable) -> None:
        """Columns, widths and sorting of a table."""
        self.keep_columns(key, table, table.view.horizontalHeader())

    def keep_columns(self, key: str, table: HasColumnLayout, header: QHeaderView) -> None:
        """The same for anything with a header of columns."""
        name = f"table-{key}"
        table.restore_layout(bytes(self._settings.remembered(name).data()).decode(errors="replace"))

        def keep() -> None:
            self._settings.remember(name, QByteArray(table.save_layout().encode()))

        for signal in (header.sectionResized, header.sectionMoved, header.sortIndicatorChanged):
            signal.connect(keep)

    def keep_panes(self, key: str, splitter: QSplitter) -> None:
        """The sizes of panes."""
        name = f"panes-{key}"
        splitter.restoreState(self._settings.remembered(name))
        splitter.splitterMoved.connect(lambda: self._settings.remember(name, splitter.saveState()))

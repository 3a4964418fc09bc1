"""Who was champion when, by whom and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from PySide6.QtWidgets import QWidget

from services.registry.model import ChampionChange
from widgets.formatting import UNDEFINED, clock, relative
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.table import DataTable
from widgets.theme import version_style

COLUMNS = (
    Column("at", "When", width=120),
    Column("previous", "From", width=80),
    Column("champion", "To", width=80),
    Column("who", "Who", width=140),
    Column("reason", "Why", width=240, stretch=True),
)


class HistoryTable(DataTable):
    """One row per change of champion, newest first; keys are generations."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, name="Champion history", searchable=True, parent=parent)
        self.set_empty("No change of champion yet", "Each change is kept here with its reason.")

    def show_history(
        self,
        changes: Sequence[ChampionChange],
        orders: Mapping[str, int],
        now: datetime | None = None,
    ) -> None:
        """Show these changes; `orders` gives each version's order of registration, for its colour."""
        newest = sorted(changes, key=lambda change: change.generation, reverse=True)
        self.set_rows([row_for(change, orders, now) for change in newest])


def row_for(change: ChampionChange, orders: Mapping[str, int], now: datetime | None) -> Row:
    """One change as finished cells."""
    return Row(
        str(change.generation),
        (
            Cell(
                relative(change.at, now),
                sort=change.at.timestamp(),
                tooltip=clock(change.at),
                export=change.at.isoformat(),
            ),
            version_cell(change.previous, orders),
            version_cell(change.champion, orders),
            Cell(change.who),
            Cell(change.reason, tooltip=change.reason),
        ),
    )


def version_cell(name: str, orders: Mapping[str, int]) -> Cell:
    """A version with its colour; `–` for none."""
    if not name:
        return Cell(UNDEFINED, quiet=True, export="")
    return Cell(name, mark=version_style(orders[name]).colour if name in orders else "")

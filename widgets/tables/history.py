"""What was changed in production when, by whom and why: champions, and the revisions of versions."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from PySide6.QtWidgets import QWidget

from services.registry.model import ChampionChange, RevisionChange
from widgets.evidence import evidence_details, evidence_summary
from widgets.formatting import UNDEFINED, clock, relative, short_revision
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.table import DataTable
from widgets.theme import version_style

Change = ChampionChange | RevisionChange

COLUMNS = (
    Column("at", "When", width=120),
    Column("what", "What", width=110),
    Column("previous", "From", width=90),
    Column("next", "To", width=90),
    Column("who", "Who", width=140),
    Column("reason", "Why", width=240, stretch=True),
    Column("evidence", "Evidence", width=220, tooltip="What was measured when the champion changed"),
)


class HistoryTable(DataTable):
    """One row a change, newest first."""

    def __init__(
        self, parent: QWidget | None = None, *, name: str = "Champion and revision history"
    ) -> None:
        super().__init__(COLUMNS, name=name, searchable=True, parent=parent)
        self.set_empty("No change yet", "Each change is kept here with its reason.")

    def show_history(
        self,
        changes: Sequence[Change],
        orders: Mapping[str, int],
        now: datetime | None = None,
    ) -> None:
        """Show these changes; `orders` gives each version's order of registration, for its colour."""
        newest = sorted(changes, key=_place, reverse=True)
        self.set_rows([row_for(change, orders, now) for change in newest])


def _place(change: Change) -> tuple[datetime, int]:
    """By time; changes of one moment in the order in which they were made."""
    return change.at, change.generation if isinstance(change, ChampionChange) else change.number


def row_for(change: Change, orders: Mapping[str, int], now: datetime | None) -> Row:
    """One change as finished cells."""
    key, what, previous, after = (
        _champion_cells(change, orders) if isinstance(change, ChampionChange) else _revision_cells(change)
    )
    when = Cell(
        relative(change.at, now),
        sort=change.at.timestamp(),
        tooltip=clock(change.at),
        export=change.at.isoformat(),
    )
    return Row(
        key,
        (
            when, Cell(what), previous, after, Cell(change.who),
            Cell(change.reason, tooltip=change.reason), evidence_cell(change),
        ),
    )  # fmt: skip


def evidence_cell(change: Change) -> Cell:
    """The first metric of a change of champion; all on hover and in exports."""
    if not isinstance(change, ChampionChange):
        return Cell("")
    of = (change.evidence, change.previous, change.champion)
    details = evidence_details(*of)
    return Cell(evidence_summary(*of), tooltip=details, quiet=True, export=details)


def _champion_cells(change: ChampionChange, orders: Mapping[str, int]) -> tuple[str, str, Cell, Cell]:
    key = f"champion {change.generation}"
    return key, "Champion", version_cell(change.previous, orders), version_cell(change.champion, orders)


def _revision_cells(change: RevisionChange) -> tuple[str, str, Cell, Cell]:
    key = f"revision {change.version} {change.number}"
    what = f"Revision of {change.version}"
    return key, what, revision_cell(change.previous), revision_cell(change.revision)


def version_cell(name: str, orders: Mapping[str, int]) -> Cell:
    """A version with its colour; `–` for none."""
    if not name:
        return Cell(UNDEFINED, quiet=True, export="")
    return Cell(name, mark=version_style(orders[name]).colour if name in orders else "")


def revision_cell(sha256: str) -> Cell:
    """A revision, shortened; `–` for none."""
    if not sha256:
        return Cell(UNDEFINED, quiet=True, export="")
    return Cell(short_revision(sha256), tooltip=sha256, export=sha256)

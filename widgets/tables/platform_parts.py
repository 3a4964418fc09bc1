"""A platform's parts and the services of its versions, as rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtWidgets import QWidget

from widgets.formatting import clock, relative, size
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.table import DataTable
from widgets.theme import State

COLUMNS = (
    Column("part", "Part", width=150),
    Column("state", "State", width=110),
    Column("text", "What for", width=240, stretch=True),
    Column("version", "Version", width=80),
    Column("address", "Address", width=140),
    Column("memory", "Memory", numeric=True, width=88),
    Column("limit", "Limit", numeric=True, width=88, tooltip="Most memory it may use"),
    Column("since", "Since", width=104),
)
STATES: Mapping[str, State] = {
    "healthy": State.GOOD,
    "running": State.GOOD,
    "starting": State.NEUTRAL,
    "created": State.NEUTRAL,
    "stopped": State.WARNING,
    "paused": State.WARNING,
    "restarting": State.WARNING,
    "missing": State.BAD,
    "unhealthy": State.BAD,
    "dead": State.BAD,
}


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part, or the service of one version.

    Attributes:
        state: a word of STATES.
        memory, limit: bytes; None while it does not run.
        message: why it is not well; on hover over its state.
        model: whether it serves a version.
        here: whether a container of it is on this engine; not where all run on other machines.
    """

    key: str
    name: str
    state: str
    text: str
    version: str = ""
    address: str = ""
    since: datetime | None = None
    memory: int | None = None
    limit: int | None = None
    restarts: int = 0
    message: str = ""
    model: bool = False
    here: bool = True


class PartsTable(DataTable):
    """Parts in the order given; one can be chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, name="Parts", parent=parent)
        self._rows: dict[str, PartRow] = {}

    def show_parts(self, rows: Iterable[PartRow]) -> None:
        """Replace what is shown; what was chosen stays so."""
        self._rows = {row.key: row for row in rows}
        self.set_rows([_row(number, row) for number, row in enumerate(self._rows.values())])

    def chosen(self) -> PartRow | None:
        """The chosen part; None if none is, or it is gone."""
        keys = self.selected_keys()
        return self._rows.get(keys[0]) if keys else None


def _row(number: int, part: PartRow) -> Row:
    again = f" · restarted {part.restarts}×" if part.restarts else ""
    told = f"{part.message}{again}".strip(" ·")
    at = part.since
    return Row(part.key, (
        Cell(part.name, sort=number, strong=not part.model),
        Cell(part.state, state=STATES.get(part.state, State.NEUTRAL), tooltip=told),
        Cell(part.text, quiet=True),
        Cell(part.version),
        Cell(part.address),
        _bytes(part.memory),
        _bytes(part.limit),
        Cell(relative(at), sort=at.timestamp(), tooltip=clock(at)) if at else Cell("", sort=0.0),
    ))  # fmt: skip


def _bytes(amount: int | None) -> Cell:
    return Cell("–", sort=-1, quiet=True) if amount is None else Cell(size(amount), sort=amount)

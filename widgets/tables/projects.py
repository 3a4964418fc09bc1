"""The projects of a platform: champion, challengers, traffic and health in one line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from services.registry.model import Task
from widgets.formatting import UNDEFINED, clock, count, percent, relative
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.delegate import NameDelegate
from widgets.tables.table import DataTable
from widgets.theme import State, version_style

COLUMNS = (
    Column("name", "Project", width=200, stretch=True),
    Column("task", "Task", width=106),
    Column("champion", "Champion", width=90),
    Column("since", "Since", width=96),
    Column("challengers", "Challengers", width=104),
    Column("rows", "Live rows", numeric=True, width=88),
    Column("labelled", "Labelled", numeric=True, width=80, tooltip="Live rows that have their true value"),
    Column("newest", "Last request", width=104),
    Column("state", "State", width=144),
)


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """One project; None where it is not known yet.

    Attributes:
        champion: the version's name; `champion_order` fixes its colour.
        rows, labelled: live rows of the champion, and how many have their true value.
        word, state: its health in a word, and the colour of that word.
    """

    name: str
    task: Task
    champion: str
    champion_order: int = 0
    since: datetime | None = None
    challengers: tuple[str, ...] = ()
    rows: int | None = None
    labelled: int | None = None
    newest: datetime | None = None
    word: str = "unknown"
    state: State = State.NEUTRAL


class ProjectsTable(DataTable):
    """Keys are project names; Enter or a double click opens one."""

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, name="Projects", searchable=True, parent=parent)
        self.set_empty(
            "No project yet", "Publish a model's deploy folder, or start the demo, to see one here."
        )
        self.view.setItemDelegate(NameDelegate(self.view))
        self.activated.connect(self.opened)

    def show_projects(self, projects: Sequence[ProjectRow], now: datetime | None = None) -> None:
        """Show these projects."""
        self.set_rows([row_for(project, now) for project in projects])


def row_for(project: ProjectRow, now: datetime | None) -> Row:
    """One project as finished cells."""
    share = project.labelled / project.rows if project.rows and project.labelled is not None else None
    return Row(
        project.name,
        (
            Cell(project.name),
            Cell(project.task.value, quiet=True),
            Cell(project.champion, mark=version_style(project.champion_order).colour),
            time_cell(project.since, now),
            Cell(", ".join(project.challengers) or UNDEFINED, quiet=not project.challengers),
            Cell(
                UNDEFINED if project.rows is None else count(project.rows),
                sort=-1 if project.rows is None else project.rows,
                export="" if project.rows is None else str(project.rows),
            ),
            Cell(
                percent(share),
                sort=-1.0 if share is None else share,
                export="" if share is None else str(share),
            ),
            time_cell(project.newest, now),
            Cell(project.word, state=project.state),
        ),
    )


def time_cell(at: datetime | None, now: datetime | None) -> Cell:
    """A time in words, exact on hover; `–` for none."""
    if at is None:
        return Cell(UNDEFINED, sort=0.0, quiet=True, export="")
    return Cell(
        relative(at, now), sort=at.timestamp(), tooltip=clock(at), quiet=True, export=at.isoformat()
    )

"""A Swarm's services, their tasks, and its machines, as rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtWidgets import QWidget

from widgets.formatting import clock, relative, size
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.table import DataTable
from widgets.theme import State

SERVICES = (
    Column("service", "Service", width=240, stretch=True),
    Column("replicas", "Replicas", width=88),
    Column("image", "Image", width=160),
    Column("update", "Last update", width=112),
)
TASKS = (
    Column("task", "Task", width=144),
    Column("machine", "Machine", width=96),
    Column("state", "State", width=96),
    Column("since", "Since", width=88),
    Column("error", "Why", width=260, stretch=True),
)
MACHINES = (
    Column("machine", "Machine", width=180, stretch=True),
    Column("role", "Role", width=100),
    Column("state", "State", width=100),
    Column("availability", "Takes tasks", width=140),
    Column("cores", "Cores", numeric=True, width=80),
    Column("memory", "Memory", numeric=True, width=100),
    Column("engine", "Docker", width=110),
    Column("address", "Address", width=140),
)
TASK_STATES = {
    "running": State.GOOD,
    "failed": State.BAD,
    "rejected": State.BAD,
    "orphaned": State.WARNING,
    "pending": State.WARNING,
}
AVAILABLE = {"active": "yes", "pause": "no new ones", "drain": "none"}


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service; `key` is its name within the platform."""

    key: str
    name: str
    replicas: int
    running: int
    image: str
    update: str = ""
    update_message: str = ""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One run of one replica."""

    key: str
    name: str
    machine: str
    state: str
    since: datetime
    error: str = ""


@dataclass(frozen=True, slots=True)
class MachineRow:
    """A machine; `memory` in bytes."""

    key: str
    name: str
    role: str
    state: str
    availability: str
    cores: float
    memory: int
    engine: str
    address: str


class ServicesTable(DataTable):
    """The services of a platform."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(SERVICES, name="Services", parent=parent)
        self._rows: dict[str, ServiceRow] = {}

    def show_services(self, rows: Iterable[ServiceRow]) -> None:
        """Replace what is shown."""
        self._rows = {row.key: row for row in rows}
        self.set_rows([_service(row) for row in self._rows.values()])

    def chosen(self) -> ServiceRow | None:
        """The chosen service."""
        keys = self.selected_keys()
        return self._rows.get(keys[0]) if keys else None


class TasksTable(DataTable):
    """The tasks of a service, newest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TASKS, name="Tasks", parent=parent)

    def show_tasks(self, rows: Iterable[TaskRow]) -> None:
        """Replace what is shown."""
        self.set_rows([_task(row) for row in rows])


class MachinesTable(DataTable):
    """The machines of a Swarm."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(MACHINES, name="Machines", parent=parent)
        self._rows: dict[str, MachineRow] = {}

    def show_machines(self, rows: Iterable[MachineRow]) -> None:
        """Replace what is shown."""
        self._rows = {row.key: row for row in rows}
        self.set_rows([_machine(row) for row in self._rows.values()])

    def chosen(self) -> MachineRow | None:
        """The chosen machine."""
        keys = self.selected_keys()
        return self._rows.get(keys[0]) if keys else None


def _service(row: ServiceRow) -> Row:
    state = State.GOOD if row.running >= row.replicas else State.WARNING
    text = f"{row.running} of {row.replicas}"
    update = row.update.replace("_", " ")
    return Row(row.key, (
        Cell(row.name, strong=True),
        Cell(text, sort=row.replicas, state=state),
        Cell(row.image),
        Cell(update, tooltip=row.update_message),
    ))  # fmt: skip


def _task(row: TaskRow) -> Row:
    return Row(row.key, (
        Cell(row.name),
        Cell(row.machine),
        Cell(row.state, state=TASK_STATES.get(row.state, State.NEUTRAL)),
        Cell(relative(row.since), sort=row.since.timestamp(), tooltip=clock(row.since)),
        Cell(row.error),
    ))  # fmt: skip


def _machine(row: MachineRow) -> Row:
    return Row(row.key, (
        Cell(row.name, strong=row.role == "manager"),
        Cell(row.role),
        Cell(row.state, state=State.GOOD if row.state == "ready" else State.BAD),
        Cell(AVAILABLE.get(row.availability, row.availability)),
        Cell(f"{row.cores:g}", sort=row.cores),
        Cell(size(row.memory), sort=row.memory),
        Cell(row.engine),
        Cell(row.address),
    ))  # fmt: skip

"""What the line of a container says, in finished cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.containers.model import (
    Container,
    ContainerHealth,
    ContainerRole,
    ContainerState,
    ContainerUsage,
    Port,
)
from widgets.formatting import UNDEFINED, clock, duration, plural, relative, size
from widgets.tables.cells import Cell, Column, Row
from widgets.theme import State, version_style

COLUMNS = (
    Column("name", "Name", width=200),
    Column("state", "State", width=105),
    Column("health", "Health", width=82, tooltip="What its own health check says"),
    Column(
        "cpu",
        "CPU",
        unit="%",
        numeric=True,
        width=68,
        tooltip="100 % is one core fully busy; two are 200 %",
    ),
    Column("memory", "Memory", numeric=True, width=76, tooltip="In use, without the cache of files"),
    Column("project", "Project", width=80),
    Column("version", "Version", width=64),
    Column("role", "Role", width=90, tooltip="What it is for in Relevo"),
    Column("image", "Image", width=105),
    Column("ports", "Ports", width=112, tooltip="Port of the host → port of the container"),
    Column("age", "Age", width=84, tooltip="Since it started, ended or was made"),
    Column("note", "Note", width=60, stretch=True),
)
NAME, STATE, CPU, MEMORY, PROJECT = 0, 1, 3, 4, 5

Orders = Mapping[tuple[str, str], int]
"""Project and version to the version's order of registration, for its colour."""

_STATES = {
    ContainerState.CREATED: State.NEUTRAL,
    ContainerState.RUNNING: State.GOOD,
    ContainerState.PAUSED: State.WARNING,
    ContainerState.RESTARTING: State.WARNING,
    ContainerState.REMOVING: State.WARNING,
    ContainerState.EXITED: State.NEUTRAL,
    ContainerState.DEAD: State.BAD,
}
_HEALTH = {
    ContainerHealth.STARTING: State.NEUTRAL,
    ContainerHealth.HEALTHY: State.GOOD,
    ContainerHealth.UNHEALTHY: State.BAD,
}
SIGNALLED = {130: "interrupted", 137: "killed", 139: "crashed", 143: "stopped"}
"""Exit codes that mean a signal (128 and its number), as people say it."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is said on a container's own line: what is being done to it, or why that failed."""

    text: str
    state: State | None = None
    tooltip: str = ""


def belongs(container: Container) -> bool:
    """Whether it is one of Relevo's."""
    return bool(container.platform or container.project or container.role is not ContainerRole.NONE)


def row_for(
    container: Container,
    orders: Orders,
    note: Note | None,
    now: datetime,
    usage: ContainerUsage | None = None,
) -> Row:
    """A container as finished cells, one for each of COLUMNS."""
    return Row(
        container.identifier,
        (
            Cell(container.name, tooltip=f"{container.name}\n{container.identifier[:12]}"),
            state_cell(container),
            health_cell(container),
            *usage_cells(usage),
            Cell(container.project or UNDEFINED, quiet=not container.project),
            _version(container, orders),
            Cell(container.role.value or "other")
            if belongs(container)
            else Cell("not Relevo’s", quiet=True, tooltip="Nothing in Relevo made or needs it."),
            Cell(container.image, tooltip=f"{container.image}\n{container.image_identifier}", quiet=True),
            _ports(container.ports),
            age_cell(container, now),
            _note(container, note),
        ),
    )


def state_cell(container: Container) -> Cell:
    """Docker's word for its state, and the exit code where that tells something."""
    state, word = _STATES[container.state], container.state.value
    code = container.exit_code
    if container.state is ContainerState.EXITED and code is not None:
        word = f"exited: {SIGNALLED.get(code, code)}"
        state = State.BAD if code not in {0, 130, 143} else State.NEUTRAL
        if code == 0:
            word = "exited"
    tooltip = f"{word}, exit code {code}" if code is not None else word
    return Cell(word, state=state, tooltip=tooltip, export=container.state.value)


def health_cell(container: Container) -> Cell:
    """What its health check says; `–` where there is none to say anything."""
    if container.health is ContainerHealth.NONE or container.state is not ContainerState.RUNNING:
        return Cell(UNDEFINED, sort="~", quiet=True, export="")
    return Cell(container.health.value, state=_HEALTH[container.health])


def usage_cells(usage: ContainerUsage | None) -> tuple[Cell, Cell]:
    """Processor and memory; empty while they are not known."""
    if usage is None:
        return Cell("", sort=-1), Cell("", sort=-1)
    share = f"{usage.processor:.1f}"
    limit = f" of {size(usage.memory_limit)}" if usage.memory_limit else ""
    return (
        Cell(share, sort=usage.processor, tooltip=f"{share} % of one core", export=str(usage.processor)),
        Cell(
            size(usage.memory),
            sort=usage.memory,
            tooltip=f"{size(usage.memory)}{limit}",
            export=str(usage.memory),
        ),
    )


def age_cell(container: Container, now: datetime) -> Cell:
    """How long it runs, or since when it does not."""
    if container.state in {ContainerState.RUNNING, ContainerState.PAUSED} and container.started is not None:
        at, word = container.started, f"up {duration((now - container.started).total_seconds())}"
        told = f"Started {clock(at)}"
    elif container.finished is not None:
        at, word = container.finished, relative(container.finished, now)
        told = f"Ended {clock(at)}"
    else:
        at, word = container.created, relative(container.created, now)
        told = f"Made {clock(at)}"
    return Cell(word, sort=-at.timestamp(), tooltip=told, quiet=True, export=at.isoformat())


def _version(container: Container, orders: Orders) -> Cell:
    if not container.version:
        return Cell(UNDEFINED, sort="~", quiet=True, export="")
    order = orders.get((container.project, container.version))
    return Cell(container.version, mark="" if order is None else version_style(order).colour)


def _ports(ports: tuple[Port, ...]) -> Cell:
    if not ports:
        return Cell(UNDEFINED, sort=1 << 20, quiet=True, export="")
    lines = [port_text(port) for port in sorted(ports, key=lambda port: (not port.host_port, port))]
    return Cell(
        ", ".join(lines),
        sort=min((port.host_port for port in ports if port.host_port), default=1 << 16),
        tooltip="\n".join(lines),
        quiet=not any(port.host_port for port in ports),
    )


def port_text(port: Port) -> str:
    """`18000→8000`; the container's port alone where it is not published."""
    inside = str(port.container_port) + ("" if port.protocol == "tcp" else f"/{port.protocol}")
    return f"{port.host_port}→{inside}" if port.host_port else inside


def _note(container: Container, note: Note | None) -> Cell:
    if note is not None:
        return Cell(
            note.text, state=note.state, tooltip=note.tooltip or note.text, quiet=note.state is None
        )
    if container.error:
        return Cell(container.error, state=State.BAD, tooltip=container.error)
    if container.restarts:
        told = f"restarted {plural(container.restarts, 'time')}"
        return Cell(told, state=State.WARNING, tooltip=f"The engine {told} because it had ended.")
    return Cell("")

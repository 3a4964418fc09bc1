"""Which containers are shown, in what groups and in what order: pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.containers.model import Container, ContainerState
from widgets.containers.columns import COLUMNS, CPU, MEMORY, NAME, STATE, belongs
from widgets.formatting import count
from widgets.tables.cells import Cell, Row
from widgets.tables.model import rank
from widgets.theme import State

GROUP = "group:"
HELPERS = f"{GROUP}helpers"
_HELPER_SIGNS = ("pycharm_helpers", "/opt/project/")
"""What PyCharm names or mounts in the containers that it makes for a run and removes after it."""


class StateFilter(StrEnum):
    """Which containers the person wants to see."""

    ALL = "all"
    RELEVO = "relevo"
    RUNNING = "running"
    NOT_RUNNING = "not running"


@dataclass(frozen=True, slots=True)
class ListOptions:
    """How the person wants the list.

    Attributes:
        words: each must occur in a line, whatever its case.
        sorted_by: a column's index; -1 for by name.
    """

    words: tuple[str, ...] = ()
    only: StateFilter = StateFilter.ALL
    grouped: bool = True
    sorted_by: int = -1
    descending: bool = False


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """A container and its line."""

    container: Container
    row: Row


@dataclass(frozen=True, slots=True)
class GroupNode:
    """A line of the outer level: a container, or a group with its containers below."""

    row: Row
    children: tuple[Row, ...] = ()


def group_entries(entries: Iterable[GroupEntry], options: ListOptions) -> list[GroupNode]:
    """The lines to show; PyCharm's helpers are always one group, the last."""
    shown = sorted_entries([entry for entry in entries if matches(entry, options)], options)
    helpers = [entry for entry in shown if is_helper(entry.container)]
    others = [entry for entry in shown if not is_helper(entry.container)]
    if options.grouped:
        groups: dict[tuple[int, str], list[GroupEntry]] = {}
        for entry in others:
            groups.setdefault(group_of(entry.container), []).append(entry)
        nodes = [group(key, groups[key]) for key in sorted(groups)]
    else:
        nodes = [GroupNode(entry.row) for entry in others]
    if helpers:
        nodes.append(_node(HELPERS, "PyCharm’s helpers", helpers, judged=False))
    return nodes


def matches(entry: GroupEntry, options: ListOptions) -> bool:
    """Whether a container is one of those that the person wants to see."""
    container = entry.container
    running = container.state in {ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING}
    if options.only is StateFilter.RELEVO and not belongs(container):
        return False
    if options.only in {StateFilter.RUNNING, StateFilter.NOT_RUNNING} and running is not (
        options.only is StateFilter.RUNNING
    ):
        return False
    if not options.words:
        return True
    lasting = (cell.text for i, cell in enumerate(entry.row.cells) if i not in {CPU, MEMORY})
    text = "\n".join(lasting).casefold() + container.identifier[:12]
    return all(word in text for word in options.words)


def sorted_entries(entries: Sequence[GroupEntry], options: ListOptions) -> list[GroupEntry]:
    """By name, then by the column that the person sorts by."""
    by_name = sorted(entries, key=lambda entry: entry.row.cells[NAME].sort_value)
    if not 0 <= options.sorted_by < len(COLUMNS):
        return by_name
    column = options.sorted_by
    return sorted(by_name, key=lambda entry: rank(entry.row.cells[column]), reverse=options.descending)


def is_helper(container: Container) -> bool:
    """Whether PyCharm made it for a moment."""
    if belongs(container):
        return False
    texts = (container.name, container.image, container.command)
    return any(sign in text for sign in _HELPER_SIGNS for text in texts)


def group_of(container: Container) -> tuple[int, str]:
    """The group's rank and name: projects first, then platforms, then what is not Relevo's."""
    if container.project:
        return 0, container.project
    if container.platform:
        return 1, f"Platform {container.platform}"
    return (2, "Of no platform") if belongs(container) else (3, "Not Relevo’s")


def group(key: tuple[int, str], entries: Sequence[GroupEntry]) -> GroupNode:
    """A group's line and those of its containers."""
    number, name = key
    return _node(f"{GROUP}{number}:{name}", name, entries, judged=number < 3)


def _node(key: str, name: str, entries: Sequence[GroupEntry], *, judged: bool) -> GroupNode:
    """A group; where it is judged, one that should run and does not colours the count."""
    running = sum(entry.container.state is ContainerState.RUNNING for entry in entries)
    whole = running == len(entries)
    told = f"{count(running)} of {count(len(entries))} run"
    if whole:
        told = "runs" if running == 1 else f"all {count(running)} run"
    cells = [Cell("") for _ in COLUMNS]
    cells[NAME] = Cell(name, strong=True, tooltip=f"{name}: {told}")
    cells[STATE] = Cell(told, quiet=True, state=State.WARNING if judged and not whole else None)
    return GroupNode(Row(key, tuple(cells)), tuple(entry.row for entry in entries))

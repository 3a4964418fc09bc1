"""Which containers are shown, in what groups and order."""

from types import SimpleNamespace

import pytest

from services.containers.model import Container, ContainerState
from widgets.containers.columns import COLUMNS, row_for
from widgets.containers.grouping import (
    HELPERS,
    GroupEntry,
    GroupNode,
    ListOptions,
    StateFilter,
    group_entries,
)
from widgets.theme import State

STATE = [column.key for column in COLUMNS].index("state")


def arranged(made: SimpleNamespace, options: ListOptions, *containers: Container) -> list[GroupNode]:
    return group_entries([GroupEntry(one, row_for(one, {}, None, made.NOW)) for one in containers], options)


def names(nodes: list[GroupNode]) -> list[str]:
    """The names of the outer lines."""
    return [node.row.cells[0].text for node in nodes]


def test_projects_come_first_then_platforms_then_what_is_not_relevos_then_pycharms(
    made: SimpleNamespace,
) -> None:
    nodes = arranged(
        made,
        ListOptions(),
        made.container(1),
        made.container(2, name="run", command="python -u /opt/project/main.py"),
        made.container(3, labels={"relevo.platform": "plant", "relevo.role": "gateway"}),
        made.model_of(4, "wine", "A"),
        made.model_of(5, "iris", "A"),
    )
    assert names(nodes) == ["iris", "wine", "Platform plant", "Not Relevo’s", "PyCharm’s helpers"]
    assert [len(node.children) for node in nodes] == [1, 1, 1, 1, 1]


def test_pycharms_helpers_are_one_line_without_groups_too(made: SimpleNamespace) -> None:
    helpers = [made.container(n, name=f"pycharm_helpers_PY-{n}") for n in range(10, 30)]
    nodes = arranged(made, ListOptions(grouped=False), made.container(1), *helpers)
    assert [node.row.key for node in nodes] == [f"{1:064x}", HELPERS]
    assert len(nodes[1].children) == 20


def test_a_development_container_is_no_helper_though_it_mounts_a_project(made: SimpleNamespace) -> None:
    labels = {"relevo.role": "development", "relevo.project": "wine"}
    nodes = arranged(made, ListOptions(), made.container(1, labels=labels, command="sh /opt/project/x"))
    assert names(nodes) == ["wine"]


def test_every_word_must_occur_somewhere_in_the_line(made: SimpleNamespace) -> None:
    both = (made.model_of(1, "wine", "A"), made.model_of(2, "wine", "B", state=ContainerState.PAUSED))
    (node,) = arranged(made, ListOptions(words=("wine", "paused")), *both)
    assert [row.key for row in node.children] == [both[1].identifier]
    assert arranged(made, ListOptions(words=("wine", "gone")), *both) == []


@pytest.mark.parametrize(
    ("only", "shown"),
    [(StateFilter.ALL, 3), (StateFilter.RELEVO, 1), (StateFilter.RUNNING, 2), (StateFilter.NOT_RUNNING, 1)],
)
def test_only_some_may_be_wanted(made: SimpleNamespace, only: StateFilter, shown: int) -> None:
    containers = (
        made.model_of(1, "wine", "A"),
        made.container(2),
        made.container(3, state=ContainerState.EXITED, exit_code=0),
    )
    assert len(arranged(made, ListOptions(only=only, grouped=False), *containers)) == shown


def test_sorting_goes_by_values_and_equal_ones_by_name(made: SimpleNamespace) -> None:
    containers = [
        made.container(1, state=ContainerState.RUNNING),
        made.container(2, state=ContainerState.CREATED),
        made.container(3, state=ContainerState.RUNNING),
    ]
    options = ListOptions(grouped=False, sorted_by=STATE, descending=True)
    assert names(arranged(made, options, *containers)) == [
        "container-001",
        "container-003",
        "container-002",
    ]


def test_a_group_says_how_many_run_and_warns_where_relevos_do_not(made: SimpleNamespace) -> None:
    nodes = arranged(
        made,
        ListOptions(),
        made.model_of(1, "wine", "A"),
        made.model_of(2, "wine", "B", state=ContainerState.EXITED, exit_code=0),
        made.container(3, state=ContainerState.EXITED, exit_code=0),
    )
    told = [(node.row.cells[STATE].text, node.row.cells[STATE].state) for node in nodes]
    assert told == [("1 of 2 run", State.WARNING), ("0 of 1 run", None)]

"""The model changes line by line: Qt's own tester watches, and nothing is ever reset."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace

import msgspec
import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy

from services.containers.model import Container, ContainerState, ContainerUsage
from widgets.containers.columns import CPU, MEMORY, Note
from widgets.containers.grouping import StateFilter
from widgets.containers.model import ContainerModel
from widgets.tables.cells import Role


@pytest.fixture
def model() -> Iterator[ContainerModel]:
    """A model that Qt's tester watches: a wrong step fails the test."""
    watched = ContainerModel()
    tester = QAbstractItemModelTester(watched, QAbstractItemModelTester.FailureReportingMode.Fatal)
    spy = QSignalSpy(watched.modelReset)
    yield watched
    assert spy.count() == 0
    del tester


def give(model: ContainerModel, made: SimpleNamespace, *containers: Container) -> None:
    model.take({one.identifier: one for one in containers}, made.NOW)


def shown(model: ContainerModel) -> list[str]:
    return [row.cells[0].text for row in model.lines()]


def test_a_change_concerns_one_line_only(model: ContainerModel, made: SimpleNamespace) -> None:
    give(model, made, *(made.container(number) for number in range(1, 51)))
    spy = QSignalSpy(model.dataChanged)
    give(model, made, made.container(7, state=ContainerState.PAUSED))
    changed = [
        (spy.at(i)[0].parent().isValid(), spy.at(i)[0].row(), spy.at(i)[1].row())
        for i in range(spy.count())
    ]
    assert changed == [(False, 0, 0), (True, 6, 6)]  # the group's count, and the line


def test_the_same_again_changes_nothing(model: ContainerModel, made: SimpleNamespace) -> None:
    give(model, made, made.container(1), made.container(2))
    spies = [
        QSignalSpy(s)
        for s in (model.dataChanged, model.rowsInserted, model.rowsRemoved, model.layoutChanged)
    ]
    give(model, made, made.container(1))
    assert [spy.count() for spy in spies] == [0, 0, 0, 0]


def test_a_held_index_follows_its_container_through_sorting_and_removals(
    model: ContainerModel, made: SimpleNamespace
) -> None:
    give(model, made, *(made.container(n, created=made.NOW - timedelta(hours=n), started=None,
                                       state=ContainerState.CREATED) for n in range(1, 20)))  # fmt: skip
    held = QPersistentModelIndex(model.index_of(f"{12:064x}"))
    model.sort(8, Qt.SortOrder.DescendingOrder)
    model.take({f"{3:064x}": None, f"{15:064x}": None})
    assert held.data(Role.KEY) == f"{12:064x}"
    model.sort(-1)
    assert held.data() == "container-012"


def test_a_new_container_lands_in_its_order(model: ContainerModel, made: SimpleNamespace) -> None:
    give(model, made, made.container(1), made.container(3))
    give(model, made, made.container(2))
    assert shown(model) == ["container-001", "container-002", "container-003"]


def test_a_container_may_change_its_group_and_its_name(
    model: ContainerModel, made: SimpleNamespace
) -> None:
    give(model, made, made.container(1), made.model_of(2, "wine", "A"))
    give(model, made, made.model_of(1, "iris", "A"))
    assert [group.rpartition(":")[2] for group in model.groups()] == ["wine", "iris"]
    renamed = msgspec.structs.replace(made.model_of(1, "iris", "A"), name="zz")
    give(model, made, renamed)
    assert shown(model) == ["zz", "relevo-model-wine-a"]


def test_a_note_stays_until_taken_away_and_goes_with_its_container(
    model: ContainerModel, made: SimpleNamespace
) -> None:
    one = made.container(1)
    give(model, made, one)
    model.set_note(one.identifier, Note("stopping…"))
    give(model, made, made.container(1, state=ContainerState.EXITED, exit_code=0))
    assert model.lines()[0].cells[-1].text == "stopping…"
    model.take({one.identifier: None})
    give(model, made, one)
    assert model.lines()[0].cells[-1].text == ""


def test_a_note_for_a_container_that_is_gone_does_no_harm(model: ContainerModel) -> None:
    model.set_note("nothing", Note("stopping…"))
    assert model.lines() == []


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_changes_leaves_the_model_right(
    model: ContainerModel, made: SimpleNamespace, seed: int
) -> None:
    random_ = random.Random(seed)
    present: dict[str, Container] = {}

    def change() -> None:
        number = random_.randrange(30)
        makers: list[Callable[[], Container]] = [
            lambda: made.container(number, state=random_.choice(list(ContainerState))),
            lambda: made.model_of(number, random_.choice(("wine", "iris")), "A"),
            lambda: made.container(number, name=f"pycharm_helpers_{number}"),
        ]
        one = random_.choice(makers)()
        gone = random_.random() < 0.3
        present.pop(one.identifier, None) if gone else present.update({one.identifier: one})
        model.take({one.identifier: None if gone else one}, made.NOW)

    steps: list[Callable[[], None]] = [
        change, change, change, change,
        lambda: model.ask(words=random_.choice(("", "", "wine", "run"))),
        lambda: model.ask(only=random_.choice(list(StateFilter))),
        lambda: model.ask(grouped=random_.random() < 0.5),
        lambda: model.sort(random_.randrange(-1, 9), random_.choice(list(Qt.SortOrder))),
    ]  # fmt: skip
    for _ in range(100):
        random_.choice(steps)()
    model.ask(words="", only=StateFilter.ALL)
    assert {row.key for row in model.lines()} == set(present)


def test_what_a_container_uses_shows_sorts_and_goes_with_its_end(
    model: ContainerModel, made: SimpleNamespace
) -> None:
    first, second = made.container(1), made.container(2)
    give(model, made, first, second)
    usage = ContainerUsage(made.NOW, processor=3.217, memory=120_000_000, memory_limit=2_000_000_000)
    model.set_usages(
        {first.identifier: usage, second.identifier: ContainerUsage(made.NOW, 150.4, 80, 0), "gone": usage}
    )
    model.ask(grouped=False)
    cells = {row.key: row.cells for row in model.lines()}
    assert (cells[first.identifier][CPU].text, cells[first.identifier][MEMORY].text) == ("3.2", "120 MB")
    assert cells[first.identifier][MEMORY].tooltip == "120 MB of 2 GB"
    model.sort(CPU, Qt.SortOrder.DescendingOrder)
    assert [row.key for row in model.lines()] == [second.identifier, first.identifier]
    model.ask(words="120")
    assert model.lines() == []
    model.ask(words="")
    give(model, made, msgspec.structs.replace(first, state=ContainerState.EXITED))
    model.set_usages({second.identifier: None})
    assert {row.cells[CPU].text for row in model.lines()} == {""}

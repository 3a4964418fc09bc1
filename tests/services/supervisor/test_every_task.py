"""What every periodic task of the supervisor keeps to: a new one passes as it is."""

from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace

import pytest

from services.errors import Cancelled
from services.store.interface import Store
from services.store.sqlite import SqliteStore
from services.supervisor.tasks import TASKS, PeriodicTask


def never() -> bool:
    return False


@pytest.mark.parametrize("make_task", TASKS, ids=lambda task: task.__name__)
def test_every_periodic_task_may_be_run_again_and_again_on_any_project(
    store: SqliteStore, tools: SimpleNamespace, make_task: Callable[[Store], PeriodicTask]
) -> None:
    task = make_task(store)
    tools.register(store, "beer")
    tools.ship(store, 0)
    for _ in range(2):
        for project in ("beer", "wine"):
            task.run(project, never)
    tools.ship(store, 1)
    task.run("wine", never)
    assert make_task(store) is not task


@pytest.mark.parametrize("make_task", TASKS, ids=lambda task: task.__name__)
def test_every_periodic_task_ends_soon_when_it_is_cancelled(
    store: SqliteStore, tools: SimpleNamespace, make_task: Callable[[Store], PeriodicTask]
) -> None:
    """It returns or raises Cancelled, and what it did not do is done the next time."""
    tools.ship(store, 0)
    task = make_task(store)
    with suppress(Cancelled):
        task.run("wine", lambda: True)
    assert not store.segments("wine")[0].chunks
    assert store.newest_rollups("wine") == 0
    task.run("wine", never)

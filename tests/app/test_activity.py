"""What Activity keeps, and what it does not."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.activity import KEPT, Activity, ActivityEntry
from app.tasks import Tasks, TaskState, Work
from services.errors import RelevoError


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.close()


def fail(_work: Work) -> None:
    raise RelevoError("the store is away", remedy="Start it.", details="errno 111")


def run(tasks: Tasks, qtbot: QtBot, *, failing: bool, routine: bool) -> None:
    tasks.run(fail if failing else lambda _work: None, owner=tasks, title="Looking", routine=routine)
    qtbot.waitUntil(lambda: not tasks.running)


def test_a_task_is_kept_with_its_end(tasks: Tasks, qtbot: QtBot) -> None:
    activity = Activity(tasks)
    run(tasks, qtbot, failing=False, routine=False)
    assert [(entry.title, entry.state) for entry in activity.entries] == [("Looking", TaskState.DONE)]


def test_a_failure_keeps_message_remedy_and_details_and_counts_until_seen(
    tasks: Tasks, qtbot: QtBot
) -> None:
    activity = Activity(tasks)
    counts: list[int] = []
    activity.unseen_changed.connect(counts.append)
    run(tasks, qtbot, failing=True, routine=False)
    (entry,) = activity.entries
    assert (entry.message, entry.remedy, entry.details) == ("the store is away", "Start it.", "errno 111")
    activity.mark_all_seen()
    assert counts == [1, 0]


def test_routine_work_is_kept_only_when_it_fails(tasks: Tasks, qtbot: QtBot) -> None:
    activity = Activity(tasks)
    run(tasks, qtbot, failing=False, routine=True)
    assert activity.entries == []
    run(tasks, qtbot, failing=True, routine=True)
    assert [entry.state for entry in activity.entries] == [TaskState.FAILED]


def test_a_routine_that_fails_again_in_the_same_way_is_counted_not_listed(
    tasks: Tasks, qtbot: QtBot
) -> None:
    activity = Activity(tasks)
    for _ in range(3):
        run(tasks, qtbot, failing=True, routine=True)
    assert [entry.times for entry in activity.entries] == [3]


def test_only_the_newest_are_kept_and_what_runs_stays(tasks: Tasks, qtbot: QtBot) -> None:
    activity = Activity(tasks)
    running = activity.add(ActivityEntry("Retraining"))
    for number in range(KEPT + 5):
        activity.end(activity.add(ActivityEntry(str(number))), TaskState.DONE)
    assert len(activity.entries) == KEPT
    assert running in activity.entries

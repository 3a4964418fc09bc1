"""The task primitive: where each end is told, and what is left behind."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from app.tasks import LONG_POOL_SIZE, POOL_SIZE, BackgroundTask, Tasks, TaskState, Work
from services.errors import Cancelled, RelevoError


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.close()


def wait(work: Work, release: threading.Event) -> None:
    """Until released or asked to stop."""
    while not release.wait(0.005):
        work.check()


def test_a_result_is_told_on_the_gui_thread_and_made_off_it(tasks: Tasks, qtbot: QtBot) -> None:
    told: list[tuple[int, QThread]] = []
    worker = []

    def function(_work: Work) -> int:
        worker.append(threading.current_thread())
        return 5

    tasks.run(
        function, owner=tasks, title="five", on_result=lambda n: told.append((n, QThread.currentThread()))
    )
    qtbot.waitUntil(lambda: bool(told))
    assert told == [(5, tasks.thread())]
    assert worker[0] is not threading.main_thread()


def test_an_error_a_person_can_act_on_is_told_and_is_no_bug(tasks: Tasks, qtbot: QtBot) -> None:
    told: list[RelevoError] = []
    bugs: list[BackgroundTask[None]] = []
    tasks.bug.connect(bugs.append)

    def function(_work: Work) -> None:
        raise RelevoError("the disk is full")

    task = tasks.run(function, owner=tasks, title="save", on_error=told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].message == "the disk is full"
    assert task.state is TaskState.FAILED
    assert bugs == []


def test_anything_else_is_a_bug_with_its_trace(tasks: Tasks, qtbot: QtBot) -> None:
    errors: list[RelevoError] = []
    with qtbot.waitSignal(tasks.bug) as caught:
        tasks.run(lambda _work: 1 // 0, owner=tasks, title="divide", on_error=errors.append)
    assert "ZeroDivisionError" in caught.args[0].trace
    assert errors == []


def test_a_cancelled_task_is_silent_but_for_its_end(tasks: Tasks, qtbot: QtBot) -> None:
    told: list[object] = []
    release = threading.Event()
    task = tasks.run(
        lambda work: wait(work, release), owner=tasks, title="wait", on_result=told.append,
        on_error=told.append, on_end=lambda: told.append("end"),
    )  # fmt: skip
    task.cancel()
    qtbot.waitUntil(lambda: told == ["end"])
    assert task.state is TaskState.CANCELLED


def test_a_result_that_comes_after_a_cancel_is_freed_not_told(tasks: Tasks, qtbot: QtBot) -> None:
    told: list[object] = []
    freed: list[str] = []
    release = threading.Event()

    def function(_work: Work) -> str:
        release.wait(10)
        return "platform"

    task = tasks.run(function, owner=tasks, title="open", on_result=told.append, on_dropped=freed.append)
    task.cancel()
    release.set()
    qtbot.waitUntil(lambda: bool(freed))
    assert (freed, told) == (["platform"], [])


def test_nothing_is_told_to_an_owner_that_is_gone(tasks: Tasks, qtbot: QtBot) -> None:
    told: list[object] = []
    freed: list[str] = []
    owner = QObject()
    release = threading.Event()

    def function(_work: Work) -> str:
        release.wait(10)
        return "late"

    tasks.run(function, owner=owner, title="look", on_result=told.append, on_dropped=freed.append)
    shiboken6.delete(owner)
    release.set()
    qtbot.waitUntil(lambda: bool(freed))
    assert told == []


def test_progress_comes_as_the_newest_of_many(tasks: Tasks, qtbot: QtBot) -> None:
    told: list[float | None] = []
    ended: list[bool] = []

    def function(work: Work) -> None:
        for step in range(10_000):
            work.progress(step / 10_000, "counting")

    tasks.run(
        function, owner=tasks, title="count", on_progress=lambda fraction, _text: told.append(fraction),
        on_end=lambda: ended.append(True),
    )  # fmt: skip
    qtbot.waitUntil(lambda: bool(ended))
    assert told == sorted(told, key=lambda fraction: fraction or 0)
    assert 0 < len(told) < 10_000


def test_no_more_run_at_once_than_the_pool_holds(tasks: Tasks, qtbot: QtBot) -> None:
    inside: set[int] = set()
    most: list[int] = []
    lock, release = threading.Lock(), threading.Event()

    def function(work: Work) -> None:
        with lock:
            inside.add(threading.get_ident())
            most.append(len(inside))
        wait(work, release)

    for number in range(3 * POOL_SIZE):
        tasks.run(function, owner=tasks, title=str(number))
    qtbot.waitUntil(lambda: len(most) == POOL_SIZE)
    release.set()
    qtbot.waitUntil(lambda: not tasks.running)
    assert max(most) == POOL_SIZE


def test_closing_stops_what_runs_frees_what_is_held_and_leaves_no_thread(qtbot: QtBot) -> None:
    tasks = Tasks()
    freed: list[str] = []
    started = threading.Event()

    def function(work: Work) -> str:
        started.set()
        try:
            wait(work, threading.Event())
        except Cancelled:
            return "half open"
        return ""

    tasks.run(function, owner=tasks, title="open", on_dropped=freed.append)
    qtbot.waitUntil(started.is_set)
    tasks.close()
    assert freed == ["half open"]
    assert not [t for t in threading.enumerate() if t.name.startswith("relevo-task")]
    assert tasks.run(lambda _work: None, owner=tasks, title="late").state is TaskState.CANCELLED


@pytest.mark.parametrize("end", ["result", "error", "bug", "cancelled"])
def test_what_only_a_task_still_holds_is_destroyed_on_the_gui_thread(
    tasks: Tasks, qtbot: QtBot, end: str
) -> None:
    tasks.bug.connect(lambda _task: None)
    destroyed_on: list[int] = []
    for _ in range(300):
        _start_holding(tasks, end, destroyed_on)
    qtbot.waitUntil(lambda: not tasks.running)
    gc.collect()
    assert len(destroyed_on) == 300
    assert set(destroyed_on) == {threading.get_ident()}


def _start_holding(tasks: Tasks, end: str, destroyed_on: list[int]) -> None:
    """Start a task whose function holds the last reference to an object of Qt."""
    held = QObject()
    weakref.finalize(held, lambda: destroyed_on.append(threading.get_ident()))

    def function(work: Work) -> str:
        name = held.objectName()
        if end == "error":
            raise RelevoError("the disk is full")
        if end == "cancelled":
            raise Cancelled
        if end == "bug":
            raise KeyError(name)
        return name

    tasks.run(function, owner=tasks, title=end)


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets what waits for it go on; in any case at the end."""
    made = threading.Event()
    yield made
    made.set()


def test_a_short_read_answers_while_eight_long_tasks_run(
    tasks: Tasks, qtbot: QtBot, release: threading.Event
) -> None:
    running = threading.Semaphore(0)

    def build(work: Work) -> None:
        running.release()
        wait(work, release)

    for number in range(8):
        tasks.run(build, owner=tasks, title=f"Building image {number}", long=True)
    for _ in range(8):
        assert running.acquire(timeout=30)
    answers: list[str] = []
    tasks.run(lambda _work: "looked", owner=tasks, title="Refresh", on_result=answers.append)
    qtbot.waitUntil(lambda: answers == ["looked"])
    assert len(tasks.running) == 8


@pytest.mark.parametrize(("long", "size"), [(False, POOL_SIZE), (True, LONG_POOL_SIZE)])
def test_a_cancel_ends_what_runs_and_what_waits_for_a_thread(
    tasks: Tasks, qtbot: QtBot, release: threading.Event, long: bool, size: int
) -> None:
    running = threading.Semaphore(0)
    ran: list[str] = []

    def occupy(_work: Work) -> None:
        running.release()
        release.wait(30)

    holding = [tasks.run(occupy, owner=tasks, title="hold", long=long) for _ in range(size)]
    for _ in range(size):
        assert running.acquire(timeout=30)
    ended: list[str] = []
    waiting = tasks.run(
        lambda _work: ran.append("ran"),
        owner=tasks,
        title="wait",
        long=long,
        on_end=lambda: ended.append("end"),
    )
    waiting.cancel()
    qtbot.waitUntil(lambda: waiting.state is TaskState.CANCELLED)
    assert (ended, ran) == (["end"], [])  # while every thread of its pool is still taken
    holding[0].cancel()
    release.set()
    qtbot.waitUntil(lambda: not tasks.running)
    assert holding[0].state is TaskState.CANCELLED
    assert {task.state for task in holding[1:]} == {TaskState.DONE}
    assert ran == []


def test_the_last_progress_before_a_pause_is_told(
    tasks: Tasks, qtbot: QtBot, release: threading.Event
) -> None:
    told: list[tuple[float | None, str]] = []

    def function(work: Work) -> None:
        for step in range(10_000):
            work.progress(step / 10_000, f"step {step}")
        wait(work, release)

    tasks.run(
        function,
        owner=tasks,
        title="count",
        on_progress=lambda fraction, text: told.append((fraction, text)),
    )
    qtbot.waitUntil(lambda: bool(told) and told[-1] == (0.9999, "step 9999"))

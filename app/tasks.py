"""The one way off the GUI thread: a function runs on a bounded pool, its end is told on the GUI thread.

Nothing here waits: no nested event loop, no `processEvents`. Create `Tasks` on the GUI thread.
"""

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from services.errors import Cancelled, RelevoError

T = TypeVar("T")
POOL_SIZE = 4


class TaskState(StrEnum):
    """Where a task stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Work:
    """What a running function may do: tell progress, and ask whether it should stop."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._stop = threading.Event()
        self.fraction: float | None = None
        self.message = ""

    def progress(self, fraction: float | None, message: str = "") -> None:
        """Tell how far it is (0 to 1, None if unknown) and what it does; Cancelled if asked to stop."""
        self.check()
        self.fraction, self.message = fraction, message
        self._tell()

    def check(self) -> None:
        """Raise Cancelled if the person or the program asked for the work to stop."""
        if self._stop.is_set():
            raise Cancelled

    def stop(self) -> None:
        """Ask the work to stop; it does so at its next `progress` or `check`."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()


@dataclass(frozen=True, slots=True)
class _Ends(Generic[T]):
    """What whoever started a task wants to be told."""

    result: Callable[[T], None] | None
    error: Callable[[RelevoError], None] | None
    progress: Callable[[float | None, str], None] | None
    end: Callable[[], None] | None
    dropped: Callable[[T], None] | None


class Task(Generic[T]):
    """One piece of work, seen from the GUI thread.

    Attributes:
        title: what it does, in words; shown in the status bar and in Activity.
        routine: repeated work that Activity keeps only if it fails.
        trace: the traceback of a bug; empty otherwise.
    """

    def __init__(self, title: str, owner: QObject, *, cancellable: bool, routine: bool, work: Work) -> None:
        self.title = title
        self.owner = owner
        self.cancellable = cancellable
        self.routine = routine
        self.work = work
        self.state = TaskState.RUNNING
        self.error: RelevoError | None = None
        self.trace = ""
        self.started_at = datetime.now(UTC)
        self.ended_at: datetime | None = None
        self.drop: Callable[[], None] | None = None

    def cancel(self) -> None:
        """Ask it to stop; what it still delivers is dropped."""
        self.work.stop()


class Tasks(QObject):
    """Runs tasks; its signals carry the Task and come on the GUI thread."""

    started = Signal(object)
    progressed = Signal(object)
    ended = Signal(object)
    bug = Signal(object)
    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="relevo-task")
        self._running: list[Task[Any]] = []
        self._closed = False
        self._arrived.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        function: Callable[[Work], T],
        *,
        owner: QObject,
        title: str,
        on_result: Callable[[T], None] | None = None,
        on_error: Callable[[RelevoError], None] | None = None,
        on_progress: Callable[[float | None, str], None] | None = None,
        on_end: Callable[[], None] | None = None,
        on_dropped: Callable[[T], None] | None = None,
        cancellable: bool = False,
        routine: bool = False,
    ) -> Task[T]:
        """Run `function(work)` off the GUI thread; one of the ends below is called on it.

        `on_result` gets what the function returned, `on_error` a RelevoError it raised; Cancelled is
        silent, and anything else is a bug that goes to the `bug` signal. `on_end` is called last, whatever
        the end. `on_progress` gets the newest fraction and message; older ones may be left out. Nothing is
        delivered once `owner` is gone; `on_dropped` then frees the result, as it does after a cancel.
        """
        ends = _Ends(on_result, on_error, on_progress, on_end, on_dropped)
        task: Task[T]
        told = threading.Event()

        def tell() -> None:
            if not told.is_set():
                told.set()
                self._post(partial(self._progressed, task, ends, told))

        task = Task(title, owner, cancellable=cancellable, routine=routine, work=Work(tell))
        if self._closed:
            task.state = TaskState.CANCELLED
            return task
        self._running.append(task)
        self.started.emit(task)
        self._pool.submit(self._work, task, function, ends)
        return task

    @property
    def running(self) -> list[Task[Any]]:
        """Tasks that have not ended, oldest first."""
        return list(self._running)

    def close(self) -> None:
        """Ask all tasks to stop and wait until the pool's threads have ended; delivers nothing more."""
        self._closed = True
        for task in self._running:
            task.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for task in self._running:
            _drop(task)
        self._running.clear()

    def _work(self, task: Task[T], function: Callable[[Work], T], ends: _Ends[T]) -> None:
        deliver: Callable[[], None] | None = None
        try:
            task.work.check()
            result = function(task.work)
            deliver = ends.result and partial(ends.result, result)
            task.drop = ends.dropped and partial(ends.dropped, result)
            state = TaskState.DONE
        except Cancelled:
            state = TaskState.CANCELLED
        except RelevoError as error:
            task.error, state = error, TaskState.FAILED
            deliver = ends.error and partial(ends.error, error)
        except Exception:  # noqa: BLE001 - a bug, shown in the crash window
            task.trace, state = traceback.format_exc(), TaskState.FAILED
        self._post(partial(self._ended, task, state, deliver, ends))

    def _post(self, call: Callable[[], None]) -> None:
        if not self._closed:
            self._arrived.emit(call)

    @Slot(object)
    def _call(self, call: Callable[[], None]) -> None:
        if not self._closed:
            call()

    def _progressed(self, task: Task[T], ends: _Ends[T], told: threading.Event) -> None:
        told.clear()
        if task.state is not TaskState.RUNNING:
            return
        self.progressed.emit(task)
        if ends.progress is not None and isValid(task.owner) and not task.work.stopping:
            ends.progress(task.work.fraction, task.work.message)

    def _ended(
        self, task: Task[T], state: TaskState, deliver: Callable[[], None] | None, ends: _Ends[T]
    ) -> None:
        self._running.remove(task)
        task.state = TaskState.CANCELLED if task.work.stopping and not task.trace else state
        task.ended_at = datetime.now(UTC)
        self.ended.emit(task)
        if task.trace:
            self.bug.emit(task)
        alive = isValid(task.owner)
        if alive and deliver is not None and task.state is not TaskState.CANCELLED:
            deliver()
        else:
            _drop(task)
        if alive and ends.end is not None:
            ends.end()


def _drop(task: Task[Any]) -> None:
    if task.drop is not None:
        task.drop()

"""The one way off the GUI thread: a function runs on a bounded pool, its end is told on the GUI thread.

There are two pools. Reads that a person waits for share one; whatever may take minutes (builds, transfers,
backups, set-up) runs in the other, so that a refresh never stands in line behind it.

Nothing here waits: no nested event loop, no `processEvents`. Create `Tasks` on the GUI thread.

The pool's threads only borrow what they run: the last reference to a closed dialog may be in its task's
function, and an object of Qt that is destroyed off the GUI thread can lock both threads up.
"""

import itertools
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
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
LONG_POOL_SIZE = 8


class TaskState(StrEnum):
    """Where a piece of work stands; `detached` is what goes on elsewhere, no longer followed from here."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DETACHED = "detached"


class Work:
    """What a running function may do: tell progress, and ask whether it should stop."""

    def __init__(self, progressed: Callable[[], None]) -> None:
        self._progressed = progressed
        self._stop = threading.Event()
        self.fraction: float | None = None
        self.message = ""

    def progress(self, fraction: float | None, message: str = "") -> None:
        """Tell how far it is (0 to 1, None if unknown) and what it does; Cancelled if asked to stop."""
        self.check()
        self.fraction, self.message = fraction, message
        self._progressed()

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
class _Callbacks(Generic[T]):
    """What whoever started a task wants to be called with."""

    result: Callable[[T], None] | None
    error: Callable[[RelevoError], None] | None
    progress: Callable[[float | None, str], None] | None
    end: Callable[[], None] | None
    dropped: Callable[[T], None] | None


@dataclass(frozen=True, slots=True)
class _Outcome(Generic[T]):
    """How a function ended: what it returned, the error that it raised, or the trace of a bug."""

    state: TaskState
    results: tuple[T, ...] = ()
    error: RelevoError | None = None
    trace: str = ""


class BackgroundTask(Generic[T]):
    """One piece of work, seen from the GUI thread.

    Attributes:
        title: what it does, in words; shown in the status bar and in Activity.
        routine: repeated work that Activity keeps only if it fails.
        trace: the traceback of a bug; empty otherwise.
        unqueue: takes it out of its pool's queue, if it still waits there.
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
        self.unqueue: Callable[[], None] = lambda: None

    def cancel(self) -> None:
        """Ask it to stop; one that waits for a thread ends at once. What it still delivers is dropped."""
        self.work.stop()
        self.unqueue()


@dataclass(slots=True)
class _Job(Generic[T]):
    """A task with all that belongs to it; held on the GUI thread until it has ended."""

    task: BackgroundTask[T]
    function: Callable[[Work], T]
    callbacks: _Callbacks[T]
    progress_posted: threading.Event
    outcome: _Outcome[T] = _Outcome(TaskState.CANCELLED)  # until it has run
    future: Future[None] | None = None

    def drop(self) -> None:
        """Free a result that nobody gets."""
        if self.callbacks.dropped is not None:
            for result in self.outcome.results:
                self.callbacks.dropped(result)

    def deliver(self) -> None:
        """Tell the result or the error."""
        if self.outcome.error is not None and self.callbacks.error is not None:
            self.callbacks.error(self.outcome.error)
        if self.callbacks.result is None:
            self.drop()
            return
        for result in self.outcome.results:
            self.callbacks.result(result)


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
        self._long_pool = ThreadPoolExecutor(LONG_POOL_SIZE, thread_name_prefix="relevo-task-long")
        self._jobs: dict[int, _Job[Any]] = {}
        self._keys = itertools.count()
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
        long: bool = False,
    ) -> BackgroundTask[T]:
        """Run `function(work)` off the GUI thread; one of the callbacks below is called on it.

        `on_result` gets what the function returned, `on_error` a RelevoError it raised; Cancelled is
        silent, and anything else is a bug that goes to the `bug` signal. `on_end` is called last, whatever
        the end. `on_progress` gets the newest fraction and message; older ones may be left out. Nothing is
        delivered once `owner` is gone; `on_dropped` then frees the result, as it does after a cancel.
        `long` is for what may take minutes: it never holds up a task that is not.
        """
        key = next(self._keys)
        progress_posted = threading.Event()

        def post_progress() -> None:
            if not progress_posted.is_set():
                progress_posted.set()
                self._post(partial(self._progressed, key))

        work = Work(post_progress)
        task: BackgroundTask[T] = BackgroundTask(
            title, owner, cancellable=cancellable, routine=routine, work=work
        )
        if self._closed:
            task.state = TaskState.CANCELLED
            return task
        callbacks = _Callbacks(on_result, on_error, on_progress, on_end, on_dropped)
        job = self._jobs[key] = _Job(task, function, callbacks, progress_posted)
        task.unqueue = partial(self._unqueue, key)
        self.started.emit(task)
        job.future = (self._long_pool if long else self._pool).submit(self._work, key)
        if task.work.stopping:
            self._unqueue(key)  # cancelled by whoever was told that it started
        return task

    @property
    def running(self) -> list[BackgroundTask[Any]]:
        """Tasks that have not ended, oldest first."""
        return [job.task for job in self._jobs.values()]

    def close(self) -> None:
        """Ask all tasks to stop and wait until the pools' threads have ended; delivers nothing more."""
        self._closed = True
        for task in self.running:
            task.cancel()
        for pool in (self._pool, self._long_pool):
            pool.shutdown(wait=True, cancel_futures=True)
        for job in self._jobs.values():
            job.drop()
        self._jobs.clear()

    def _unqueue(self, key: int) -> None:
        """End a job that was cancelled before a thread was free for it."""
        job = self._jobs.get(key)
        if job is not None and job.future is not None and job.future.cancel():
            self._post(partial(self._ended, key))

    def _work(self, key: int) -> None:
        self._jobs[key].outcome = self._outcome(key)
        self._post(partial(self._ended, key))

    def _outcome(self, key: int) -> _Outcome[Any]:
        """Run a job's function; what is borrowed for it is let go when this returns."""
        job = self._jobs[key]
        try:
            job.task.work.check()
            return _Outcome(TaskState.DONE, (job.function(job.task.work),))
        except Cancelled:
            return _Outcome(TaskState.CANCELLED)
        except RelevoError as error:
            return _Outcome(TaskState.FAILED, error=error)
        except Exception:  # noqa: BLE001 - a bug, shown in the crash window
            return _Outcome(TaskState.FAILED, trace=traceback.format_exc())

    def _post(self, call: Callable[[], None]) -> None:
        if not self._closed:
            self._arrived.emit(call)

    @Slot(object)
    def _call(self, call: Callable[[], None]) -> None:
        if not self._closed:
            call()

    def _progressed(self, key: int) -> None:
        job = self._jobs.get(key)
        if job is None:
            return
        task, progress = job.task, job.callbacks.progress
        job.progress_posted.clear()
        self.progressed.emit(task)
        if progress is not None and isValid(task.owner) and not task.work.stopping:
            progress(task.work.fraction, task.work.message)

    def _ended(self, key: int) -> None:
        job = self._jobs.pop(key)
        task, outcome = job.task, job.outcome
        task.error, task.trace = outcome.error, outcome.trace
        task.state = TaskState.CANCELLED if task.work.stopping and not task.trace else outcome.state
        task.ended_at = datetime.now(UTC)
        self.ended.emit(task)
        if task.trace:
            self.bug.emit(task)
        alive = isValid(task.owner)
        if alive and task.state is not TaskState.CANCELLED:
            job.deliver()
        else:
            job.drop()
        if alive and job.callbacks.end is not None:
            job.callbacks.end()

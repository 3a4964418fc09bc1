"""What happened in this window: every task that matters, kept with its error."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.tasks import BackgroundTask, Tasks, TaskState
from services.errors import RelevoError

KEPT = 1000
_numbers = count(1)


@dataclass(slots=True, eq=False)
class ActivityEntry:
    """One thing that runs or ran.

    Attributes:
        message: what it does now, what came of it, or why it failed.
        remedy: what to do about it.
        details: behind "Details"; the trace for a bug.
        times: how often in a row the same thing failed for the same reason.
        cancel: asks it to stop; set while it can be cancelled here.
        open_log: shows the log of whoever it is about, where there is one.
    """

    title: str
    state: TaskState = TaskState.RUNNING
    fraction: float | None = None
    message: str = ""
    remedy: str = ""
    details: str = ""
    times: int = 1
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: datetime | None = None
    cancel: Callable[[], None] | None = None
    open_log: Callable[[], None] | None = None
    number: int = field(default_factory=lambda: next(_numbers))


class Activity(QObject):
    """The entries, newest first; follows the tasks by itself."""

    added = Signal(object)
    changed = Signal(object)
    removed = Signal(object)
    unseen_changed = Signal(int)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[ActivityEntry] = []
        self._by_task: dict[int, ActivityEntry] = {}
        self._unseen = 0
        tasks.started.connect(self._started)
        tasks.progressed.connect(self._progressed)
        tasks.ended.connect(self._ended)

    def add(self, entry: ActivityEntry) -> ActivityEntry:
        """Keep an entry that no task of this window stands behind, such as a retraining elsewhere."""
        self.entries.insert(0, entry)
        self.added.emit(entry)
        if len(self.entries) > KEPT:
            self._drop_oldest()
        return entry

    def update(self, entry: ActivityEntry) -> None:
        """Tell that an entry's fields were changed."""
        self.changed.emit(entry)

    def mark_all_seen(self) -> None:
        """The person has looked: failures so far no longer count as unseen."""
        self._count_unseen(-self._unseen)

    def running(self) -> list[ActivityEntry]:
        """Entries that have not ended, oldest first."""
        return [entry for entry in reversed(self.entries) if entry.state is TaskState.RUNNING]

    def end(self, entry: ActivityEntry, state: TaskState) -> None:
        """Close an entry; a failure counts as unseen."""
        entry.state = state
        entry.ended_at = datetime.now(UTC)
        entry.cancel = None
        if state is TaskState.FAILED:
            self._count_unseen(1)
        self.changed.emit(entry)

    def _started(self, task: BackgroundTask[Any]) -> None:
        if task.routine:
            return
        entry = ActivityEntry(
            task.title, started_at=task.started_at, cancel=task.cancel if task.cancellable else None
        )
        self._by_task[id(task)] = self.add(entry)

    def _progressed(self, task: BackgroundTask[Any]) -> None:
        entry = self._by_task.get(id(task))
        if entry is not None:
            entry.fraction, entry.message = task.work.fraction, task.work.message
            self.changed.emit(entry)

    def _ended(self, task: BackgroundTask[Any]) -> None:
        entry = self._by_task.pop(id(task), None)
        if entry is None:
            if task.state is not TaskState.FAILED or self._repeats(task):
                return
            entry = self.add(ActivityEntry(task.title, started_at=task.started_at))
        entry.message = task.error.message if task.error else entry.message
        entry.remedy = task.error.remedy if task.error else ""
        entry.details = task.error.details if task.error else task.trace
        if task.trace:
            entry.message = "A fault in Relevo itself; the details say where."
        if task.state is TaskState.DONE:
            entry.fraction, entry.message = 1.0, ""
        self.end(entry, task.state)

    def _repeats(self, task: BackgroundTask[Any]) -> bool:
        """Whether a routine failed again as it did last: then it is counted, not listed again."""
        last = next((entry for entry in self.entries if entry.title == task.title), None)
        if last is None or last.state is not TaskState.FAILED or not isinstance(task.error, RelevoError):
            return False
        if last.message != task.error.message:
            return False
        last.times += 1
        last.ended_at = task.ended_at
        self.changed.emit(last)
        return True

    def _drop_oldest(self) -> None:
        oldest = next((e for e in reversed(self.entries) if e.state is not TaskState.RUNNING), None)
        if oldest is not None:
            self.entries.remove(oldest)
            self.removed.emit(oldest)

    def _count_unseen(self, change: int) -> None:
        if change:
            self._unseen += change
            self.unseen_changed.emit(self._unseen)

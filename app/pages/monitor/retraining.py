"""Retraining: asked for through the gateway, followed in the store, offered for use when done."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.activity import ActivityEntry
from app.connection.platform import Platform
from app.context import Context
from app.dialogs.retrain import RetrainDialog
from app.error_text import describe_error
from app.pages.monitor.page import MonitorPage
from app.tasks import TaskState
from services.errors import RelevoError
from services.gateway.messages import RetrainRequest, Window
from services.registry.model import Job, JobState
from widgets.formatting import number
from widgets.theme import State

POLL_MILLISECONDS = 1000
_ENDS = {
    JobState.DONE: TaskState.DONE,
    JobState.FAILED: TaskState.FAILED,
    JobState.CANCELLED: TaskState.CANCELLED,
}


class RetrainingTracker(QObject):
    """Follows every job it knows of, whoever started it; `finished` carries a Job that is done."""

    finished = Signal(object)
    changed = Signal()

    def __init__(self, page: MonitorPage, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._context = context
        self._jobs: dict[str, tuple[Job, ActivityEntry]] = {}
        self._polling = False
        self.dialog: RetrainDialog | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self._poll)
        context.connection.closing.connect(self._stop)

    def open_dialog(self, project: str, version: str) -> None:
        """Open the dialog for retraining a version."""
        if self.dialog is None:
            self.dialog = RetrainDialog(project, version, self._page.window())
            self.dialog.confirmed.connect(
                lambda rows, parameters: self._start(project, version, rows, parameters)
            )
            self.dialog.finished.connect(self._dialog_closed)
            self.dialog.open()

    def running(self, project: str, version: str) -> bool:
        """Whether a version is being retrained."""
        return any((job.project, job.version) == (project, version) for job, _ in self._jobs.values())

    def track(self, jobs: Sequence[Job]) -> None:
        """Follow jobs that were found running."""
        for job in jobs:
            self._follow(job)

    def _start(self, project: str, version: str, rows: int | None, parameters: dict[str, Any]) -> None:
        platform = self._context.connection.platform
        if platform is None:
            return
        window = Window("sliding", rows) if rows else Window()
        request = RetrainRequest(window, parameters)

        def start() -> Job:
            gateway = platform.gateway
            return gateway.job(project, version, gateway.retrain(project, version, request))

        self._context.tasks.run(
            lambda _work: start(),
            owner=self,
            title=f"Starting to retrain {version} of {project}",
            on_result=self._follow,
            on_error=self._show_error,
        )

    def _show_error(self, error: RelevoError) -> None:
        self._page.error.show_error(error)

    def _follow(self, job: Job) -> None:
        if job.id not in self._jobs:
            entry = ActivityEntry(f"Retraining {job.version} of {job.project}", started_at=job.created_at)
            self._jobs[job.id] = (job, self._context.activity.add(entry))
            entry.cancel = partial(self._cancel, job)
        self._update(job)
        self._timer.start()
        self.changed.emit()

    def _cancel(self, job: Job) -> None:
        """Ask the gateway; the job counts as cancelled once its state in the store says so."""
        platform = self._context.connection.platform
        if platform is None or job.id not in self._jobs:
            return
        self._allow_cancel(job, allowed=False)
        self._context.tasks.run(
            lambda _work: platform.gateway.cancel_job(job.project, job.version, job.id),
            owner=self,
            title=f"Cancelling the retraining of {job.version} of {job.project}",
            on_result=self._update,
            on_error=lambda error: self._show_not_cancelled(job, error),
            routine=True,
        )

    def _show_not_cancelled(self, job: Job, error: RelevoError) -> None:
        name = f"{job.version} of {job.project}"
        message = f"The retraining of {name} was not cancelled: {describe_error(error)}"
        self._page.notice.show_message("Not cancelled", message, state=State.BAD)
        self._allow_cancel(job, allowed=True)

    def _allow_cancel(self, job: Job, *, allowed: bool) -> None:
        if job.id in self._jobs:
            _, entry = self._jobs[job.id]
            entry.cancel = partial(self._cancel, job) if allowed else None
            self._context.activity.update(entry)

    def _poll(self) -> None:
        platform = self._context.connection.platform
        if self._polling or platform is None:
            return
        self._polling = True
        self._context.tasks.run(
            lambda _work: self._read_jobs(platform),
            owner=self,
            title="Following retrainings",
            on_result=self._update_all,
            on_error=self._context.connection.report,
            on_end=self._poll_ended,
            routine=True,
        )

    def _read_jobs(self, platform: Platform) -> list[Job]:
        """The newest state of each job; runs off the GUI thread."""
        known = [job for job, _ in list(self._jobs.values())]
        found = (platform.store.job(job.project, job.version, job.id) for job in known)
        return [job for job in found if job is not None]

    def _update_all(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._update(job)

    def _poll_ended(self) -> None:
        self._polling = False

    def _update(self, job: Job) -> None:
        if job.id not in self._jobs:
            return
        _, entry = self._jobs[job.id]
        self._jobs[job.id] = (job, entry)
        entry.fraction, entry.message = job.progress, job.message
        if job.state not in _ENDS:
            self._context.activity.update(entry)
            return
        del self._jobs[job.id]
        if not self._jobs:
            self._timer.stop()
        self._context.activity.end(entry, _ENDS[job.state])
        self._show_end(job)
        self.changed.emit()

    def _show_end(self, job: Job) -> None:
        name = f"{job.version} of {job.project}"
        if job.state is JobState.DONE:
            self.finished.emit(job)
        elif job.state is JobState.FAILED:
            self._page.notice.show_message(
                "Failed", f"Retraining {name} failed.", note=job.message, state=State.BAD
            )

    def _stop(self) -> None:
        """The platform is given up: jobs go on there, no longer followed from here."""
        self._timer.stop()
        for job, entry in self._jobs.values():
            entry.message = f"goes on at the platform, at {number(job.progress * 100, 2)} % when last seen"
            self._context.activity.end(entry, TaskState.DETACHED)
        self._jobs.clear()

    def _dialog_closed(self) -> None:
        self.dialog = None


def metrics_text(job: Job) -> str:
    """The metrics of a finished job in one line."""
    return ", ".join(f"{name} {number(value)}" for name, value in job.metrics.items())

"""Ends retraining jobs that nobody works on any more."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from services.registry.model import Job, JobState
from services.store.interface import Store

SILENT = timedelta(minutes=2)
"""A service renews the state of its job every few seconds, and buries its own dead sooner than this."""

_log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class EndOrphanedJobs:
    """Marks jobs failed whose service is gone, so that none runs for ever in the window.

    Args:
        store: where jobs are.
        clock: the time, with its zone.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._clock = clock

    def run(self, project: str, cancelled: Callable[[], bool]) -> None:
        """See `PeriodicTask`."""
        found = self._store.project(project)
        for version in found.versions if found is not None else ():
            if cancelled():
                return
            for job in self._store.jobs(project, version.name):
                if job.state.unfinished:
                    self._look_at(job)

    def _look_at(self, job: Job) -> None:
        now = self._clock()
        if now - job.updated_at > SILENT:
            message = "the service that trained it has ended"
            self._store.put_job(replace(job, state=JobState.FAILED, message=message, updated_at=now))
            _log.warning("job %s of %s %s: %s", job.id, job.project, job.version, message)

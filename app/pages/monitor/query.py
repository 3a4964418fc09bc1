"""What Monitor shows, loaded off the GUI thread: here and only here."""

import time
from dataclasses import dataclass, field

from app.connection.platform import Platform
from app.tasks import Work
from services.errors import NotFound, RelevoError, Unavailable
from services.evaluation.evidence import read_evidence
from services.evaluation.model import ProjectView, Span
from services.evaluation.reader.reader import ProjectReader
from services.gateway.messages import VersionStatus
from services.profiles.profile import EmbeddedProfile
from services.registry.model import Evidence, Job
from services.store.log.gaps import lost_batches

STARTING_SECONDS = 30.0
"""So long may services on this machine take until they have loaded their model."""


@dataclass(frozen=True, slots=True)
class MonitorQuery:
    """What the person wants to see; `variable` is an input's name, or empty for the output."""

    project: str
    span: Span
    variable: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class MonitorData:
    """What was loaded.

    Attributes:
        projects: all projects of the platform.
        view: None when there is no project at all.
        status: how each version fares by the gateway's word; empty when it does not answer.
        gateway_error: why the gateway's word is missing.
        jobs: retrainings that run.
        starting: whether services that were started with the platform may still be coming up.
        lost: batches that the store has lost of the project's log.
    """

    query: MonitorQuery
    projects: tuple[str, ...]
    view: ProjectView | None = None
    status: dict[str, VersionStatus] = field(default_factory=dict)
    gateway_error: RelevoError | None = None
    jobs: tuple[Job, ...] = ()
    starting: bool = False
    lost: int = 0


class MonitorLoader:
    """Loads from one platform; keeps the last project's reader, so that a refresh reads only new rows.

    Not to be used by two tasks at once.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._starts_services = isinstance(platform.profile, EmbeddedProfile)
        self._opened = time.monotonic()
        self._kept: tuple[str, ProjectReader] | None = None

    def load(self, query: MonitorQuery, work: Work) -> MonitorData:
        """Answer a query; a project that is gone gives way to the first there is."""
        projects = tuple(self._platform.store.projects())
        if not projects:
            return MonitorData(query, ())
        if query.project not in projects:
            query = MonitorQuery(projects[0], query.span)
        work.check()
        view = self._reader_of(query.project).refresh(
            query.span, lambda: work.stopping, variable=query.variable
        )
        status, gateway_error = self._status(query.project)
        return MonitorData(
            query,
            projects,
            view,
            status,
            gateway_error,
            self._jobs(view),
            self._starts_services and time.monotonic() - self._opened < STARTING_SECONDS,
            lost_batches(self._platform.store).get(query.project, 0),
        )

    def evidence(self, project: str, challenger: str, work: Work) -> Evidence:
        """What is known of the champion and the version that may replace it; beside another task too."""
        return read_evidence(self._reader_of(project), challenger, lambda: work.stopping)

    def _reader_of(self, project: str) -> ProjectReader:
        kept = self._kept
        if kept is None or kept[0] != project:
            kept = self._kept = (project, ProjectReader(self._platform.store, project))
        return kept[1]

    def _status(self, project: str) -> tuple[dict[str, VersionStatus], RelevoError | None]:
        try:
            return self._platform.gateway.project(project).status, None
        except (Unavailable, NotFound) as error:
            return {}, error

    def _jobs(self, view: ProjectView) -> tuple[Job, ...]:
        store, project = self._platform.store, view.project
        jobs = (job for version in project.versions for job in store.jobs(project.name, version.name))
        return tuple(job for job in jobs if job.state.unfinished)

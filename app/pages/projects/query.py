"""What the Projects page shows, fetched off the GUI thread."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.connection.platform import Platform
from app.tasks import Work
from services.client.csharp import csharp_client
from services.errors import NotFound
from services.evaluation.model import Traffic
from services.evaluation.reader.reader import ProjectReader
from services.registry.model import ChampionChange, Mode, Project, Revision, RevisionChange
from widgets.exports import Export
from widgets.formatting import plural
from widgets.tables.projects import ProjectRow
from widgets.theme import State

HELD_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class ProjectDetails:
    """One project from the inside; `revisions` by version name, oldest first.

    `history` tells the changes of champion, `revision_changes` those of every version's revision.
    """

    project: Project
    history: tuple[ChampionChange, ...]
    revisions: dict[str, tuple[Revision, ...]]
    revision_changes: tuple[RevisionChange, ...]

    def champion_at(self, moment: datetime) -> ChampionChange | None:
        """The change that made the version champion that was so at this moment; None before the first."""
        return next((change for change in reversed(self.history) if change.at <= moment), None)


class ProjectsLoader:
    """Loads all projects; keeps their readers, so that loading again reads only new rows.

    Not to be used by two tasks at once.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._readers: dict[str, ProjectReader] = {}

    def projects(self) -> list[Project]:
        """All projects as the registry knows them: quick, without figures."""
        return self._platform.registry.projects()

    def rows_with_traffic(self, projects: Sequence[Project], work: Work) -> Iterator[ProjectRow]:
        """These projects one by one, with live rows and labels; one that is gone is left out."""
        for number, project in enumerate(projects, start=1):
            work.progress(number / len(projects), project.name)
            reader = self._readers.setdefault(
                project.name, ProjectReader(self._platform.store, project.name, held_rows=HELD_ROWS)
            )
            try:
                yield project_row(project, reader.traffic(project, lambda: work.stopping))
            except NotFound:
                self._readers.pop(project.name, None)

    def details(self, name: str) -> ProjectDetails:
        """One project; NotFound if it is gone."""
        store = self._platform.store
        project = self._platform.registry.project(name)
        return ProjectDetails(
            project,
            tuple(store.history(name)),
            {version.name: tuple(store.revisions(name, version.name)) for version in project.versions},
            tuple(
                change
                for version in project.versions
                for change in store.revision_history(name, version.name)
            ),
        )

    def csharp_client(self, name: str) -> Export:
        """The source of a typed client of the project for .NET; NotFound if it is gone."""
        made = csharp_client(self._platform.registry.project(name))
        return Export(made.name, "C# (*.cs)", made.content)

    def retire(self, project: str, version: str, *, retired: bool) -> Project:
        """Take a challenger out of the shadow, or back into it; returns the project as read back."""
        registry = self._platform.registry
        return (registry.retire if retired else registry.return_to_shadow)(project, version)


def project_row(project: Project, traffic: Traffic | None = None) -> ProjectRow:
    """A project as the table wants it; figures only once they are counted."""
    champion = project.version(project.champion)
    word, state = traffic_text(traffic.recent if traffic is not None else None)
    return ProjectRow(
        name=project.name,
        task=project.task,
        champion=project.champion,
        champion_order=champion.order if champion is not None else 0,
        since=project.last_change.at if project.last_change is not None else None,
        challengers=tuple(v.name for v in project.versions if v.mode is Mode.CHALLENGER),
        rows=traffic.predictions if traffic is not None else None,
        labelled=traffic.labelled if traffic is not None else None,
        newest=traffic.newest_request if traffic is not None else None,
        word=word,
        state=state,
    )


def traffic_text(recent: int | None) -> tuple[str, State]:
    """A word for how much a project was asked in the last hour."""
    if recent is None:
        return "counting…", State.NEUTRAL
    if recent == 0:
        return "idle for an hour", State.NEUTRAL
    if recent < 60:
        return f"{plural(recent, 'row')} an hour", State.GOOD
    return f"{plural(round(recent / 60), 'row')} a minute", State.GOOD

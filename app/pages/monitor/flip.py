"""A change of champion as data and as an act: planned, done, read back, or explained why not."""

from datetime import UTC, datetime

from app.pages.monitor.look import Look
from app.pages.monitor.present import entry_of, evidence_of
from services.errors import Conflict, NotFound, Uncertain
from services.evaluation.model import ProjectView
from services.registry.model import ChampionChange, Project
from services.store.interface import Store
from widgets.formatting import clock, count, plural
from widgets.panels.confirm_change import PlannedChange


def change_to(seen: Project, after: str, who: str, reason: str, evidence: str = "") -> ChampionChange:
    """The change from the state that was seen."""
    return ChampionChange(
        project=seen.name,
        generation=seen.generation + 1,
        at=datetime.now(UTC),
        previous=seen.champion,
        champion=after,
        who=who,
        reason=reason,
        evidence=evidence,
    )


def flip(store: Store, change: ChampionChange) -> Project:
    """Change the champion and read the project back.

    Raises:
        Conflict: somebody else changed it since it was seen; names who, when and why.
        Uncertain: it was written, but what stands there now is something else.
    """
    try:
        store.flip(change, seen_generation=change.generation - 1)
    except Conflict as error:
        raise _explained(store.project(change.project), change, error) from error
    project = store.project(change.project)
    if project is None or project.champion != change.champion:
        raise Uncertain(f"{change.champion} was made champion, but is not any more. Look again.")
    return project


def _explained(project: Project | None, change: ChampionChange, error: Conflict) -> Conflict:
    last = project.last_change if project is not None else None
    if last is None or last.generation < change.generation:
        return error
    return Conflict(
        f"{last.who} made {last.champion} the champion on {clock(last.at)}, because “{last.reason}”.",
        remedy="Nothing was changed. Look at the new state, then decide.",
        details=error.message,
    )


def planned(look: Look, view: ProjectView, after: str) -> PlannedChange:
    """What the dialog says of a change to be made."""
    project = view.project
    before, new = project.version(project.champion), project.version(after)
    if before is None or new is None:
        raise NotFound(f"{project.name} has no version {after} any more")
    live = view.live.get(after)
    note = "No live rows of it have been seen yet."
    if live is not None and live.predictions:
        rows = plural(live.predictions, "live row")
        note = f"{after} saw {rows} in this span; {count(live.labelled)} have their true value."
    return PlannedChange(
        project=project.name,
        before=entry_of(project, before, look),
        after=entry_of(project, new, look),
        consequences=(
            f"Whoever asks {project.name} gets {after} within a second; no application has to change.",
            f"{before.name} becomes a challenger: it goes on seeing every row, in the shadow.",
            "The change is kept in the history with your name and reason; one step takes it back.",
        ),
        evidence=evidence_of(view, before.name, after),
        evidence_note=note,
    )

"""What the dialog says of a change of champion before it is made."""

from app.pages.monitor.look import Look
from app.pages.monitor.present import entry_of, evidence_of
from services.errors import NotFound
from services.evaluation.model import ProjectView
from widgets.formatting import count, plural
from widgets.panels.confirm_change import PlannedChange


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

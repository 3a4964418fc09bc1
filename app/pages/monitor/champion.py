"""Changing the champion: ask, do it by the registry's rules, read back, offer the way back."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.context import Context
from app.dialogs.champion import ChampionDialog
from app.error_text import told
from app.pages.monitor.page import MonitorPage
from app.pages.monitor.query import Look
from app.pages.monitor.view_model import entry_of, evidence_of
from services.errors import NotFound, RelevoError
from services.evaluation.model import ProjectView
from services.registry.model import ChampionChange, Project
from services.registry.service import seen_of
from widgets.formatting import clock, count, plural
from widgets.panels.confirm_change import PlannedChange
from widgets.theme import State


@dataclass(frozen=True, slots=True)
class _Flip:
    """A change decided on a state that was seen."""

    seen: Project
    after: str
    reason: str
    evidence: str = ""


class ChampionChanger(QObject):
    """One change at a time; `changed` carries the project's name, after a change or a conflict."""

    changed = Signal(str)

    def __init__(self, page: MonitorPage, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._context = context
        self.dialog: ChampionDialog | None = None

    def ask(self, look: Look, after: str) -> None:
        """Open the dialog for making a version the champion."""
        view = look.view
        if view is None or self.dialog is not None:
            return
        self.dialog = dialog = ChampionDialog(planned(look, view, after), self._page.window())
        dialog.confirmed.connect(lambda reason: self._change(view, after, reason, dialog))
        dialog.finished.connect(self._forget)
        dialog.open()

    def _change(self, view: ProjectView, after: str, reason: str, dialog: ChampionDialog) -> None:
        def done(project: Project) -> None:
            if self.dialog is dialog:
                dialog.accept()
            self._tell(project)

        def failed(error: RelevoError) -> None:
            if self.dialog is dialog:
                dialog.panel.show_error(told(error))
            else:
                self._tell_failure(error)
            self.changed.emit(view.project.name)

        evidence = json.dumps(evidence_of(view, view.project.champion, after))
        self._flip(_Flip(view.project, after, reason, evidence), done, failed)

    def _tell(self, project: Project) -> None:
        """Say that it happened, as read back, and offer the way back."""
        change = project.last_change
        self.changed.emit(project.name)
        if change is None:
            return
        back = f"Back to {change.previous}" if change.previous else ""
        self._page.notice.tell(
            "Done",
            f"{project.champion} is the champion of {project.name} since {clock(change.at)}.",
            note="As read back from the registry. The gateway follows within a second.",
            action=back,
            run=lambda: self._take_back(project, change),
        )

    def _tell_failure(self, error: RelevoError) -> None:
        self._page.notice.tell("Not changed", told(error), state=State.BAD)

    def _take_back(self, project: Project, change: ChampionChange) -> None:
        def failed(error: RelevoError) -> None:
            self._tell_failure(error)
            self.changed.emit(project.name)

        reason = f"Back to {change.previous}, undoing: {change.reason}"
        self._flip(_Flip(project, change.previous, reason), self._tell, failed)

    def _flip(
        self, flip: _Flip, done: Callable[[Project], None], failed: Callable[[RelevoError], None]
    ) -> None:
        platform = self._context.link.platform
        if platform is None:
            failed(NotFound("There is no connection to the platform any more."))
            return
        who = self._context.person()
        self._context.tasks.run(
            lambda _work: platform.registry.flip(
                flip.seen.name,
                flip.after,
                who=who,
                reason=flip.reason,
                seen=seen_of(flip.seen),
                evidence=flip.evidence,
            ),
            owner=self,
            title=f"Making {flip.after} champion of {flip.seen.name}",
            on_result=done,
            on_error=failed,
        )

    def _forget(self) -> None:
        self.dialog = None


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

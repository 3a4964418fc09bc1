"""Changing the champion: ask, do it by the registry's rules, read back, offer the way back."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.context import Context
from app.dialogs.champion import ChampionDialog
from app.error_text import as_sentence, describe_error
from app.pages.monitor.answering import wait_until_it_answers, why_unanswered
from app.pages.monitor.page import MonitorPage
from app.pages.monitor.presenter import MonitorPresenter
from app.pages.monitor.query import MonitorData
from app.pages.monitor.view_model_builder import version_entry
from app.tasks import Work
from services.errors import NotFound, RelevoError, Unanswered
from services.evaluation.model import ProjectView
from services.registry.model import ChampionChange, Evidence, Project
from services.registry.service import champion_seen
from widgets.formatting import clock
from widgets.panels.confirm_change import PlannedChange
from widgets.theme import State


@dataclass(slots=True)
class _Decision:
    """A change decided on a state that was seen; its evidence is None until it was read.

    `force` is whether the version shall be champion although it does not answer.
    """

    seen: Project
    after: str
    reason: str = ""
    evidence: Evidence | None = None
    force: bool = False


class ChampionChanger(QObject):
    """One change at a time; `changed` carries the project's name, after a change or a conflict."""

    changed = Signal(str)

    def __init__(self, page: MonitorPage, presenter: MonitorPresenter, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._presenter = presenter
        self._context = context
        self.dialog: ChampionDialog | None = None

    def open_dialog(self, data: MonitorData, after: str) -> None:
        """Ask whether a version is to be the champion, and why; its evidence is read meanwhile."""
        view = data.view
        if view is None or self.dialog is not None:
            return
        self.dialog = dialog = ChampionDialog(planned_change(data, view, after), self._page.window())
        decision = _Decision(view.project, after)
        dialog.confirmed.connect(lambda reason: self._confirmed(decision, reason, dialog))
        dialog.finished.connect(self._dialog_closed)
        dialog.open()
        self._read_evidence(decision, dialog)
        self._ask_whether_it_answers(decision, dialog)

    def _ask_whether_it_answers(self, decision: _Decision, dialog: ChampionDialog) -> None:
        platform = self._context.connection.platform
        if platform is None:
            return

        def told(why: str) -> None:
            if why and self.dialog is dialog:
                dialog.panel.show_unanswered(as_sentence(why))

        self._context.tasks.run(
            lambda _work: why_unanswered(platform, decision.seen.name, decision.after),
            owner=self,
            title=f"Asking whether {decision.after} of {decision.seen.name} answers",
            on_result=told,
            routine=True,
        )

    def _read_evidence(self, decision: _Decision, dialog: ChampionDialog) -> None:
        def show(evidence: Evidence) -> None:
            decision.evidence = evidence
            if self.dialog is dialog:
                dialog.panel.show_evidence(evidence)

        def failed(error: RelevoError) -> None:
            show(Evidence(note=f"Not measured: {error.message}"))

        loader = self._presenter.loader
        if loader is not None:
            self._context.tasks.run(
                lambda work: loader.evidence(decision.seen.name, decision.after, work),
                owner=self,
                title=f"Reading what was measured of {decision.seen.name}",
                on_result=show,
                on_error=failed,
                routine=True,
            )

    def _confirmed(self, decision: _Decision, reason: str, dialog: ChampionDialog) -> None:
        def done(project: Project, why: str) -> None:
            if self.dialog is dialog:
                dialog.accept()
            self._show_done(project, why)

        def failed(error: RelevoError) -> None:
            if self.dialog is dialog:
                if isinstance(error, Unanswered):
                    dialog.panel.show_unanswered(as_sentence(error.details))
                dialog.panel.show_error(describe_error(error))
            else:
                self._show_failure(error)
            self.changed.emit(decision.seen.name)

        decision.reason, decision.force = reason, dialog.panel.forced
        self._change(decision, done, failed)

    def _show_done(self, project: Project, why: str) -> None:
        """Say that it happened, as read back, and offer the way back.

        Args:
            project: as read back.
            why: the gateway does not answer with the new champion; empty if it does.
        """
        change = project.last_change
        self.changed.emit(project.name)
        if change is None:
            return
        back = f"Back to {change.previous}" if change.previous else ""
        told = f"{project.champion} is the champion of {project.name} since {clock(change.at)}"
        if why:
            self._page.notice.show_message(
                "Changed, but silent",
                f"{told}, but the gateway does not answer with it. {as_sentence(why)}",
                note="As read back from the registry.",
                action=back,
                run=lambda: self._undo(project, change),
                state=State.BAD,
            )
            return
        self._page.notice.show_message(
            "Done",
            f"{told}.",
            note="As read back from the registry. The gateway answers with it.",
            action=back,
            run=lambda: self._undo(project, change),
        )

    def _show_failure(self, error: RelevoError) -> None:
        self._page.notice.show_message("Not changed", describe_error(error), state=State.BAD)

    def _undo(self, project: Project, change: ChampionChange, *, force: bool = False) -> None:
        def failed(error: RelevoError) -> None:
            if isinstance(error, Unanswered):
                self._page.notice.show_message(
                    "Not changed",
                    as_sentence(error.message),
                    action="Change anyway",
                    run=lambda: self._undo(project, change, force=True),
                    state=State.BAD,
                )
            else:
                self._show_failure(error)
            self.changed.emit(project.name)

        reason = f"Back to {change.previous}, undoing: {change.reason}"
        decision = _Decision(project, change.previous, reason, force=force)
        self._change(decision, self._show_done, failed)

    def _change(
        self,
        decision: _Decision,
        done: Callable[[Project, str], None],
        failed: Callable[[RelevoError], None],
    ) -> None:
        platform, loader = self._context.connection.platform, self._presenter.loader
        if platform is None or loader is None:
            failed(NotFound("There is no connection to the platform any more."))
            return
        who, seen, after = self._context.person(), decision.seen, decision.after

        def change(work: Work) -> tuple[Project, str]:
            why = "" if decision.force else why_unanswered(platform, seen.name, after)
            if why:
                raise Unanswered(f"{after} of {seen.name} does not answer: {why}", details=why)
            evidence = decision.evidence or loader.evidence(seen.name, after, work)
            changed = platform.registry.change_champion(
                seen.name,
                after,
                who=who,
                reason=decision.reason,
                seen=champion_seen(seen),
                evidence=evidence,
            )
            return changed, wait_until_it_answers(platform, seen.name, after, work)

        self._context.tasks.run(
            change,
            owner=self,
            title=f"Making {after} champion of {seen.name}",
            on_result=lambda told: done(*told),
            on_error=failed,
        )

    def _dialog_closed(self) -> None:
        self.dialog = None


def planned_change(data: MonitorData, view: ProjectView, after: str) -> PlannedChange:
    """What the dialog says of a change to be made, before its evidence is read."""
    project = view.project
    before, new = project.version(project.champion), project.version(after)
    if before is None or new is None:
        raise NotFound(f"{project.name} has no version {after} any more")
    return PlannedChange(
        project=project.name,
        before=version_entry(project, before, data),
        after=version_entry(project, new, data),
        consequences=(
            f"Whoever asks {project.name} gets {after} within a second; no application has to change.",
            f"{before.name} becomes a challenger: it goes on seeing every row, in the shadow.",
            "The history keeps the change with your name, reason and evidence; one step takes it back.",
        ),
    )

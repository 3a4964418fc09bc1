"""Using another revision of a version, and going back: shared by Monitor and Projects."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.connection.platform import Platform
from app.context import Context
from app.dialogs.reason import ReasonDialog
from app.dialogs.revisions import RevisionsDialog
from app.error_text import as_sentence, describe_error
from app.pages.shared.notice import Notice
from services.errors import NotFound, RelevoError
from services.registry.model import Revision, RevisionChange
from services.registry.service import Registry
from widgets.formatting import short_revision
from widgets.theme import State


@dataclass(frozen=True, slots=True)
class _RevisionChangeRequest:
    """A change of revision; `expected` is the one it is to replace, empty for whichever is desired."""

    project: str
    version: str
    revision: str
    reason: str
    expected: str = ""


class RevisionChanger(QObject):
    """Shows revisions and changes the desired one, one dialog at a time."""

    changed = Signal(str)

    def __init__(self, owner: QWidget, notice: Notice, context: Context) -> None:
        super().__init__(owner)
        self._owner = owner
        self._notice = notice
        self._context = context
        self.list: RevisionsDialog | None = None
        self.reason: ReasonDialog | None = None

    def browse(self, project: str, version: str) -> None:
        """Open the list of a version's revisions."""
        platform = self._context.connection.platform
        if platform is None or self.list is not None:
            return
        self.list = dialog = RevisionsDialog(project, version, self._owner.window())
        dialog.use_requested.connect(lambda revision: self.ask(project, version, revision))
        dialog.finished.connect(self._list_closed)
        dialog.open()
        self._fill(platform, dialog, project, version)

    def ask(self, project: str, version: str, revision: str) -> None:
        """Ask for the reason, then use a revision."""
        if self.reason is not None:
            return
        short = short_revision(revision)
        self.reason = dialog = ReasonDialog(
            f"Use revision {short} of {version}",
            f"Every replica of {version} of {project} loads it within a second and drops no request. "
            "The revision used now stays on the shelf; going back is using it again.",
            f"Use {short}",
            self.list or self._owner.window(),
        )
        dialog.confirmed.connect(lambda why: self._use(project, version, revision, why))
        dialog.finished.connect(self._reason_closed)
        dialog.open()

    def _fill(self, platform: Platform, dialog: RevisionsDialog, project: str, version: str) -> None:
        def read() -> tuple[list[Revision], str, list[RevisionChange]]:
            used = platform.registry.version(project, version).revision
            changes = platform.registry.revision_history(project, version)
            return platform.store.revisions(project, version), used, changes

        self._context.tasks.run(
            lambda _work: read(),
            owner=dialog,
            title=f"Reading the revisions of {version} of {project}",
            on_result=lambda found: dialog.show_found(*found),
            on_error=lambda error: dialog.table.set_empty(
                as_sentence(error.message), as_sentence(error.remedy)
            ),
            routine=True,
        )

    def _use(self, project: str, version: str, revision: str, why: str) -> None:
        def failed(error: RelevoError) -> None:
            if self.reason is not None:
                self.reason.show_error(describe_error(error))
            self.changed.emit(project)

        def done(change: RevisionChange) -> None:
            for dialog in (self.reason, self.list):
                if dialog is not None:
                    dialog.accept()
            self._show_change(change)

        self._change(_RevisionChangeRequest(project, version, revision, why), done, failed)

    def _show_change(self, change: RevisionChange) -> None:
        """Say that it happened, as read back, and offer the way back."""
        self.changed.emit(change.project)
        self._notice.show_message(
            "Done",
            f"{change.version} of {change.project} uses revision {short_revision(change.revision)}.",
            note="As read back from the registry. Its replicas follow within a second.",
            action=f"Back to {short_revision(change.previous)}",
            run=lambda: self._take_back(change),
        )

    def _take_back(self, change: RevisionChange) -> None:
        def failed(error: RelevoError) -> None:
            self._notice.show_message("Not changed", describe_error(error), state=State.BAD)
            self.changed.emit(change.project)

        why = f"Back to {short_revision(change.previous)}, undoing: {change.reason}"
        request = _RevisionChangeRequest(
            change.project, change.version, change.previous, why, change.revision
        )
        self._change(request, self._show_change, failed)

    def _change(
        self,
        request: _RevisionChangeRequest,
        done: Callable[[RevisionChange], None],
        failed: Callable[[RelevoError], None],
    ) -> None:
        platform, who = self._context.connection.platform, self._context.person()
        what = f"revision {short_revision(request.revision)} of {request.version} of {request.project}"
        if platform is None:
            failed(NotFound("There is no connection to the platform any more."))
            return
        self._context.tasks.run(
            lambda _work: use_revision(platform.registry, request, who),
            owner=self,
            title=f"Using {what}",
            on_result=done,
            on_error=failed,
        )

    def _list_closed(self) -> None:
        self.list = None

    def _reason_closed(self) -> None:
        self.reason = None


def use_revision(registry: Registry, request: _RevisionChangeRequest, who: str) -> RevisionChange:
    """Change the desired revision; returns the change as read back from the history.

    Raises:
        Conflict: somebody changed it meanwhile.
    """
    expected = request.expected or registry.version(request.project, request.version).revision
    registry.set_revision(
        request.project,
        request.version,
        request.revision,
        expected=expected,
        who=who,
        reason=request.reason,
    )
    return registry.revision_history(request.project, request.version)[-1]

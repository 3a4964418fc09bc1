"""Using another revision of a version, and going back: shared by Monitor and Projects."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.connection.platform import Platform
from app.context import Context
from app.dialogs.reason import ReasonDialog
from app.dialogs.revisions import RevisionsDialog
from app.pages.notice import Notice
from app.words import sentence, told
from services.errors import RelevoError
from services.registry.model import Project, Revision
from services.registry.service import Registry
from widgets.formatting import short_revision
from widgets.theme import State


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
        platform = self._context.link.platform
        if platform is None or self.list is not None:
            return
        self.list = dialog = RevisionsDialog(project, version, self._owner.window())
        dialog.use_wanted.connect(lambda revision: self.ask(project, version, revision))
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
        def read() -> tuple[list[Revision], str]:
            used = platform.registry.version(project, version).revision
            return platform.store.revisions(project, version), used

        self._context.tasks.run(
            lambda _work: read(),
            owner=dialog,
            title=f"Reading the revisions of {version} of {project}",
            on_result=lambda found: dialog.table.show_revisions(*found),
            on_error=lambda error: dialog.table.set_empty(sentence(error.message), sentence(error.remedy)),
            routine=True,
        )

    def _use(self, project: str, version: str, revision: str, why: str) -> None:
        platform = self._context.link.platform
        if platform is None:
            return

        def done(found: tuple[str, Project]) -> None:
            for dialog in (self.reason, self.list):
                if dialog is not None:
                    dialog.accept()
            self._tell(project, version, revision, before=found[0])

        def failed(error: RelevoError) -> None:
            if self.reason is not None:
                self.reason.show_error(told(error))
            self.changed.emit(project)

        self._context.tasks.run(
            lambda _work: use_revision(platform.registry, project, version, revision),
            owner=self,
            title=f"Using revision {short_revision(revision)} of {version} of {project}: {why}",
            on_result=done,
            on_error=failed,
        )

    def _tell(self, project: str, version: str, revision: str, before: str) -> None:
        self.changed.emit(project)
        self._notice.tell(
            "Done",
            f"{version} of {project} uses revision {short_revision(revision)}.",
            note="As read back from the registry. Its replicas follow within a second.",
            action=f"Back to {short_revision(before)}",
            run=lambda: self._back(project, version, before),
        )

    def _back(self, project: str, version: str, revision: str) -> None:
        platform = self._context.link.platform
        if platform is None:
            return

        def failed(error: RelevoError) -> None:
            self._notice.tell("Not changed", told(error), state=State.BAD)

        self._context.tasks.run(
            lambda _work: use_revision(platform.registry, project, version, revision),
            owner=self,
            title=f"Going back to revision {short_revision(revision)} of {version} of {project}",
            on_result=lambda found: self._tell(project, version, revision, found[0]),
            on_error=failed,
        )

    def _list_closed(self) -> None:
        self.list = None

    def _reason_closed(self) -> None:
        self.reason = None


def use_revision(registry: Registry, project: str, version: str, revision: str) -> tuple[str, Project]:
    """Change the desired revision; returns the one before, and the project as read back.

    Raises:
        Conflict: somebody changed it meanwhile.
    """
    before = registry.version(project, version).revision
    return before, registry.set_revision(project, version, revision, expected=before)

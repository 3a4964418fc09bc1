"""Bringing a model file into a deploy folder: the dialog's reading and writing, off the GUI thread."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.context import Context
from app.dialogs.model_file import ModelFileDialog
from app.error_text import describe_error
from app.settings import FOLDER
from app.tasks import BackgroundTask, Work
from services.errors import NotFound, RelevoError
from services.model_server.artifacts.interface import ArtifactDescription
from services.model_server.artifacts.kinds import Kind, recognise_file
from services.model_server.deploy import Deploy, read_deploy
from services.profiles.profile import EmbeddedProfile
from services.publish.description_draft import GivenDescription
from services.publish.isolated_reader import describe_isolated, import_model_isolated

T = TypeVar("T")


class ModelFileImport(QObject):
    """Opens the dialog, one at a time; `written` carries the deploy folder's path and its Deploy."""

    written = Signal(object, object)

    def __init__(self, owner: QObject, context: Context) -> None:
        super().__init__(owner)
        self._context = context
        self._task: BackgroundTask[Any] | None = None
        self.dialog: ModelFileDialog | None = None
        context.connection.opened.connect(self._learn)

    def ask(self, parent: QWidget) -> None:
        """Open the dialog over a window."""
        if self.dialog is not None:
            return
        self.dialog = dialog = ModelFileDialog(self.place, parent)
        dialog.read_requested.connect(self._look)
        dialog.write_requested.connect(self._write)
        dialog.finished.connect(self._closed)
        dialog.open()
        self._learn()

    def place(self, project: str, version: str) -> str:
        """Where a deploy folder goes: an embedded workspace serves those that lie in it."""
        platform = self._context.connection.platform
        if platform is not None and isinstance(platform.profile, EmbeddedProfile):
            return str(Path(platform.profile.folder) / "deploy" / project / version)
        begin = Path(self._context.settings.get(FOLDER) or Path.home())
        return str(begin / f"{project}-{version.lower()}")

    def _learn(self) -> None:
        """Find out which projects there are, as soon as a platform is open."""
        dialog, platform = self.dialog, self._context.connection.platform
        if dialog is not None and platform is not None:
            self._context.tasks.run(
                lambda _work: platform.registry.projects(),
                owner=dialog,
                title="Reading which projects there are",
                on_result=dialog.facts.set_known,
                routine=True,
            )

    def _look(self, path: str, trusted: bool) -> None:
        """What kind it is, by its first bytes; a pickle that nobody vouched for yet is not read."""
        dialog = self.dialog
        if dialog is None:
            return
        file = Path(path).expanduser()

        def looked(kind: Kind) -> None:
            if kind == "joblib" and not trusted:
                dialog.ask_trust()
            else:
                self._read(dialog, file)

        def failed(error: RelevoError) -> None:
            dialog.end()
            dialog.file.set_error(describe_error(error))

        dialog.work(f"Looking at {file.name}")
        self._task = self._context.tasks.run(
            lambda _work: kind_of(file),
            owner=dialog,
            title=f"Looking at {file.name}",
            on_result=looked,
            on_error=failed,
            routine=True,
        )

    def _read(self, dialog: ModelFileDialog, file: Path) -> None:
        def read(work: Work) -> ArtifactDescription:
            return describe_isolated(file, work.progress)

        self._run(dialog, f"Reading {file.name}", read, dialog.show_described)

    def _write(self, given: GivenDescription) -> None:
        dialog = self.dialog
        if dialog is None:
            return
        file, folder = Path(dialog.path).expanduser(), Path(dialog.facts.folder.value()).expanduser()
        replace = dialog.facts.replaces

        def write(work: Work) -> Deploy:
            import_model_isolated(file, given, folder, replace=replace, progress=work.progress)
            return read_deploy(folder)

        def done(deploy: Deploy) -> None:
            dialog.accept()
            self.written.emit(folder, deploy)

        self._run(dialog, f"Writing {given.project} {given.version} from {file.name}", write, done)

    def _run(
        self, dialog: ModelFileDialog, title: str, do: Callable[[Work], T], done: Callable[[T], None]
    ) -> None:
        dialog.work(title)
        self._task = self._context.tasks.run(
            do,
            owner=dialog,
            title=title,
            on_result=done,
            on_error=dialog.error.show_error,
            on_progress=dialog.progress,
            on_end=dialog.end,
            cancellable=True,
            long=True,
        )

    def _closed(self) -> None:
        """Closing it is how reading and writing are given up."""
        if self._task is not None:
            self._task.cancel()
        self._task = self.dialog = None


def kind_of(file: Path) -> Kind:
    """A file's kind by its first bytes, without running anything.

    Raises:
        NotFound: it is not there, or cannot be read.
        InvalidInput: it is no model that is known.
    """
    try:
        return recognise_file(file)
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}") from error

"""From the Projects page: a model file becomes a deploy folder, which is then published or launched."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.connection.platform import Platform
from app.context import Context
from app.error_text import describe_error
from app.pages.projects.view import ProjectsView
from app.pages.shared.model_file_import import ModelFileImport
from services.errors import NotFound, RelevoError
from services.model_server.deploy import Deploy
from services.profiles.profile import PlatformProfile
from services.publish.publisher import publish_version
from services.registry.model import Version
from widgets.theme import State


class ModelImport(QObject):
    """The page's action "From a model file…", and what it offers once the folder is written."""

    def __init__(self, view: ProjectsView, context: Context) -> None:
        super().__init__(view)
        self._view, self._context = view, context
        self.files = ModelFileImport(self, context)
        self.files.written.connect(self._folder_written)
        view.import_model.triggered.connect(self.open_dialog)
        view.empty.action_requested.connect(self.open_dialog)

    def open_dialog(self) -> None:
        """Open the dialog."""
        self.files.ask(self._view.window())

    def _folder_written(self, folder: Path, deploy: Deploy) -> None:
        platform = self._context.connection.platform
        message = f"The deploy folder of {deploy.project} {deploy.version} is written."
        if platform is None:
            self._show_notice("Written", message, note=f"Open a platform to publish it. {folder}")
            return
        profile = platform.profile
        if isinstance(profile, PlatformProfile) and profile.platform:
            launch = partial(self._context.bus.launch_requested.emit, str(folder))
            self._view.notice.show_message(
                "Written", message, note=str(folder), action="Launch…", run=launch
            )
        else:
            publish = partial(self._publish, platform, folder, deploy)
            self._view.notice.show_message(
                "Written", message, note=str(folder), action="Publish", run=publish
            )
        self._view.show_list()

    def _publish(self, platform: Platform, folder: Path, deploy: Deploy) -> None:
        def publish() -> tuple[Version, bool]:
            version = publish_version(folder, platform.gateway).version(deploy.version)
            if version is None:
                raise NotFound(f"the gateway does not list {deploy.project} {deploy.version}")
            return version, platform.serve(folder, version.project, version.name)

        self._context.tasks.run(
            lambda _work: publish(),
            owner=self,
            title=f"Publishing {deploy.project} {deploy.version}",
            on_result=lambda done: self._published(*done, folder),
            on_error=self._failed,
            long=True,
        )

    def _published(self, version: Version, served: bool, folder: Path) -> None:
        starts = "Its service starts." if served else f"To serve it: relevo serve {folder}"
        self._show_notice(
            "Published", f"{version.project} {version.name} is registered: {version.mode}.", note=starts
        )
        self._context.bus.registry_changed.emit(version.project)

    def _failed(self, error: RelevoError) -> None:
        self._view.notice.show_message("Not published", describe_error(error), state=State.BAD)

    def _show_notice(self, word: str, message: str, *, note: str) -> None:
        self._view.notice.show_message(word, message, note=note)
        self._view.show_list()

"""From the Platform page: versions brought into production, and places to develop in."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox

from app.context import Context
from app.pages.platform.actions import NOBODY, PlatformActions
from app.pages.platform.development_dialog import DevelopmentDialog
from app.pages.platform.launch_dialog import LaunchDialog, LaunchRequest
from app.pages.platform.presenter import PlatformPresenter
from app.pages.shared.model_file_import import ModelFileImport
from app.tasks import Work
from services.client import GatewayClient
from services.containers.addresses import LocalEngine
from services.containers.interface import Capability, Instance
from services.containers.kinds import runtime_on
from services.containers.model import SwarmState
from services.development.access import DevelopmentPage, development_page, interpreter_settings
from services.development.containers import DevelopmentRequest, ensure_image, start_development_container
from services.development.templates import Template, templates
from services.errors import InvalidInput
from services.model_server.deploy import read_deploy
from services.platform.launch_target import launch_target
from services.publish.csv_rows import read_rows
from services.publish.launching import Launcher
from services.publish.publisher import publish_training, publish_training_predictions
from widgets.actions import ExplainedAction
from widgets.plain_text import show_plain_texts

if TYPE_CHECKING:
    from services.containers.engine.engine import Engine


class LaunchActions(QObject):
    """Two actions of the page: launching a version, and a development container."""

    def __init__(
        self, platform_actions: PlatformActions, presenter: PlatformPresenter, context: Context
    ) -> None:
        super().__init__(platform_actions)
        self._platform_actions, self._presenter, self._context = platform_actions, presenter, context
        self._folder = ""  # that waits to be launched, until the platform has been looked at
        self.files = ModelFileImport(self, context)
        self.files.written.connect(self._written)
        self.launch = self._platform_actions.action(
            "Launch a version…",
            "From a deploy folder or an image to a running version",
            "start",
            self.ask_launch,
        )
        self.develop = self._platform_actions.action(
            "Development container…",
            "JupyterLab, RStudio, or PyCharm’s interpreter",
            "add",
            self._ask_development,
        )
        presenter.looked.connect(self.update_actions)
        context.engine_connection.changed.connect(self.update_actions)
        self.update_actions()

    @property
    def actions(self) -> tuple[ExplainedAction, ...]:
        """In the order of the bar."""
        return (self.launch, self.develop)

    def update_actions(self) -> None:
        """Block what cannot be done, each with its reason."""
        offline = self._platform_actions.offline
        self.launch.set_blocked(offline or ("" if self._presenter.state is not None else NOBODY))
        self.develop.set_blocked(offline)
        if self._folder and not self.launch.blocked:
            self.ask_launch(self._folder)

    # A version.

    def ask_launch(self, folder: str = "") -> None:
        """Open the dialog, with a deploy folder filled in if one is given, as soon as that can be."""
        self._folder = folder if self.launch.blocked else ""
        if self.launch.blocked or self._platform_actions.dialog is not None:
            return
        info = self._context.engine_connection.info
        scalable = info is not None and info.swarm is SwarmState.MANAGER
        dialog = LaunchDialog(self._presenter.name, scalable=scalable, parent=self._platform_actions.window)
        dialog.wanted.connect(self.launch_version)
        dialog.model_file_requested.connect(lambda: self.files.ask(dialog))
        if folder:
            dialog.set_folder(folder)
        self._platform_actions.show(dialog)

    def _written(self, folder: Path) -> None:
        if isinstance(self._platform_actions.dialog, LaunchDialog):
            self._platform_actions.dialog.set_folder(str(folder))

    def launch_version(self, launch: LaunchRequest) -> None:
        """Bring it up; its training set is stored where one was named."""
        name, gateway = self._presenter.name, self._gateway()
        if launch.training and gateway is None:
            self._platform_actions.fail(InvalidInput(
                f"The training set goes through the gateway of {name}, which this window has not opened",
                remedy=f"Open the profile of {name} first (Settings), or launch without the training set.",
            ))  # fmt: skip
            return

        def work_on(engine: "Engine", work: Work) -> Instance:
            runtime = runtime_on(engine, name)
            if launch.options.replicas > 1 and Capability.SCALE not in runtime.capabilities:
                raise InvalidInput("Several replicas need a platform that was set up on a Swarm")
            launcher = Launcher(engine, runtime, launch_target(engine, name))
            if not launch.folder:
                return launcher.launch_image(
                    launch.image, launch.project, launch.version, launch.options, work.progress
                )
            folder = Path(launch.folder)
            instance = launcher.launch_folder(
                folder, launch.options, work.progress, self._platform_actions.append_output
            )
            if launch.training and gateway is not None:
                store_training(gateway, folder, Path(launch.training), work)
            return instance

        what = Path(launch.folder).name if launch.folder else launch.image
        self._platform_actions.begin_output(f"Launching {what}")
        self._platform_actions.run(f"Launching {what}", work_on, self._launched)

    def _launched(self, instance: Instance) -> None:
        self._context.bus.registry_changed.emit(instance.project)

    def _gateway(self) -> GatewayClient | None:
        """The gateway of the shown platform, if this window has opened it."""
        platform = self._context.connection.platform
        named = getattr(platform.profile, "platform", "") if platform is not None else ""
        return platform.gateway if platform is not None and named == self._presenter.name else None

    # A place to develop in.

    def _ask_development(self) -> None:
        found, damaged = templates(self._context.paths.templates)
        engine = self._context.engine_connection.engine
        if engine is None:
            return
        state = self._presenter.state
        dialog = DevelopmentDialog(
            found, damaged, platform=state.name if state is not None else "",
            local=isinstance(engine.address, LocalEngine), parent=self._platform_actions.window,
        )  # fmt: skip
        dialog.wanted.connect(self.develop_in)
        self._platform_actions.show(dialog)

    def develop_in(self, template: Template, request: DevelopmentRequest) -> None:
        """Start the container and open its page; or have the image ready, and show PyCharm's settings."""
        self._platform_actions.begin_output(f"Preparing {template.title}")
        if template.access.kind == "interpreter":
            self._platform_actions.run(
                f"Preparing {template.title}",
                lambda engine, work: self._settings(engine, template, request, work),
                self._show_settings,
            )
            return

        def start(engine: "Engine", work: Work) -> DevelopmentPage:
            container = start_development_container(
                engine, template, request, work.progress, self._platform_actions.append_output
            )
            return development_page(engine, container)

        self._platform_actions.run(f"Starting {request.name}", start, self._open)

    def _settings(
        self, engine: "Engine", template: Template, request: DevelopmentRequest, work: Work
    ) -> str:
        ensure_image(engine, template, work.progress, self._platform_actions.append_output)
        return interpreter_settings(engine.address, template, request.folder).text()

    def _show_settings(self, text: str) -> None:
        box = self._box(
            "PyCharm’s remote interpreter", text, "Settings › Python Interpreter › Add › On Docker"
        )
        copy = box.addButton("Copy", QMessageBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        box.open()

    def _open(self, page: DevelopmentPage) -> None:
        if page.user or page.tunnel:
            words = [f"User {page.user}, password {page.password}"] if page.user else []
            tunnel = [f"First make it reachable from here: {page.tunnel}"] if page.tunnel else []
            box = self._box("It is ready", page.url.partition("?")[0], "\n".join([*words, *tunnel]))
            button = box.addButton("Open in browser", QMessageBox.ButtonRole.AcceptRole)
            button.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(page.url)))
            box.open()
            return
        QDesktopServices.openUrl(QUrl(page.url))

    def _box(self, title: str, text: str, more: str) -> QMessageBox:
        box = QMessageBox(
            QMessageBox.Icon.NoIcon,
            title,
            text,
            QMessageBox.StandardButton.Close,
            self._platform_actions.window,
        )
        box.setInformativeText(more)
        show_plain_texts(box)
        box.finished.connect(box.deleteLater)
        return box


def store_training(gateway: GatewayClient, folder: Path, file: Path, work: Work) -> None:
    """Store a project's training set and what the version of a deploy folder predicts on it."""
    deploy = read_deploy(folder)
    work.progress(None, f"Reading {file.name}")
    delimiter = ";" if ";" in file.open(encoding="utf-8").readline() else ","
    rows = read_rows(file, deploy.signature, delimiter=delimiter)
    publish_training(gateway, deploy.project, deploy.signature, rows)
    publish_training_predictions(
        gateway,
        deploy.project,
        deploy.version,
        signature=deploy.signature,
        rows=rows,
        progress=work.progress,
    )

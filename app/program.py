"""The whole program behind the window: its parts, and how they are wired."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.activity import Activity
from app.connection.engine_connection import EngineConnection, open_engine_at
from app.connection.hosts import Hosts
from app.connection.platform_connection import PlatformConnection
from app.connection.reconnecting import ConnectionState
from app.context import Context, EventBus
from app.dialogs.crash import CrashReporter
from app.dialogs.help import HelpWindow
from app.export_saver import ExportSaver
from app.layout_state import LayoutState
from app.pages.containers.page import ContainersPage
from app.pages.monitor.actions import MonitorActions
from app.pages.monitor.last_seen import LastSeenWriter
from app.pages.monitor.page import MonitorPage
from app.pages.monitor.presenter import MonitorPresenter
from app.pages.monitor.version_health import VersionHealth
from app.pages.page import Page
from app.pages.platform.page import PlatformPage
from app.pages.registry import PageEntry
from app.paths import AppPaths
from app.settings import PROFILE, THEME, Settings
from app.shell.activity_view import ActivityView
from app.shell.connection_view import ConnectionView
from app.shell.host_dialogs import HostDialogs
from app.shell.outage_view import OutageView
from app.shell.palette import Palette
from app.shell.profile_dialogs import ProfileDialogs
from app.shell.window import Shell
from services.containers.hosts import HostFolder
from services.profiles.profile import EmbeddedProfile, ProfileFolder
from services.profiles.registries import RegistrySignIns
from widgets.theme import Appearance, theme


class Program(QObject):
    """Made on the GUI thread after the first paint; `close` after the event loop."""

    def __init__(
        self,
        shell: Shell,
        monitor: MonitorPage,
        settings: Settings,
        paths: AppPaths,
        connection: PlatformConnection,
    ) -> None:
        super().__init__(shell)
        self.shell = shell
        tasks = connection.tasks
        sign_ins = RegistrySignIns(connection.secrets)
        engine_connection = EngineConnection(
            tasks, opener=partial(open_engine_at, credentials=sign_ins.get), parent=self
        )
        self.context = Context(
            tasks=tasks,
            activity=Activity(tasks, self),
            settings=settings,
            connection=connection,
            profiles=ProfileFolder(paths.profiles),
            secrets=connection.secrets,
            paths=paths,
            bus=EventBus(self),
            engine_connection=engine_connection,
            hosts=Hosts(HostFolder(paths.hosts), engine_connection, settings, self),
        )
        self.crashes = CrashReporter(shell)
        self.help: HelpWindow | None = None
        self.dialogs = ProfileDialogs(shell, self.context)
        self.host_dialogs = HostDialogs(shell, tasks, self.context.hosts)
        self.export_saver = ExportSaver(shell, tasks, settings)
        self.palette = Palette(shell, self.context, monitor)
        self.outage_view = OutageView(shell, self.context)
        self.connection_view = ConnectionView(shell, self.context, self.dialogs, self.outage_view)
        self.activity_view = ActivityView(shell, self.context)
        self.presenter = MonitorPresenter(monitor, self.context)
        self.version_health = VersionHealth(monitor, self.presenter, self.context)
        self.actions = MonitorActions(monitor, self.presenter, self.context)
        self.memory = LastSeenWriter(monitor, self.presenter, self.context)
        self._monitor = monitor
        self._connect()

    def begin(self, profile: str, workspace: str) -> None:
        """Open the profile of this name, or this folder, or what was open last."""
        self.crashes.install()
        self.shell.set_maker(self._make)
        context = self.context
        context.hosts.resume()
        if workspace:
            folder = Path(workspace).expanduser().resolve()
            context.connection.open(EmbeddedProfile(folder.name, str(folder)))
            return
        name = profile or context.settings.get(PROFILE)
        if name and context.profiles.get(name) is not None:
            self.dialogs.open(name)

    def close(self) -> None:
        """Close windows of their own and the platform; the tasks have ended before."""
        self.crashes.uninstall()
        if self.help is not None:
            self.help.close()
        self.context.engine_connection.close()
        self.context.connection.close()

    def _make(self, entry: PageEntry) -> Page:
        page = entry.create(self.context)
        page.export_requested.connect(self.export_saver.save)
        page.keep_layout(LayoutState(self.context.settings))
        return page

    def _connect(self) -> None:
        context, shell = self.context, self.shell
        context.tasks.bug.connect(lambda task: self.crashes.show(task.trace))
        context.settings.changed.connect(self._setting_changed)
        context.connection.opened.connect(lambda platform: context.hosts.follow(platform.profile))
        context.bus.page_requested.connect(shell.go_to)
        context.bus.project_requested.connect(self._show_project)
        context.bus.launch_requested.connect(self._launch)
        context.bus.container_requested.connect(self._show_log)
        shell.help_requested.connect(self._show_help)
        shell.closed.connect(self._close_others)
        self._monitor.metrics.export_requested.connect(self.export_saver.save)
        self.presenter.plot.export_requested.connect(self.export_saver.save)
        self._monitor.empty.action_requested.connect(self._connect_somewhere)

    def _connect_somewhere(self) -> None:
        """From an empty Monitor: open the only profile there is, choose one of several, or make one."""
        names = self.context.profiles.names()
        if not names:
            self.dialogs.edit("")
        elif len(names) == 1 and self.context.connection.state is ConnectionState.NONE:
            self.dialogs.open(names[0])
        else:
            self.shell.go_to("settings")

    def _show_project(self, name: str) -> None:
        self.presenter.select_project(name)
        self.shell.go_to("monitor")

    def _launch(self, folder: str) -> None:
        self.shell.go_to("platform")
        if isinstance(self.shell.page, PlatformPage):
            self.shell.page.launches.ask_launch(folder)

    def _show_log(self, container: str) -> None:
        self.shell.go_to("containers")
        if isinstance(self.shell.page, ContainersPage):
            self.shell.page.show_log(container)

    def _show_help(self, page: str) -> None:
        self.help = self.help or HelpWindow()
        self.help.open_at(page)

    def _close_others(self) -> None:
        if self.help is not None:
            self.help.close()

    def _setting_changed(self, key: str) -> None:
        if key == THEME.key:
            theme().wear(Appearance(self.context.settings.get(THEME)))

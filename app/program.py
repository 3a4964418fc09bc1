"""The whole program behind the window: its parts, and how they are wired."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.activity import Activity
from app.connection.dialogs import ConnectionDialogs
from app.connection.engine_link import EngineLink, open_usual
from app.connection.host_dialogs import HostDialogs
from app.connection.hosts import Hosts
from app.connection.link import Link
from app.connection.reconnecting import LinkState
from app.context import Bus, Context
from app.dialogs.crash import CrashReporter
from app.dialogs.help import HelpWindow
from app.layout_state import remember_columns, remember_splitter, remember_table
from app.pages.activity.page import ActivityPage
from app.pages.containers.page import ContainersPage
from app.pages.images.page import ImagesPage
from app.pages.monitor.actions import MonitorActions
from app.pages.monitor.container_health import ContainerHealth
from app.pages.monitor.last_seen import LastSeenWriter
from app.pages.monitor.page import MonitorPage
from app.pages.monitor.presenter import MonitorPresenter
from app.pages.page import Page
from app.pages.platform.page import PlatformPage
from app.pages.projects.page import ProjectsPage
from app.pages.settings.page import SettingsPage
from app.paths import Places
from app.saving import Saver
from app.settings import PROFILE, THEME, Settings
from app.shell.link_view import LinkView
from app.shell.palette import Palette
from app.shell.window import Shell
from app.shell.work_view import WorkView
from services.containers.hosts import HostFolder
from services.profiles.profile import EmbeddedProfile, ProfileFolder
from services.profiles.registries import RegistrySignIns
from widgets.theme import Appearance, theme


class Program(QObject):
    """Made on the GUI thread after the first paint; `close` after the event loop."""

    def __init__(
        self, shell: Shell, monitor: MonitorPage, settings: Settings, places: Places, link: Link
    ) -> None:
        super().__init__(shell)
        self.shell = shell
        tasks = link.tasks
        sign_ins = RegistrySignIns(link.secrets)
        engine_link = EngineLink(tasks, opener=partial(open_usual, credentials=sign_ins.get), parent=self)
        self.context = Context(
            tasks=tasks,
            activity=Activity(tasks, self),
            settings=settings,
            link=link,
            profiles=ProfileFolder(places.profiles),
            secrets=link.secrets,
            places=places,
            bus=Bus(self),
            engine_link=engine_link,
            hosts=Hosts(HostFolder(places.hosts), engine_link, settings, self),
        )
        self.crashes = CrashReporter(shell)
        self.help: HelpWindow | None = None
        self.dialogs = ConnectionDialogs(shell, self.context)
        self.host_dialogs = HostDialogs(shell, tasks, self.context.hosts)
        self.saver = Saver(shell, tasks, settings)
        self.palette = Palette(shell, self.context, monitor)
        self.link_view = LinkView(shell, self.context, self.dialogs)
        self.work_view = WorkView(shell, self.context)
        self.presenter = MonitorPresenter(monitor, self.context)
        self.container_health = ContainerHealth(monitor, self.presenter, self.context)
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
            context.link.open(EmbeddedProfile(folder.name, str(folder)))
            return
        name = profile or context.settings.get(PROFILE)
        if name and context.profiles.get(name) is not None:
            self.dialogs.open(name)

    def close(self) -> None:
        """Close windows of their own and the platform; the tasks have ended before."""
        self.crashes.uninstall()
        if self.help is not None:
            self.help.close()
        self.context.engine_link.close()
        self.context.link.close()

    def _make(self, key: str) -> Page:
        makers = {
            "projects": self._projects,
            "containers": self._containers,
            "images": self._images,
            "platform": self._platform,
            "activity": self._activity,
            "settings": self._settings,
        }
        return makers[key]()

    def _projects(self) -> Page:
        page = ProjectsPage(self.context)
        page.export_requested.connect(self.saver.save)
        settings, detail = self.context.settings, page.detail
        tables = {
            "projects": page.table,
            "history": detail.history,
            "versions": detail.versions,
            "revisions": detail.revisions,
        }
        for key, table in tables.items():
            remember_table(settings, f"table-{key}", table)
        remember_splitter(settings, "panes-projects", page.panes)
        return page

    def _containers(self) -> Page:
        page = ContainersPage(self.context)
        page.export_requested.connect(self.saver.save)
        remember_columns(self.context.settings, "table-containers", page.table, page.table.view.head)
        remember_splitter(self.context.settings, "panes-containers", page.panes)
        return page

    def _images(self) -> Page:
        page = ImagesPage(self.context)
        page.export_requested.connect(self.saver.save)
        tables = {"images": page.table, "steps": page.details.steps, "tags": page.details.registry.table}
        for key, table in tables.items():
            remember_table(self.context.settings, f"table-{key}", table)
        remember_splitter(self.context.settings, "panes-images", page.panes)
        return page

    def _platform(self) -> Page:
        page = PlatformPage(self.context)
        page.export_requested.connect(self.saver.save)
        remember_table(self.context.settings, "table-parts", page.table)
        remember_splitter(self.context.settings, "panes-platform", page.panes)
        return page

    def _activity(self) -> Page:
        page = ActivityPage(self.context)
        page.table.export_requested.connect(self.saver.save)
        remember_table(self.context.settings, "table-activity", page.table)
        remember_splitter(self.context.settings, "panes-activity", page.panes)
        return page

    def _settings(self) -> Page:
        page = SettingsPage(self.context)
        page.profiles.table.export_requested.connect(self.saver.save)
        remember_table(self.context.settings, "table-profiles", page.profiles.table)
        return page

    def _connect(self) -> None:
        context, shell = self.context, self.shell
        context.tasks.bug.connect(lambda task: self.crashes.show(task.trace))
        context.settings.changed.connect(self._setting_changed)
        context.link.opened.connect(lambda platform: context.hosts.follow(platform.profile))
        context.bus.page_wanted.connect(shell.go_to)
        context.bus.project_wanted.connect(self._show_project)
        context.bus.launch_wanted.connect(self._launch)
        shell.help_wanted.connect(self._show_help)
        shell.closed.connect(self._close_others)
        self._monitor.metrics.export_requested.connect(self.saver.save)
        self.presenter.plot.export_requested.connect(self.saver.save)
        self._monitor.empty.action_requested.connect(self._connect_somewhere)

    def _connect_somewhere(self) -> None:
        """From an empty Monitor: open the only profile there is, choose one of several, or make one."""
        names = self.context.profiles.names()
        if not names:
            self.dialogs.edit("")
        elif len(names) == 1 and self.context.link.state is LinkState.NONE:
            self.dialogs.open(names[0])
        else:
            self.shell.go_to("settings")

    def _show_project(self, name: str) -> None:
        self.presenter.select_project(name)
        self.shell.go_to("monitor")

    def _launch(self, folder: str) -> None:
        self.shell.go_to("platform")
        if isinstance(self.shell.page, PlatformPage):
            self.shell.page.launching.ask_launch(folder)

    def _show_help(self, page: str) -> None:
        self.help = self.help or HelpWindow()
        self.help.open_at(page)

    def _close_others(self) -> None:
        if self.help is not None:
            self.help.close()

    def _setting_changed(self, key: str) -> None:
        if key == THEME.key:
            theme().wear(Appearance(self.context.settings.get(THEME)))

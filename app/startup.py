"""The window's start: the last seen data within a blink, everything heavy behind it.

Only Qt and small modules may be imported here: this file decides when the first paint comes. The store,
numpy and the plots are loaded by a task once that paint is done.
"""

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from app.gui_thread_gc import collecting_on_this_thread
from app.pages.monitor.last_seen import LastSeenFiles
from app.pages.monitor.page import MonitorPage
from app.paths import AppPaths, system_paths
from app.settings import LAST_SEEN, PROFILE, THEME, Settings
from app.shell.window import Shell
from widgets.theme import Appearance, theme

if TYPE_CHECKING:
    from app.connection.platform_connection import Opener
    from app.program import Program
    from app.tasks import Tasks

USAGE = "usage: relevo [--profile NAME | --workspace FOLDER]"


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """What to open: a profile by name, or a workspace folder; neither means the profile used last."""

    profile: str = ""
    workspace: str = ""


class Startup(QObject):
    """From nothing to the first paint, and from there to the whole program; `ready` carries it.

    Args:
        opener: how a profile becomes an open platform; the usual way when left out.
    """

    ready = Signal(object)

    def __init__(self, paths: AppPaths, request: OpenRequest, *, opener: "Opener | None" = None) -> None:
        super().__init__()
        self._opener = opener
        self._paths = paths
        self._request = request
        self.settings = Settings(paths)
        appearance = Appearance(self.settings.get(THEME))
        theme().prepare(appearance)
        self.monitor = MonitorPage()
        panes = self.monitor.panes
        panes.restoreState(self.settings.remembered("panes-monitor"))
        panes.splitterMoved.connect(lambda: self.settings.remember("panes-monitor", panes.saveState()))
        self.shell = Shell(self.settings, self.monitor)
        self.program: Program | None = None
        self.tasks: Tasks | None = None
        theme().wear(appearance)
        self._show_last_seen()
        self.shell.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Begin to load once the window has been painted."""
        if event.type() is QEvent.Type.Paint and self.tasks is None:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self.load)
        return False

    def load(self) -> None:
        """Load everything else off the GUI thread, then build the program on it."""
        from app.tasks import Tasks

        if self.tasks is not None:
            return
        self.tasks = Tasks(self)
        self.tasks.bug.connect(lambda task: sys.stderr.write(task.trace))
        self.tasks.run(
            lambda _work: import_module("app.program"),
            owner=self,
            title="Loading",
            on_result=lambda _module: self._build(),
        )

    def close(self) -> None:
        """End tasks, then the platform; waits for both."""
        if self.tasks is not None:
            self.tasks.close()
        if self.program is not None:
            self.program.close()

    def _build(self) -> None:
        from app.connection.platform import open_platform
        from app.connection.platform_connection import PlatformConnection
        from app.program import Program
        from services.profiles.secrets import Secrets

        if self.tasks is None:
            return
        connection = PlatformConnection(
            self.tasks, Secrets(), opener=self._opener or open_platform, parent=self
        )
        self.program = Program(self.shell, self.monitor, self.settings, self._paths, connection)
        self.program.begin(self._request.profile, self._request.workspace)
        self.ready.emit(self.program)

    def _show_last_seen(self) -> None:
        files = LastSeenFiles.of(self._paths.cache, self._last_seen_key())
        content = files.read()
        if content is None:
            self.monitor.show_loading()
            return
        self.monitor.snapshot.set_snapshot(files.read_picture(dark=theme().is_dark))
        self.monitor.show_view_model(content)

    def _last_seen_key(self) -> str:
        """What was last seen of the platform that is about to be opened; nothing of another one."""
        if self._request.workspace:
            return str(Path(self._request.workspace).expanduser().resolve())
        same = self._request.profile in {"", self.settings.get(PROFILE)}
        return self.settings.get(LAST_SEEN) if same else ""


def main(arguments: list[str]) -> int:
    """Open the window; returns the program's exit code."""
    request = parse_arguments(arguments)
    if request is None:
        sys.stderr.write(USAGE + "\n")
        return 2
    return run(request)


def parse_arguments(arguments: list[str]) -> OpenRequest | None:
    """What the command line asks for; None if it cannot be understood."""
    match arguments:
        case []:
            return OpenRequest()
        case ["--profile", name]:
            return OpenRequest(profile=name)
        case ["--workspace", folder]:
            return OpenRequest(workspace=folder)
        case _:
            return None


def run(request: OpenRequest, paths: AppPaths | None = None) -> int:
    """Open the window and stay until it is closed."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    # No display name: Qt would put it behind every title a second time.
    application.setApplicationName("relevo")
    with collecting_on_this_thread(application):
        start = Startup(paths or system_paths(), request)
        start.shell.show()
        code = application.exec()
        start.close()
    return code

"""Pictures of every page, taken of the real window on a real platform, with or without a display."""

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QSize,
    QTimer,
    QtMsgType,
    qFormatLogMessage,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from app.gui_thread_gc import collecting_on_this_thread
from app.pages.registry import FIRST, PAGES
from app.paths import AppPaths
from app.program import Program
from app.settings import PROJECT, SPAN, THEME, VARIABLE
from app.startup import OpenRequest, Startup
from services.errors import Unavailable
from services.profiles.profile import Profile, ProfileFolder
from widgets.theme import Appearance

SIZE = QSize(1280, 800)
TICK_MILLISECONDS = 50
STILL_TICKS = 8
LONGEST_TICKS = 1200
THEMES = (Appearance.LIGHT, Appearance.DARK)


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: its name, and how the window comes to show it."""

    name: str
    prepare: Callable[[Program], None]


def render_pages(
    profile: Profile, folder: Path, themes: Iterable[Appearance] = THEMES, *, size: QSize = SIZE
) -> list[Path]:
    """Open the window on a profile's platform and write one PNG per page and theme.

    Settings and cache of the person who runs it are left alone.

    Raises:
        Unavailable: the platform does not open, or a page does not show its data within a minute.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    folder.mkdir(parents=True, exist_ok=True)
    with (
        suppressed_size_warning(),
        collecting_on_this_thread(application),
        tempfile.TemporaryDirectory() as own,
    ):
        paths = AppPaths(Path(own) / "config", Path(own) / "cache", Path(own) / "data")
        ProfileFolder(paths.profiles).save(profile)
        start = Startup(paths, OpenRequest(profile=profile.name))
        photographer = _Photographer(start, folder, tuple(themes))
        start.shell.resize(size)
        start.shell.show()
        application.exec()
        start.shell.close()
        start.close()
    if photographer.failure:
        raise Unavailable(photographer.failure, remedy="The log folder of the workspace may say why.")
    return photographer.pictures


class _Photographer(QObject):
    """Goes from scene to scene; takes a picture once a page has been still for a moment."""

    def __init__(self, start: Startup, folder: Path, themes: tuple[Appearance, ...]) -> None:
        super().__init__(start)
        self._start = start
        self._folder = folder
        self._themes = themes
        self._plan: Iterator[tuple[Appearance, Scene]] = iter(())
        self._scene: tuple[Appearance, Scene] | None = None
        self._still = self._waited = 0
        self.pictures: list[Path] = []
        self.failure = ""
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MILLISECONDS)
        self._tick.timeout.connect(self._check)
        self._tick.start()

    def _check(self) -> None:
        self._waited += 1
        program = self._start.program
        if self._waited > LONGEST_TICKS:
            self._end("The pages did not show their data in time")
        elif program is None or program.presenter.data is None:
            return
        elif self._scene is None:
            self._plan = ((theme, scene) for theme in self._themes for scene in scenes(program))
            self._next(program)
        else:
            page = self._start.shell.page
            self._still = self._still + 1 if page is not None and not page.refreshing() else 0
            self._start.shell.show_refresh()
            if self._still >= STILL_TICKS:
                self._save_picture(*self._scene)
                self._next(program)

    def _next(self, program: Program) -> None:
        self._scene = next(self._plan, None)
        self._still = self._waited = 0
        if self._scene is None:
            self._end("")
            return
        theme, scene = self._scene
        program.context.settings.put(THEME, theme.value)
        scene.prepare(program)

    def _save_picture(self, theme: Appearance, scene: Scene) -> None:
        path = self._folder / f"{scene.name}-{theme.value}.png"
        if not self._start.shell.grab().save(str(path)):
            self._end(f"{path} could not be written")
            return
        self.pictures.append(path)

    def _end(self, failure: str) -> None:
        self._tick.stop()
        self.failure = failure
        QApplication.quit()


def scenes(program: Program) -> list[Scene]:
    """Each page, and Monitor for each project's output and one input."""
    found: list[Scene] = []
    look = program.presenter.data
    projects = look.projects if look is not None else ()
    if not projects:
        found.append(Scene(FIRST, partial(_show, key=FIRST)))
    for name in projects[:4]:
        found.append(Scene(f"monitor-{name}", partial(_monitor, project=name, output=True)))
        found.append(Scene(f"monitor-{name}-input", partial(_monitor, project=name, output=False)))
    return found + [Scene(page.key, partial(_show, key=page.key)) for page in PAGES if page.key != FIRST]


def _show(program: Program, key: str) -> None:
    program.shell.go_to(key)
    if program.shell.page is not None:
        program.shell.page.select_first()


def _monitor(program: Program, project: str, *, output: bool) -> None:
    settings = program.context.settings
    settings.put(PROJECT, project)
    settings.put(SPAN, "all")
    settings.put(VARIABLE, "" if output else _first_input(program, project))
    program.shell.go_to("monitor")
    program.presenter.refresh()


def _first_input(program: Program, project: str) -> str:
    look = program.presenter.data
    if look is None or look.view is None or look.view.project.name != project:
        return ""
    return look.view.project.versions[0].signature.inputs[0].name


SIZE_WARNING = "This plugin does not support propagateSizeHints()"
"""Said by the platform plug-in `offscreen`, which has no window manager that could be told of sizes."""


@contextmanager
def suppressed_size_warning() -> Iterator[None]:
    """Hold back that line, and pass on all else that Qt says as Qt would write it."""

    def handle(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if message != SIZE_WARNING:
            sys.stderr.write(qFormatLogMessage(kind, context, message) + "\n")

    before = qInstallMessageHandler(handle)
    try:
        yield
    finally:
        qInstallMessageHandler(before)

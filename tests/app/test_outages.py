"""The window while a champion does not answer: unmissable, gone by itself, and kept in Activity."""

import contextlib
from collections.abc import Iterator

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QListWidget
from pytestqt.qtbot import QtBot

from app.activity import ActivityEntry
from app.pages.activity.page import ActivityPage
from app.pages.projects.page import ProjectsPage
from app.paths import AppPaths
from app.program import Program
from app.shell.outage_view import PAGES
from app.shell.sidebar import ALARM_ROLE
from app.startup import OpenRequest, Startup
from app.tasks import TaskState
from services.containers.interface import ServiceState, service_name
from services.profiles.workspace import EmbeddedPlatform
from services.publish.demo.demo import Demo
from services.publish.demo.traffic_replay import ReplayPace
from services.registry.model import Mode
from tests.waiting import eventually
from widgets.panels.confirm_change import ConfirmChangePanel
from widgets.panels.version_entry import VersionEntry
from widgets.panels.versions import ENTRY
from widgets.theme import State

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Two projects with a champion and a challenger each, as local processes."""
    with Demo(
        tmp_path_factory.mktemp("demo"), ReplayPace(0, 20, 0.1), lambda _done, _text: None
    ) as running:
        running.start_traffic()
        assert running.wait_for_traffic(120)
        yield running


@pytest.fixture
def window(demo: Demo, paths: AppPaths, qtbot: QtBot) -> Iterator[Program]:
    """A second window on the demo's workspace, where all is well."""
    start = Startup(paths, OpenRequest(workspace=str(demo.platform.folder)))
    start.shell.resize(1280, 800)
    start.shell.show()
    start.load()
    qtbot.waitUntil(lambda: start.program is not None and start.program.presenter.data is not None)
    assert start.program is not None
    program = start.program
    qtbot.waitUntil(lambda: state(program) == "well")
    yield program
    start.shell.close()
    start.close()
    start.shell.deleteLater()
    start.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def process_of(platform: EmbeddedPlatform, name: str) -> psutil.Process:
    def running() -> int:
        found = next(one for one in platform.state() if one.name == name)
        return found.process if found.state is ServiceState.RUNNING else 0

    return psutil.Process(eventually(running))


@contextlib.contextmanager
def stopped(platform: EmbeddedPlatform, name: str) -> Iterator[None]:
    """A process that stands still, as one that hangs does."""
    process = process_of(platform, name)
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def state(program: Program) -> str:
    """`well` while all of the frame is green and without a banner."""
    status, banner = program.shell.status, program.shell.banner
    greens = [
        item._dot._state is State.GOOD
        for item in (status.profile, status.gateway, status.store, status.champions)
    ]
    return "well" if all(greens) and banner.isHidden() else "not well"


def shown(program: Program) -> list[VersionEntry]:
    """The versions as Monitor lists them."""
    model = program._monitor.versions.findChild(QListWidget).model()
    rows = range(model.rowCount())
    return [model.index(row, 0).data(ENTRY) for row in rows]


def badges(program: Program) -> list[int]:
    sidebar = program.shell.sidebar
    return [sidebar.item(sidebar._keys.index(page)).data(ALARM_ROLE) or 0 for page in PAGES]


def projects_shown(program: Program) -> str:
    """The rows of the Projects page."""
    assert isinstance(program.shell.page, ProjectsPage)
    return program.shell.page.presenter._view.table.to_csv()


def rows_of(program: Program, who: str) -> list[ActivityEntry]:
    """The rows that Activity has of a version, such as `Champion A of iris`, newest first.

    Others may have theirs: on a busy machine services are slow to answer too.
    """
    entries = program.context.activity.entries
    return [one for one in entries if one.title.startswith(who) and "answer" in one.title]


def test_a_champion_that_hangs_is_on_every_page_and_its_end_too(
    demo: Demo, window: Program, qtbot: QtBot
) -> None:
    shell = window.shell
    with stopped(demo.platform, service_name("iris", "A")):
        qtbot.waitUntil(shell.banner.isVisible)
        assert "Champion A of iris does not answer" in shell.banner.accessibleName()
        assert badges(window) == [1, 1]
        assert "1 champion does not answer" in shell.sidebar.item(0).data(
            Qt.ItemDataRole.AccessibleTextRole
        )
        for item in (shell.status.profile, shell.status.champions):
            assert item._dot._state is State.BAD
        assert rows_of(window, "Champion A of iris")[0].title.endswith("does not answer")
        window.context.bus.project_requested.emit("iris")
        monitor = window._monitor
        qtbot.waitUntil(lambda: monitor.view_model.project == "iris")
        qtbot.waitUntil(lambda: "does not answer" in shown(window)[0].health)
        shell.go_to("projects")
        qtbot.waitUntil(lambda: "champion silent" in projects_shown(window))
    qtbot.waitUntil(lambda: state(window) == "well")
    assert badges(window) == [0, 0]
    entry = rows_of(window, "Champion A of iris")[0]
    assert entry.title.endswith("did not answer")
    assert entry.message.startswith("From ")
    assert entry.ended_at is not None
    qtbot.waitUntil(lambda: "silent" not in projects_shown(window))


@pytest.mark.restarts
def test_a_champion_that_was_killed_and_came_back_by_itself_leaves_a_trace(
    demo: Demo, window: Program, qtbot: QtBot
) -> None:
    before = len(rows_of(window, "Champion A of wine"))
    process_of(demo.platform, service_name("wine", "A")).kill()
    qtbot.waitUntil(lambda: len(rows_of(window, "Champion A of wine")) == before + 1)
    entry = rows_of(window, "Champion A of wine")[0]
    qtbot.waitUntil(lambda: entry.title.endswith("did not answer"), timeout=90_000)
    qtbot.waitUntil(lambda: state(window) == "well", timeout=90_000)
    assert entry.state is TaskState.FAILED


def test_the_log_of_a_silent_champion_is_one_press_away(demo: Demo, window: Program, qtbot: QtBot) -> None:
    shell = window.shell
    with stopped(demo.platform, service_name("iris", "A")):
        qtbot.waitUntil(shell.banner.isVisible)
        shell.banner.retry_requested.emit()
        dialog = window.outage_view.log
        assert dialog is not None
        qtbot.waitUntil(lambda: bool(dialog.text.toPlainText()))
        dialog.close()
        shell.go_to("activity")
        assert isinstance(shell.page, ActivityPage)
        table = shell.page.table
        table.select_keys([str(rows_of(window, "Champion A of iris")[0].number)])
        assert table.log_action.blocked == ""
        table.log_action.trigger()
        again = window.outage_view.log
        assert again is not None
        assert again is not dialog
        qtbot.waitUntil(lambda: bool(again.text.toPlainText()))
        again.close()
    qtbot.waitUntil(lambda: state(window) == "well")


def test_a_challenger_that_hangs_is_marked_but_raises_no_banner(
    demo: Demo, window: Program, qtbot: QtBot
) -> None:
    window.context.bus.project_requested.emit("iris")
    monitor = window._monitor
    qtbot.waitUntil(lambda: monitor.view_model.project == "iris")
    with stopped(demo.platform, service_name("iris", "B")):
        qtbot.waitUntil(lambda: "does not answer" in [one.health for one in shown(window)])
        assert window.shell.banner.isHidden()
        assert badges(window) == [0, 0]
        entry = rows_of(window, "Challenger B of iris")[0]
        assert entry.title.endswith("does not answer")
    qtbot.waitUntil(lambda: entry.title.endswith("did not answer"))


def test_nothing_is_green_while_the_gateway_says_nothing(demo: Demo, window: Program, qtbot: QtBot) -> None:
    window.context.bus.project_requested.emit("iris")
    monitor, status = window._monitor, window.shell.status
    qtbot.waitUntil(lambda: monitor.view_model.project == "iris")
    qtbot.waitUntil(lambda: "healthy" in [one.health for one in shown(window)])
    with stopped(demo.platform, "gateway"):
        qtbot.waitUntil(window.shell.banner.isVisible)
        assert "Gateway unreachable" in window.shell.banner.accessibleName()
        greens = [
            item.text()
            for item in (status.profile, status.gateway, status.champions)
            if item._dot._state is State.GOOD
        ]
        assert greens == []
        assert State.GOOD not in [one.state for one in shown(window)]
    qtbot.waitUntil(lambda: state(window) == "well")


def ask_for_champion(window: Program, version: str, qtbot: QtBot) -> ConfirmChangePanel:
    """Choose a version of wine on Monitor and ask for it as champion."""
    window.context.bus.project_requested.emit("wine")
    monitor = window._monitor
    qtbot.waitUntil(lambda: monitor.view_model.project == "wine")
    qtbot.waitUntil(lambda: {one.mode for one in shown(window) if one.name == version} == {Mode.CHALLENGER})
    monitor.versions.select(version)
    qtbot.waitUntil(monitor.promote.isEnabled)
    monitor.promote.trigger()
    assert window.actions.champion.dialog is not None
    return window.actions.champion.dialog.panel


def test_a_silent_version_becomes_champion_only_with_a_tick_and_nothing_is_called_done(
    demo: Demo, window: Program, qtbot: QtBot
) -> None:
    notice = window._monitor.notice
    with stopped(demo.platform, service_name("wine", "B")):
        panel = ask_for_champion(window, "B", qtbot)
        line = panel.reason.editor
        qtbot.keyClicks(line, "to see")
        qtbot.waitUntil(panel.anyway.isVisible)
        qtbot.keyClick(line, Qt.Key.Key_Return)
        assert "Tick" in panel.reason.error()
        panel.anyway.setChecked(True)
        qtbot.keyClick(line, Qt.Key.Key_Return)
        qtbot.waitUntil(notice.isVisible)
        assert "Changed, but silent" in notice.banner.accessibleName()
        qtbot.waitUntil(window.shell.banner.isVisible)
        assert "Champion B of wine" in window.shell.banner.accessibleName()
    qtbot.waitUntil(lambda: state(window) == "well")
    panel = ask_for_champion(window, "A", qtbot)
    qtbot.keyClicks(panel.reason.editor, "back")
    qtbot.keyClick(panel.reason.editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: notice.banner.accessibleName().startswith("Done: A is the champion"))
    assert notice.banner.note().endswith("The gateway answers with it.")

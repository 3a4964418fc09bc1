"""The frame: what is painted first, the keyboard, what is remembered, faults and the end."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.pages.registry import PAGES
from app.paths import AppPaths
from app.settings import THEME
from app.startup import OpenRequest, Startup, main, parse_arguments
from app.tasks import TaskState, Work
from services.store.interface import Store

OpenWindow = Callable[..., Any]
CONTROL = Qt.KeyboardModifier.ControlModifier


def test_the_next_start_shows_the_last_seen_data_before_anything_is_loaded(
    open_window: OpenWindow, wine: Store, paths: AppPaths, tmp_path: Any, qtbot: QtBot
) -> None:
    first = open_window()
    first.wait_for_data()
    qtbot.waitUntil(lambda: len(list(paths.cache.glob("*.png"))) == 1)
    rows = first.start.monitor.view_model.rows
    first.start.shell.close()
    second = Startup(paths, OpenRequest(workspace=str(tmp_path / "workspace")))
    assert second.tasks is None
    assert second.monitor.view_model.rows == rows
    assert second.monitor.snapshot.has_snapshot()
    assert second.monitor.promote.blocked == "Starting…"
    second.shell.deleteLater()


def test_last_seen_data_that_cannot_be_read_are_passed_over(
    open_window: OpenWindow, wine: Store, paths: AppPaths, tmp_path: Any, qtbot: QtBot
) -> None:
    first = open_window()
    first.wait_for_data()
    qtbot.waitUntil(lambda: len(list(paths.cache.glob("*.json"))) == 1)
    qtbot.waitUntil(lambda: not first.program.context.tasks.running)
    first.start.shell.close()
    next(paths.cache.glob("*.json")).write_bytes(b'{"format": 1, "project": \xff')
    second = Startup(paths, OpenRequest(workspace=str(tmp_path / "workspace")))
    assert second.monitor.view_model.project == ""
    second.shell.deleteLater()


def test_control_and_a_number_go_to_pages_and_the_page_is_remembered(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    shell = window.start.shell
    for number, page in reversed(list(enumerate(PAGES, start=1))):
        qtbot.keyClick(shell, Qt.Key(Qt.Key.Key_0 + number), CONTROL)
        assert shell.page_key == page.key
    shell.go_to("activity")
    shell.resize(1100, 700)
    shell.close()
    again = open_window()
    assert again.start.shell.page_key == "activity"


def test_columns_and_panes_are_as_the_person_left_them(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.start.shell.go_to("projects")
    header = window.start.shell.page.table.view.horizontalHeader()
    header.resizeSection(1, 173)
    header.moveSection(3, 1)
    window.start.shell.close()
    again = open_window()
    header = again.start.shell.page.table.view.horizontalHeader()
    assert header.sectionSize(1) == 173
    assert header.visualIndex(3) == 1


def test_the_page_stays_where_it_is_when_work_begins_and_ends(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    shell, heights = window.start.shell, set()
    for titles, cancellable in (([], True), (["Counting"], True), (["Ending"], False), ([], True)):
        shell.status.show_work(titles, None, cancellable=cancellable)
        qtbot.waitUntil(lambda shown=bool(titles): shell.status.work.isVisible() is shown)
        qtbot.wait(50)  # a layout is made anew only when Qt comes to it
        heights.add(shell.stack.height())
    assert len(heights) == 1


def test_the_palette_finds_a_project_and_goes_there(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    shell, panel = window.start.shell, window.program.palette.panel
    qtbot.keyClick(shell, Qt.Key.Key_4, CONTROL)
    qtbot.keyClick(shell, Qt.Key.Key_K, CONTROL)
    assert panel.isVisible()
    qtbot.keyClicks(panel.focusProxy(), "wine")
    qtbot.keyClick(panel.focusProxy(), Qt.Key.Key_Return)
    assert not panel.isVisible()
    assert shell.page_key == "monitor"


def test_the_palette_offers_what_the_page_can_do_and_why_it_cannot(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    commands = {command.title: command.blocked for command in window.program.palette._commands()}
    assert commands["To champion…"] == ""
    assert "gateway" in commands["Retrain B…"]


@pytest.mark.parametrize("page", [page.key for page in PAGES])
def test_f1_opens_the_help_of_the_page(
    open_window: OpenWindow, wine: Store, qtbot: QtBot, page: str
) -> None:
    window = open_window()
    window.start.shell.go_to(page)
    qtbot.keyClick(window.start.shell, Qt.Key.Key_F1)
    browser = window.program.help.browser
    assert browser.source().fileName() == f"{page}.md"
    assert len(browser.toPlainText()) > 100
    qtbot.waitUntil(window.program.help.isActiveWindow)
    qtbot.keyClick(browser, Qt.Key.Key_Escape)
    assert not window.program.help.isVisible()


def test_a_bug_in_a_task_opens_the_crash_window_with_the_trace_to_copy(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window()
    window.program.context.tasks.run(lambda _work: list(range(1))[1], owner=window.start, title="Index")
    qtbot.waitUntil(lambda: window.program.crashes.window is not None)
    crash = window.program.crashes.window
    crash.copy_button.click()
    assert "IndexError" in QGuiApplication.clipboard().text()
    assert "Python 3" in QGuiApplication.clipboard().text()
    failed = window.program.context.activity.entries[0]
    assert (failed.state, "IndexError" in failed.details) == (TaskState.FAILED, True)
    crash.close()
    qtbot.waitUntil(lambda: window.program.crashes.window is None)


def test_a_bug_in_the_gui_thread_opens_the_crash_window_too(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    window.program.crashes._previous = lambda *_: None
    window.program.crashes._hook(KeyError, KeyError("column"), None)
    qtbot.waitUntil(lambda: window.program.crashes.window is not None)
    assert "KeyError: 'column'" in window.program.crashes.window.trace.toPlainText()
    window.program.crashes.window.close()


def test_work_is_in_the_status_line_and_its_cross_cancels_it(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    status = window.start.shell.status
    qtbot.waitUntil(lambda: window.program.context.connection.platform is not None)

    def work(work: Work) -> None:
        while True:
            work.progress(0.62, "row 62")
            threading.Event().wait(0.01)

    task = window.program.context.tasks.run(
        work, owner=window.start, title="Counting all rows", cancellable=True
    )
    qtbot.waitUntil(status.work.isVisible)
    status.work.cancel_requested.emit()
    qtbot.waitUntil(lambda: task.state is TaskState.CANCELLED)
    qtbot.waitUntil(lambda: not status.work.isVisible())


def test_closing_while_a_task_runs_leaves_no_thread(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    started = threading.Event()

    def work(work: Work) -> None:
        started.set()
        while True:
            work.check()
            threading.Event().wait(0.005)

    window.program.context.tasks.run(work, owner=window.start, title="Endless")
    qtbot.waitUntil(started.is_set)
    window.start.shell.close()
    window.start.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("relevo-task")]


def test_the_theme_changes_at_once_and_plots_with_it(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    plot = window.program.presenter.plot.current
    window.program.context.settings.put(THEME, "light")
    light = plot.snapshot().pixelColor(3, plot.height() // 2).lightness()
    window.program.context.settings.put(THEME, "dark")
    dark = plot.snapshot().pixelColor(3, plot.height() // 2).lightness()
    window.program.context.settings.put(THEME, "light")
    assert light > 200
    assert dark < 80


def test_a_command_line_that_cannot_be_understood_is_told_without_a_window(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--profile"]) == 2
    assert "--workspace FOLDER" in capsys.readouterr().err
    assert parse_arguments(["--workspace", "x"]) == OpenRequest(workspace="x")

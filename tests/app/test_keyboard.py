"""By keyboard alone, and read aloud: every page can be walked through, and each control has a name."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.pages.registry import PAGES
from app.shell.window import Shell
from services.store.interface import Store

OpenWindow = Callable[..., Any]
CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QTabBar,
    QTextEdit,
)  # fmt: skip
KEYS = [page.key for page in PAGES]


def open_page(window: Any, qtbot: QtBot, key: str) -> Any:
    window.wait_for_data()
    shell = window.start.shell
    shell.go_to(key)
    qtbot.waitUntil(lambda: not shell.page.refreshing())
    if key == "projects":
        shell.page.presenter.select_first()
        qtbot.waitUntil(lambda: shell.page.details_view.details is not None)
    shell.activateWindow()
    qtbot.waitUntil(shell.isActiveWindow)
    return shell


def spoken(widget: QWidget) -> str:
    """What a screen reader calls a control."""
    return widget.accessibleName() or QAccessible.queryAccessibleInterface(widget).text(
        QAccessible.Text.Name
    )


def controls(within: QWidget) -> list[QWidget]:
    """What a person may go to with Tab, now or once it is shown; without the parts that Qt puts inside."""
    return [
        one
        for kind in CONTROLS
        for one in within.findChildren(kind)
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus and not one.isHidden() and not is_inner(one)
    ]


def is_inner(widget: QWidget) -> bool:
    """Whether another control holds it, as a box of numbers holds its line."""
    parent = widget.parent()
    while parent is not None:
        if isinstance(parent, CONTROLS):
            return True
        parent = parent.parent()
    return widget.objectName().startswith("qt_")


def walk(shell: Shell, qtbot: QtBot) -> list[QWidget]:
    """The controls that Tab goes through, from the sidebar until it is there again."""
    shell.sidebar.setFocus()
    stops: list[QWidget] = [shell.sidebar]
    for _ in range(200):
        focused = QApplication.focusWidget()
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
        after = QApplication.focusWidget()
        if after is shell.sidebar:
            return stops
        if after is not stops[-1]:  # a box of date and time has several stops of its own
            stops.append(after)
    raise AssertionError(f"Tab does not come back: {[spoken(stop) for stop in stops]}")


@pytest.mark.parametrize("key", KEYS)
def test_every_control_of_a_page_has_a_name(
    open_window: OpenWindow, wine: Store, qtbot: QtBot, key: str
) -> None:
    shell = open_page(open_window(), qtbot, key)
    found = controls(shell)
    assert len(found) > 4
    # The text of a button in a banner comes with the banner's message, before both are shown.
    named = [one for one in found if one.isVisible() or not isinstance(one, QPushButton)]
    assert not [one for one in named if not spoken(one)]


@pytest.mark.parametrize("key", KEYS)
def test_tab_reaches_every_control_once_and_comes_back(
    open_window: OpenWindow, wine: Store, qtbot: QtBot, key: str
) -> None:
    shell = open_page(open_window(), qtbot, key)
    stops = walk(shell, qtbot)
    assert len(stops) == len(set(map(id, stops)))
    assert all(spoken(stop) for stop in stops)
    missed = [
        one for one in controls(shell.page) if one.isVisible() and one.isEnabled() and one not in stops
    ]
    assert not missed, [spoken(one) for one in missed]


def test_on_monitor_tab_follows_the_eye(open_window: OpenWindow, wine: Store, qtbot: QtBot) -> None:
    shell = open_page(open_window(), qtbot, "monitor")
    names = [spoken(stop) for stop in walk(shell, qtbot)]
    wanted = [
        "Pages", "Project", "Rows asked in the last 24 hours", "To champion…", "Variable",
        "Plot labelled live rows", "A  312 rows", "Zoom in (+)", "Predicted against real", "Versions",
        "Metrics",
    ]  # fmt: skip
    assert [name for name in names if name in wanted] == wanted


def test_arrows_choose_among_segments_and_tab_finds_the_chosen_one(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    shell = open_page(window, qtbot, "monitor")
    span = shell.page.span
    day, week = span.buttons()[1:3]
    day.setFocus(Qt.FocusReason.TabFocusReason)
    with qtbot.waitSignal(span.key_activated) as told:
        qtbot.keyClick(day, Qt.Key.Key_Right)
    assert told.args == ["week"]
    assert week.hasFocus()
    names = [spoken(stop) for stop in walk(shell, qtbot)]
    assert "Rows asked in the last seven days" in names
    assert "Rows asked in the last 24 hours" not in names


@pytest.mark.parametrize("key", KEYS)
def test_the_keys_of_the_window_work_on_every_page(
    open_window: OpenWindow, wine: Store, qtbot: QtBot, key: str
) -> None:
    window = open_window()
    shell, program = open_page(window, qtbot, key), window.program
    qtbot.keyClick(shell, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert program.palette.panel.isVisible()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not program.palette.panel.isVisible()
    qtbot.keyClick(shell, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: not shell.page.refreshing())
    qtbot.keyClick(shell, Qt.Key.Key_F1)
    assert program.help.browser.source().fileName() == f"{key}.md"
    assert len(program.help.browser.toPlainText()) > 200
    qtbot.waitUntil(program.help.isActiveWindow)
    qtbot.keyClick(program.help, Qt.Key.Key_Escape)
    assert not program.help.isVisible()
    shell.activateWindow()
    qtbot.waitUntil(shell.isActiveWindow)
    for _ in range(3):  # out of whatever is open on the page, then to the list of pages
        qtbot.keyClick(QApplication.focusWidget() or shell, Qt.Key.Key_Escape)
    assert shell.sidebar.hasFocus()

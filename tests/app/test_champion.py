"""Changing the champion from the window, with the keyboard, on a real store."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.dialogs.champion import ChampionDialog
from services.registry.model import Mode, Project
from services.registry.service import Registry, champion_seen
from services.store.interface import Store

OpenWindow = Callable[..., Any]


def project(store: Store) -> Project:
    found = store.project("wine")
    assert found is not None
    return found


def ask(window: Any, qtbot: QtBot) -> ChampionDialog:
    """Press Alt+C, the shortcut of "To champion…", and wait for the dialog."""
    qtbot.waitUntil(window.start.monitor.promote.isEnabled)
    window.start.shell.activateWindow()
    qtbot.keyClick(window.start.shell, Qt.Key.Key_C, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: window.program.actions.champion.dialog is not None)
    dialog: ChampionDialog = window.program.actions.champion.dialog
    return dialog


def answer(qtbot: QtBot, dialog: ChampionDialog, reason: str) -> None:
    """Type into whatever has the focus, tick that it may be silent, then Enter: no mouse.

    No gateway answers these windows, so nobody knows whether the version does.
    """
    qtbot.waitUntil(dialog.panel.anyway.isVisible)
    qtbot.waitUntil(lambda: isinstance(dialog.focusWidget(), type(dialog.panel.reason.editor)))
    qtbot.keyClicks(dialog.focusWidget(), reason)
    line = dialog.focusWidget()
    qtbot.keyClick(line, Qt.Key.Key_Tab)
    assert dialog.focusWidget() is dialog.panel.anyway
    qtbot.keyClick(dialog.panel.anyway, Qt.Key.Key_Space)
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Return)


def test_the_keyboard_alone_makes_a_challenger_champion_with_a_reason(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    dialog = ask(window, qtbot)
    answer(qtbot, dialog, "Lower error this week")
    qtbot.waitUntil(window.start.monitor.notice.isVisible)
    now = project(wine)
    assert (now.champion, now.generation) == ("B", 2)
    assert now.version("A").mode is Mode.CHALLENGER
    assert now.last_change is not None
    assert now.last_change.reason == "Lower error this week"
    rmse = {one.version: one for one in now.last_change.evidence.values if one.metric == "RMSE"}
    assert (rmse["A"].rows, rmse["B"].rows) == (312, 312)
    assert rmse["A"].value > rmse["B"].value > 0
    qtbot.waitUntil(lambda: window.start.monitor.view_model.champion.name == "B")


def test_without_a_reason_nothing_changes_and_the_field_says_so(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    dialog = ask(window, qtbot)
    answer(qtbot, dialog, "   ")
    assert dialog.panel.reason.error()
    assert dialog.isVisible()
    assert project(wine).generation == 1
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.program.actions.champion.dialog is None)


def test_the_way_back_is_one_press_and_a_change_of_its_own(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    answer(qtbot, ask(window, qtbot), "Try B")
    notice = window.start.monitor.notice
    qtbot.waitUntil(notice.isVisible)
    notice.banner.retry_requested.emit()
    qtbot.waitUntil(lambda: "Not changed" in notice.banner.accessibleName())
    assert project(wine).champion == "B"
    notice.banner.retry_requested.emit()
    qtbot.waitUntil(lambda: project(wine).champion == "A")
    assert [change.champion for change in wine.history("wine")] == ["A", "B", "A"]
    assert "undoing: Try B" in wine.history("wine")[-1].reason


def test_when_another_window_was_faster_it_is_told_who_and_why_and_nothing_changes(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    dialog = ask(window, qtbot)
    registry = Registry(wine)
    for to in ("B", "A"):
        seen = champion_seen(registry.project("wine"))
        registry.change_champion("wine", to, who="Beatriz", reason=f"Night shift wants {to}", seen=seen)
    answer(qtbot, dialog, "Lower error")
    qtbot.waitUntil(lambda: bool(dialog.panel.reason.error()))
    assert "Beatriz" in dialog.panel.reason.error()
    assert "Night shift wants A" in dialog.panel.reason.error()
    assert f"{wine.history('wine')[-1].at:%H:%M:%S}" in dialog.panel.reason.error()
    assert project(wine).generation == 3
    dialog.reject()


def test_the_champion_cannot_be_made_champion_and_the_button_says_why(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    window.start.monitor.versions.select("A")
    qtbot.waitUntil(lambda: "champion already" in window.start.monitor.promote.blocked)
    assert "first champion" in window.start.monitor.back.blocked
    assert "gateway" in window.start.monitor.retrain.blocked


def test_closing_the_dialog_leaves_no_widget(
    open_window: OpenWindow, wine: Store, qtbot: QtBot, qapp: QApplication
) -> None:
    window = open_window()
    window.wait_for_data()
    dialog = ask(window, qtbot)
    dialog.reject()
    qtbot.waitUntil(lambda: not isValid(dialog))
    assert not [w for w in qapp.allWidgets() if isinstance(w, ChampionDialog)]

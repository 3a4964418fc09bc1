"""Widgets that nobody holds any more are destroyed on the GUI thread, whoever allocates."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app import gui_thread_gc
from app.gui_thread_gc import collecting_on_this_thread


def forgotten_cycle() -> list[int]:
    """Leave a widget behind that only a cycle holds; gets the thread on which it is destroyed."""
    widget = QWidget()
    widget.label = QLabel(widget)  # type: ignore[attr-defined]
    widget.itself = widget  # type: ignore[attr-defined]
    ended_on: list[int] = []
    weakref.finalize(widget, lambda: ended_on.append(threading.get_ident()))
    return ended_on


def allocate_much() -> list[list[object]]:
    return [[] for _ in range(200_000)]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gui_thread_gc, "COLLECT_MILLISECONDS", 5)


@pytest.mark.usefixtures("soon")
def test_a_forgotten_widget_is_destroyed_on_the_gui_thread_while_another_allocates(
    qapp: QApplication, qtbot: QtBot
) -> None:
    gc.enable()
    with collecting_on_this_thread(qapp):
        ended_on = forgotten_cycle()
        with ThreadPoolExecutor(1) as pool:
            kept = pool.submit(allocate_much).result()
        assert not ended_on
        qtbot.waitUntil(lambda: bool(ended_on))
    assert ended_on == [threading.get_ident()]
    assert kept


def test_afterwards_garbage_is_collected_as_before(qapp: QApplication) -> None:
    for before in (True, False):
        (gc.enable if before else gc.disable)()
        with collecting_on_this_thread(qapp):
            assert not gc.isenabled()
        assert gc.isenabled() is before

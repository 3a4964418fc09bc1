"""The terminal as a person uses it: typing, interrupting, copying, pasting, resizing, much output."""

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QKeyEvent
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from widgets.terminal.view import MARGIN, TerminalView
from widgets.theme import theme

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def sent(spy: QSignalSpy) -> bytes:
    return b"".join(bytes(spy.at(i)[0]) for i in range(spy.count()))


def feed(view: TerminalView, data: bytes, qtbot: QtBot) -> None:
    view.feed(data)
    qtbot.waitUntil(lambda: view.waiting == 0)


def test_what_is_typed_goes_to_the_program_tab_and_ctrl_c_too(
    view: TerminalView, typed: QSignalSpy, qtbot: QtBot
) -> None:
    qtbot.keyClicks(view, "ls")
    qtbot.keyClick(view, Qt.Key.Key_Tab)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    qtbot.keyClick(view, Qt.Key.Key_C, CONTROL)
    assert sent(typed) == b"ls\t\r\x03"


def test_without_a_program_keys_go_nowhere(view: TerminalView, typed: QSignalSpy, qtbot: QtBot) -> None:
    view.set_live(False)
    qtbot.keyClicks(view, "ls")
    view.paste()
    assert typed.count() == 0


def test_pasted_lines_are_marked_where_the_program_wants_that(
    view: TerminalView, typed: QSignalSpy, qtbot: QtBot
) -> None:
    QGuiApplication.clipboard().setText("one\r\ntwo\nthree\x1b[201~")
    qtbot.keyClick(view, Qt.Key.Key_V, CONTROL | SHIFT)
    assert sent(typed) == b"one\rtwo\rthree"
    feed(view, b"\x1b[?2004h", qtbot)
    qtbot.keyClick(view, Qt.Key.Key_V, CONTROL | SHIFT)
    assert sent(typed).endswith(b"\x1b[200~one\rtwo\rthree\x1b[201~")


def test_selected_text_is_copied_without_the_blanks_at_the_end(
    view: TerminalView, typed: QSignalSpy, qtbot: QtBot
) -> None:
    feed(view, "日本 go\r\nnext\r\n".encode(), qtbot)
    grid, at = view.grid, view.viewport()
    start = QPoint(MARGIN + round(5 * grid.width), MARGIN + 2)
    end = QPoint(MARGIN + round(40 * grid.width), MARGIN + grid.height + 2)
    qtbot.mousePress(at, LEFT, pos=start)
    qtbot.mouseMove(at, end)
    qtbot.mouseRelease(at, LEFT, pos=end)
    qtbot.keyClick(view, Qt.Key.Key_C, CONTROL | SHIFT)
    assert QGuiApplication.clipboard().text() == "go\nnext"
    assert typed.count() == 0


def test_another_size_is_told_once_in_letters(view: TerminalView, qtbot: QtBot) -> None:
    spy = QSignalSpy(view.size_changed)
    rows, columns = view.size_in_letters
    view.resize(view.width(), view.height() + 5 * view.grid.height)
    qtbot.waitUntil(lambda: spy.count() == 1)
    assert spy.at(0) == [rows + 5, columns]
    told = view.size_in_letters
    for _ in range(3):
        view.resize(view.width() + 1, view.height())
    assert spy.count() == 1 + (view.size_in_letters != told)


def test_much_output_is_obeyed_in_parts(view: TerminalView, qtbot: QtBot) -> None:
    view.feed(b"".join(b"%d\r\n" % number for number in range(20_000)))
    assert view.waiting > 0
    qtbot.waitUntil(lambda: view.waiting == 0)
    assert view.display.text(view.display.end - 2) == "19999"
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0


def test_what_is_looked_at_above_stays_while_more_comes(view: TerminalView, qtbot: QtBot) -> None:
    feed(view, b"".join(b"%d\r\n" % number for number in range(200)), qtbot)
    qtbot.keyClick(view, Qt.Key.Key_PageUp, SHIFT)
    seen = view.display.text(view.display.first + view.verticalScrollBar().value())
    feed(view, b"more\r\n" * 30, qtbot)
    assert view.display.text(view.display.first + view.verticalScrollBar().value()) == seen
    qtbot.keyClicks(view, "x")
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()


@pytest.mark.parametrize(
    ("key", "modifiers", "programs"),
    [
        (Qt.Key.Key_K, CONTROL, True),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, True),
        (Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier, True),
        (Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier, False),
        (Qt.Key.Key_3, CONTROL, False),
        (Qt.Key.Key_Tab, CONTROL, False),
    ],
)
def test_the_windows_shortcuts_leave_the_program_its_keys(
    view: TerminalView, key: Qt.Key, modifiers: Any, programs: bool
) -> None:
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
    event.ignore()
    view.event(event)
    assert event.isAccepted() is programs


def test_colours_and_the_cursor_are_painted(view: TerminalView, qtbot: QtBot) -> None:
    feed(view, b"\x1b[42m          \x1b[0m", qtbot)
    picture = QImage(view.viewport().size(), QImage.Format.Format_RGB32)
    view.viewport().render(picture)
    row = MARGIN + view.grid.height // 2
    column = MARGIN + round(3 * view.grid.width)
    assert picture.pixelColor(column, row) != QColor(theme().colours.base)
    cursor = MARGIN + round(10.5 * view.grid.width)
    assert picture.pixelColor(cursor, row) == QColor(theme().colours.accent)


def test_a_fresh_screen_remembers_nothing(view: TerminalView, qtbot: QtBot) -> None:
    feed(view, b"secret\r\n" * 100, qtbot)
    view.clear()
    texts = [view.display.text(number) for number in range(view.display.first, view.display.end)]
    assert set(texts) == {""}

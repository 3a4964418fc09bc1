"""The log as a person uses it: following, scrolling away, searching, wrapping, selecting, saving."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from services.containers.model import LogLine
from widgets.logs.pane import LogPane
from widgets.logs.view import LogView
from widgets.theme import theme

Lines = Callable[..., list[LogLine]]
LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier


def top(view: LogView) -> str:
    """The line at the top."""
    line, _ = view.rows.line_at(view.verticalScrollBar().value())
    return view.buffer.text(view.buffer.first + line)


def test_the_newest_line_stays_in_sight_until_the_person_scrolls_away(
    pane: LogPane, lines: Lines, qtbot: QtBot
) -> None:
    view, bar = pane.view, pane.view.verticalScrollBar()
    pane.append(lines(1000))
    assert bar.value() == bar.maximum() > 0
    qtbot.keyClick(view, Qt.Key.Key_PageUp)
    assert not pane.follow.isChecked()
    seen = top(view)
    pane.append(lines(500, 1000))
    assert top(view) == seen
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert pane.follow.isChecked()
    pane.append(lines(10, 1500))
    assert bar.value() == bar.maximum()


def test_ticking_follow_goes_to_the_end(pane: LogPane, lines: Lines) -> None:
    pane.append(lines(1000))
    pane.view.verticalScrollBar().setValue(10)
    pane.follow.setChecked(True)
    assert pane.view.verticalScrollBar().value() == pane.view.verticalScrollBar().maximum()


@pytest.mark.parametrize("wrap", [False, True])
def test_what_is_looked_at_stays_when_old_lines_are_dropped(qtbot: QtBot, lines: Lines, wrap: bool) -> None:
    view = LogView(limit=1000)
    qtbot.addWidget(view)
    view.resize(400, 200)
    view.show()
    view.set_wrap(wrap)
    view.append(lines(1000, text="line {} " + "x" * 120))
    view.verticalScrollBar().setValue(view.rows.first_row(700))
    seen = top(view)
    view.append(lines(400, 1000))
    assert view.buffer.first > 0
    assert top(view) == seen


def test_wrapping_and_resizing_keep_the_line_at_the_top(pane: LogPane, lines: Lines, qtbot: QtBot) -> None:
    pane.append(lines(500, text="line {} " + "y" * 300))
    pane.view.verticalScrollBar().setValue(250)
    seen = top(pane.view)
    pane.wrap.setChecked(True)
    assert top(pane.view) == seen
    pane.resize(500, 300)
    qtbot.waitUntil(lambda: pane.view.width() < 520)
    assert top(pane.view) == seen
    pane.wrap.setChecked(False)
    assert top(pane.view) == seen


def test_enter_goes_from_match_to_match_and_says_where_it_is(
    pane: LogPane, lines: Lines, qtbot: QtBot
) -> None:
    pane.append(lines(2000))
    qtbot.keyClick(pane.view, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(pane.field, "line 77")
    qtbot.keyClick(pane.field, Qt.Key.Key_Return)
    assert pane.found.text() == "1 of 11"
    assert not pane.follow.isChecked()
    qtbot.keyClick(pane.field, Qt.Key.Key_Return)
    assert pane.view.search.present == 770
    assert pane.view.verticalScrollBar().value() <= 770
    qtbot.keyClick(pane.field, Qt.Key.Key_Return, SHIFT)
    assert pane.view.search.present == 77
    pane.append([LogLine(datetime.now(UTC), "line 77 again")])
    assert pane.found.text() == "1 of 12"
    qtbot.keyClicks(pane.field, "no such words")
    qtbot.waitUntil(lambda: pane.found.text() == "no match")


def test_dragging_selects_across_lines_and_copies_without_colours(pane: LogPane, qtbot: QtBot) -> None:
    now = datetime.now(UTC)
    pane.append([LogLine(now, "\x1b[31mfirst\x1b[0m line"), LogLine(now, "second line")])
    view, grid = pane.view, pane.view.grid
    start = QPoint(round(8 + 6 * grid.width), grid.height // 2)
    end = QPoint(round(8 + 6 * grid.width), grid.height + grid.height // 2)
    qtbot.mousePress(view.viewport(), LEFT, pos=start)
    qtbot.mouseMove(view.viewport(), end)
    qtbot.mouseRelease(view.viewport(), LEFT, pos=end)
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "line\nsecond"
    qtbot.mouseDClick(view.viewport(), LEFT, pos=start)
    assert view.selection.text() == "line"
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert view.selection.text() == "first line\nsecond line"


def test_saving_hands_out_all_lines_with_times_where_they_are_shown(pane: LogPane, lines: Lines) -> None:
    pane.begin("relevo-gateway", "nothing")
    pane.append(lines(2))
    spy = QSignalSpy(pane.export_requested)
    pane.save.click()
    assert spy.at(0)[0].name == "relevo-gateway.log"
    assert spy.at(0)[0].content == b"line 0\nline 1\n"
    pane.stamps.setChecked(True)
    pane.save.click()
    assert spy.at(1)[0].content.startswith(b"2026-11-24T12:00:00+00:00 line 0\n")


def test_an_empty_log_says_why_and_another_log_begins_anew(pane: LogPane, lines: Lines) -> None:
    assert pane.empty.isVisible()
    assert not pane.save.isEnabled()
    pane.append(lines(5))
    assert pane.view.isVisible()
    pane.begin("other", "It was never started")
    assert pane.empty.text() == "It was never started"
    assert pane.empty.isVisible()


def test_colours_that_a_program_writes_are_painted(pane: LogPane) -> None:
    pane.append([LogLine(datetime.now(UTC), "\x1b[41m" + " " * 20)])
    picture = QImage(pane.view.viewport().size(), QImage.Format.Format_RGB32)
    pane.view.viewport().render(picture)
    seen = picture.pixelColor(8 + 5 * round(pane.view.grid.width), pane.view.grid.height // 2)
    assert seen != QColor(theme().colours.base)


def test_a_hundred_thousand_lines_paint_only_what_is_seen(
    pane: LogPane, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first in range(0, 100_000, 5000):
        pane.append(lines(5000, first))
    assert len(pane.view.buffer) == 100_000
    painted: list[int] = []
    paint = LogView._paint_row
    monkeypatch.setattr(LogView, "_paint_row", lambda self, *a: (painted.append(a[1]), paint(self, *a)))
    pane.view.verticalScrollBar().setValue(50_000)
    pane.view.viewport().repaint()
    assert painted[0] == 50_000
    assert len(painted) < 40

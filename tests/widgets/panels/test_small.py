"""Banners, labels, errors, empty places, the status line, snapshots."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from services.errors import Conflict
from widgets.panels.banner import Banner
from widgets.panels.coverage import CoverageLabel
from widgets.panels.empty import EmptyState
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import ElidedText
from widgets.panels.skeleton import Skeleton
from widgets.panels.snapshot import PlotSnapshot
from widgets.panels.status import StatusItem, StatusProgress
from widgets.theme import Appearance, State

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def button(widget: QWidget, text: str) -> QPushButton:
    return next(one for one in widget.findChildren(QPushButton) if one.text() == text)


def test_a_lost_platform_is_told_with_the_next_attempt_and_retried_on_demand(
    qtbot: QtBot, appearance: Appearance
) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    assert banner.isHidden()
    banner.show_message("Offline", "The platform cannot be reached.")
    banner.show_next_attempt(NOW + timedelta(seconds=18), NOW)
    assert "Next attempt in 18 s" in banner.note()
    assert banner.accessibleName() == "Offline: The platform cannot be reached."
    with qtbot.waitSignal(banner.retry_requested):
        qtbot.mouseClick(button(banner, "Retry"), Qt.MouseButton.LeftButton)
    banner.show_next_attempt(None)
    assert banner.note() == "Trying to reach it now…"
    assert not banner.grab().isNull()


def test_an_attempt_that_is_due_is_not_told_with_a_negative_time(qtbot: QtBot) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    banner.show_message("Offline", "Lost.")
    banner.show_next_attempt(NOW - timedelta(seconds=5), NOW)
    assert "in 0 s" in banner.note()


@pytest.mark.parametrize(
    ("labelled", "predictions", "skipped", "text"),
    [
        (312, 400, 0, "312 of 400 live rows have their true value"),
        (1, 1, 0, "1 of 1 live row has its true value"),
        (0, 0, 0, "No live rows yet"),
        (3, 4, 2, "3 of 4 live rows have their true value; challengers skipped 2 for lack of an input"),
    ],
)
def test_coverage_is_a_sentence(
    qtbot: QtBot, labelled: int, predictions: int, skipped: int, text: str
) -> None:
    label = CoverageLabel()
    qtbot.addWidget(label)
    label.set_coverage(labelled, predictions, skipped)
    assert label.text() == text


def test_an_error_tells_message_and_remedy_and_keeps_details_folded(qtbot: QtBot) -> None:
    panel = ErrorPanel()
    qtbot.addWidget(panel)
    panel.show_error(Conflict("Ana changed it.", remedy="Look again.", details="generation 3"), retry=True)
    assert panel.accessibleName() == "Error: Ana changed it."
    assert panel.accessibleDescription() == "Look again."
    assert not panel.details_shown()
    button(panel, "Details").click()
    assert panel.details_shown()
    with qtbot.waitSignal(panel.retry_requested):
        button(panel, "Retry").click()
    panel.show_message("Another one.")
    assert not panel.details_shown()
    assert button(panel, "Details").isHidden()
    assert button(panel, "Retry").isHidden()


def test_an_empty_place_offers_what_would_fill_it(qtbot: QtBot) -> None:
    empty = EmptyState("No version", "Publish one.", "Publish…")
    qtbot.addWidget(empty)
    with qtbot.waitSignal(empty.action_requested):
        button(empty, "Publish…").click()
    empty.set_text("Nothing")
    assert empty.text() == "Nothing"


def test_a_state_in_the_status_line_always_has_a_word(qtbot: QtBot) -> None:
    item = StatusItem("gateway")
    qtbot.addWidget(item)
    item.set_status("down", State.BAD, "No answer for 3 min.")
    assert item.text() == item.accessibleName() == "gateway down"
    assert item.toolTip() == "No answer for 3 min."


def test_long_work_shows_its_share_and_can_be_cancelled(qtbot: QtBot) -> None:
    work = StatusProgress()
    qtbot.addWidget(work)
    assert work.isHidden()
    work.show_work("retraining A", 0.62)
    cancel = work.findChild(QToolButton)
    assert cancel.accessibleName() == "Cancel retraining A"
    with qtbot.waitSignal(work.cancel_requested):
        cancel.click()
    work.show_work("reading", None, cancellable=False)
    assert cancel.isHidden()
    work.clear()
    assert work.isHidden()


def test_a_long_name_gives_way_and_is_whole_on_hover(qtbot: QtBot) -> None:
    text = ElidedText("a_project_whose_name_is_forty_characters")
    qtbot.addWidget(text)
    text.show()
    text.resize(80, 20)
    assert text.toolTip() == "a_project_whose_name_is_forty_characters"
    text.resize(600, 20)
    assert text.toolTip() == ""
    text.set_hint("opened today")
    assert text.toolTip() == "opened today"


def test_a_snapshot_is_painted_and_bytes_that_are_no_picture_do_no_harm(
    qtbot: QtBot, appearance: Appearance
) -> None:
    shown = PlotSnapshot()
    qtbot.addWidget(shown)
    shown.resize(200, 100)
    shown.set_snapshot(b"not a picture")
    assert not shown.has_snapshot()
    assert not shown.grab().isNull()
    picture = QImage(400, 200, QImage.Format.Format_RGB32)
    picture.fill(QColor("#ff0000"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, Qt wants text
    shown.set_snapshot(bytes(buffer.data().data()))
    assert shown.grab().toImage().pixelColor(100, 50).name() == "#ff0000"


def test_a_skeleton_is_read_aloud_as_loading(qtbot: QtBot) -> None:
    skeleton = Skeleton(3)
    qtbot.addWidget(skeleton)
    assert skeleton.accessibleName() == "Loading"
    assert not skeleton.grab().isNull()

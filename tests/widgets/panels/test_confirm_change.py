"""Before the champion changes: what will happen, on what evidence, and why."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from services.registry.model import DataKind, Evidence, MetricValue, Mode
from widgets.panels.confirm_change import ConfirmChangePanel, PlannedChange
from widgets.panels.version_entry import VersionEntry
from widgets.panels.versions import VersionBadge
from widgets.theme import Appearance

CHANGE = PlannedChange(
    "wine",
    VersionEntry("B", 1, Mode.CHAMPION),
    VersionEntry("A", 0, Mode.CHALLENGER),
    ("A answers from the next second on.",),
    Evidence(
        (
            MetricValue("RMSE", "B", "b" * 64, DataKind.LIVE, 312, 0.58),
            MetricValue("RMSE", "A", "a" * 64, DataKind.LIVE, 310, 0.66),
        )
    ),
)


@pytest.fixture
def panel(qtbot: QtBot) -> ConfirmChangePanel:
    made = ConfirmChangePanel()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    made.show_change(CHANGE)
    return made


def confirm(panel: ConfirmChangePanel) -> QPushButton:
    return next(one for one in panel.findChildren(QPushButton) if one.isDefault())


def texts(panel: ConfirmChangePanel) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if not label.isHidden()]


def test_it_says_what_will_change_and_on_what_evidence(
    panel: ConfirmChangePanel, appearance: Appearance
) -> None:
    shown = texts(panel)
    assert "Change the champion of wine" in shown
    assert {"Evidence", "RMSE, live", "0.580", "0.660"} <= set(shown)
    assert "Measured on 312 live rows of B (bbbbbbbb) and 310 live rows of A (aaaaaaaa)." in shown
    assert any("A answers from the next second on." in text for text in shown)
    assert confirm(panel).text() == "Make A champion"
    assert [badge.accessibleName() for badge in panel.findChildren(VersionBadge)] == [
        "Version B, champion, unknown",
        "Version A, challenger, unknown",
    ]
    assert not panel.grab().isNull()


def test_evidence_that_is_still_being_read_shows_when_it_comes(panel: ConfirmChangePanel) -> None:
    panel.show_change(replace(CHANGE, evidence=None))
    assert "Reading what was measured…" in texts(panel)
    panel.show_evidence(Evidence(note="No data."))
    assert "No data." in texts(panel)
    assert "Reading what was measured…" not in texts(panel)


def test_without_a_reason_nothing_is_confirmed(qtbot: QtBot, panel: ConfirmChangePanel) -> None:
    with qtbot.assertNotEmitted(panel.confirmed):
        confirm(panel).click()
    assert panel.reason.error() == "Reason is needed."
    assert panel.findChild(QLineEdit).hasFocus()


def test_enter_in_the_reason_confirms_once(qtbot: QtBot, panel: ConfirmChangePanel) -> None:
    line = panel.findChild(QLineEdit)
    qtbot.keyClicks(line, "  lower error ")
    with qtbot.waitSignal(panel.confirmed) as caught:
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert caught.args == ["lower error"]
    with qtbot.assertNotEmitted(panel.confirmed):
        confirm(panel).click()


def test_a_refused_change_may_be_tried_again(qtbot: QtBot, panel: ConfirmChangePanel) -> None:
    panel.reason.editor.setText("lower error")
    confirm(panel).click()
    panel.show_error("Ana changed the champion meanwhile.")
    assert panel.reason.error() == "Ana changed the champion meanwhile."
    with qtbot.waitSignal(panel.confirmed):
        confirm(panel).click()


def test_escape_leaves(qtbot: QtBot, panel: ConfirmChangePanel) -> None:
    with qtbot.waitSignal(panel.cancelled):
        qtbot.keyClick(panel.findChild(QLineEdit), Qt.Key.Key_Escape)


def test_a_second_change_starts_afresh(qtbot: QtBot, panel: ConfirmChangePanel) -> None:
    panel.reason.editor.setText("lower error")
    confirm(panel).click()
    panel.show_change(PlannedChange("iris", None, VersionEntry("A", 0, Mode.CHALLENGER)))
    assert panel.reason.value() == ""
    assert confirm(panel).isEnabled()
    qtbot.waitUntil(lambda: len(panel.findChildren(VersionBadge)) == 1)
    assert "RMSE" not in texts(panel)

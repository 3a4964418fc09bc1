"""The tables of projects, history and activity."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from services.registry.model import ChampionChange, DataKind, Evidence, MetricValue, RevisionChange, Task
from widgets.tables.activity import ActivityRow, ActivityState, ActivityTable
from widgets.tables.cells import Role
from widgets.tables.history import HistoryTable
from widgets.tables.projects import ProjectRow, ProjectsTable
from widgets.tables.table import DataTable
from widgets.theme import Appearance, State, version_style

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LONG = "a_project_whose_name_is_forty_characters"


def column(table: DataTable, number: int, role: int = Qt.ItemDataRole.DisplayRole) -> list[object]:
    model = table.view.model()
    return [model.index(line, number).data(role) for line in range(model.rowCount())]


def project(name: str, rows: int | None = 400, labelled: int | None = 312) -> ProjectRow:
    return ProjectRow(
        name,
        Task.REGRESSION,
        "B",
        1,
        NOW - timedelta(days=2),
        ("A",),
        rows,
        labelled,
        NOW,
        "healthy",
        State.GOOD,
    )


def test_two_hundred_projects_with_long_names_are_shown_in_both_appearances(
    qtbot: QtBot, appearance: Appearance
) -> None:
    table = ProjectsTable()
    qtbot.addWidget(table)
    table.resize(1280, 720)
    table.show()
    table.show_projects([project(f"{LONG}_{number:03d}") for number in range(200)], NOW)
    assert len(column(table, 0)) == 200
    assert not table.grab().isNull()
    table.set_filter("_17")
    assert len(column(table, 0)) == 10


def test_a_project_shows_champion_in_its_colour_coverage_and_health_in_a_word(qtbot: QtBot) -> None:
    table = ProjectsTable()
    qtbot.addWidget(table)
    table.show_projects([project("wine"), project("iris", None, None)], NOW)
    assert column(table, 2, Role.MARK)[0] == version_style(1).colour
    assert column(table, 3)[0] == "2 d ago"
    assert column(table, 5) == ["400", "–"]
    assert column(table, 6) == ["78\u202f%", "–"]
    assert column(table, 8) == ["healthy", "healthy"]
    assert "22 Nov 2026" in str(column(table, 3, Qt.ItemDataRole.ToolTipRole)[0])


def test_a_double_click_opens_a_project(qtbot: QtBot) -> None:
    table = ProjectsTable()
    qtbot.addWidget(table)
    table.show()
    table.show_projects([project("wine")], NOW)
    with qtbot.waitSignal(table.opened) as caught:
        table.view.activated.emit(table.view.model().index(0, 3))
    assert caught.args == ["wine"]


def test_history_is_told_newest_first_with_times_exact_on_hover_and_in_export(qtbot: QtBot) -> None:
    table = HistoryTable()
    qtbot.addWidget(table)
    changes = [
        ChampionChange("wine", 1, NOW - timedelta(days=40), "", "A", "ana", "first registration"),
        ChampionChange("wine", 2, NOW - timedelta(hours=2), "A", "B", "rule", "lower error"),
    ]
    table.show_history(changes, {"A": 0, "B": 1}, NOW)
    assert column(table, 0) == ["2 h ago", "15 Oct"]
    assert column(table, 2) == ["A", "–"]
    assert column(table, 5) == ["lower error", "first registration"]
    assert "2026-11-24T10:00:00+00:00,Champion,A,B,rule,lower error" in table.to_csv()


def test_history_tells_the_evidence_of_a_change_of_champion_and_all_of_it_on_hover(qtbot: QtBot) -> None:
    table = HistoryTable()
    qtbot.addWidget(table)
    values = tuple(
        MetricValue(metric, version, version.lower() * 64, DataKind.LIVE, 312, value)
        for metric, version, value in (
            ("RMSE", "A", 0.62), ("RMSE", "B", 0.581), ("R²", "A", None), ("R²", "B", 0.3),
        )
    )  # fmt: skip
    changes = [
        ChampionChange("wine", 2, NOW, "A", "B", "ana", "lower error", Evidence(values)),
        ChampionChange(
            "wine", 1, NOW - timedelta(days=1), "", "A", "ana", "first", Evidence(note="No data.")
        ),
    ]
    table.show_history(changes, {"A": 0, "B": 1}, NOW)
    assert column(table, 6) == ["RMSE, live: 0.620 → 0.581", "No data."]
    details = str(column(table, 6, Qt.ItemDataRole.ToolTipRole)[0])
    assert "R², live: – → 0.300" in details
    assert "312 live rows of A (aaaaaaaa) and 312 live rows of B (bbbbbbbb)" in details
    assert "R², live: – → 0.300" in table.to_csv()


def test_history_tells_changes_of_champion_and_of_revisions_together_by_time(qtbot: QtBot) -> None:
    table = HistoryTable()
    qtbot.addWidget(table)
    old, new = "a" * 64, "b" * 64
    start = NOW - timedelta(hours=3)
    table.show_history(
        [
            ChampionChange("wine", 1, start, "", "A", "ana", "first"),
            ChampionChange("wine", 2, NOW - timedelta(hours=1), "A", "B", "ana", "better"),
            RevisionChange("wine", "A", start, "", old, "ana", "registered", 1),
            RevisionChange("wine", "A", NOW - timedelta(hours=2), old, new, "bob", "fresher", 2),
        ],
        {"A": 0, "B": 1},
        NOW,
    )
    assert column(table, 1)[:2] == ["Champion", "Revision of A"]
    assert column(table, 2)[:2] == ["A", "aaaaaaaa"]
    assert column(table, 2, Qt.ItemDataRole.ToolTipRole)[1] == old
    assert column(table, 4) == ["ana", "bob", "ana", "ana"]
    assert f"Revision of A,{old},{new},bob,fresher" in table.to_csv()


@pytest.fixture
def activity(qtbot: QtBot) -> ActivityTable:
    table = ActivityTable()
    qtbot.addWidget(table)
    table.resize(900, 300)
    table.show()
    started = NOW - timedelta(minutes=2)
    table.show_activity(
        [
            ActivityRow(
                "job", "Retrain A", ActivityState.RUNNING, started, 0.62, "fitting", cancellable=True
            ),
            ActivityRow(
                "old", "Retrain B", ActivityState.FAILED, started, 0.1, "no rows", "Wait for labels."
            ),
        ],
        NOW,
    )
    return table


def test_running_work_shows_its_progress_and_finished_work_a_word(activity: ActivityTable) -> None:
    assert column(activity, 0) == ["running", "failed"]
    assert column(activity, 2) == ["62\u202f%", ""]
    assert column(activity, 2, Role.PROGRESS) == [0.62, None]
    assert "Wait for labels." in str(column(activity, 3, Qt.ItemDataRole.ToolTipRole)[1])


def test_delete_cancels_the_selected_work(qtbot: QtBot, activity: ActivityTable) -> None:
    activity.activateWindow()
    activity.view.setFocus()
    activity.select_keys(["job"])
    with qtbot.waitSignal(activity.cancel_requested) as caught:
        qtbot.keyClick(activity.view, Qt.Key.Key_Delete)
    assert caught.args == ["job"]


def test_cancel_is_blocked_with_a_reason_where_it_makes_no_sense(activity: ActivityTable) -> None:
    assert activity.cancel_action.blocked == "Select what to cancel."
    activity.select_keys(["old"])
    assert activity.cancel_action.blocked == "It is over, or cannot be stopped half way."
    activity.select_keys(["job"])
    assert activity.cancel_action.blocked == ""
    activity.show_activity([], NOW)
    assert activity.cancel_action.blocked


def test_a_long_name_keeps_both_ends(qtbot: QtBot) -> None:
    table = ProjectsTable()
    qtbot.addWidget(table)
    table.show_projects([project(LONG)], NOW)
    delegate: Any = table.view.itemDelegate()
    model = table.view.model()
    assert delegate.elision(model.index(0, 0)) is Qt.TextElideMode.ElideMiddle
    assert delegate.elision(model.index(0, 1)) is Qt.TextElideMode.ElideRight

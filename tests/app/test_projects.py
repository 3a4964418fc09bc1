"""The Projects page: the list, one project from the inside, retiring, revisions."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.pages.projects.page import ProjectsPage
from services.registry.model import Mode, Task
from services.registry.service import Registry, champion_seen
from services.store.interface import Store

OpenWindow = Callable[..., Any]


def projects_page(window: Any, qtbot: QtBot) -> ProjectsPage:
    window.start.shell.go_to("projects")
    page = window.start.shell.page
    assert isinstance(page, ProjectsPage)
    qtbot.waitUntil(lambda: not page.refreshing() and bool(shown(page)), timeout=20_000)
    return page


def shown(page: ProjectsPage) -> dict[str, dict[str, str]]:
    """What the table shows: by project, each column's text by its head."""
    lines = list(csv.DictReader(StringIO(page.table.to_csv())))
    return {line["Project"]: line for line in lines}


def select(page: ProjectsPage, qtbot: QtBot, name: str) -> None:
    page.table.select_keys([name])
    qtbot.waitUntil(
        lambda: page.details_view.details is not None and page.details_view.details.project.name == name
    )


def test_the_list_tells_champion_rows_and_how_many_are_labelled(
    open_window: OpenWindow, wine: Store, filling: Any, qtbot: QtBot
) -> None:
    filling.fill(wine, "iris", Task.CLASSIFICATION, filling.Filling(live=0))
    page = projects_page(open_window(), qtbot)
    rows = shown(page)
    assert [rows["wine"][head] for head in ("Champion", "Live rows", "Labelled")] == ["A", "400", "0.78"]
    assert rows["wine"]["State"].endswith("an hour")
    assert (rows["iris"]["Live rows"], rows["iris"]["State"]) == ("0", "idle for an hour")


def test_opening_a_project_shows_it_in_monitor(
    open_window: OpenWindow, wine: Store, filling: Any, qtbot: QtBot
) -> None:
    filling.fill(wine, "iris", Task.CLASSIFICATION)
    window = open_window()
    page = projects_page(window, qtbot)
    page.table.opened.emit("iris")
    assert window.start.shell.page_key == "monitor"
    qtbot.waitUntil(lambda: window.start.monitor.view_model.project == "iris")


def test_it_answers_who_was_champion_at_a_moment(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    registry = Registry(wine)
    registry.change_champion(
        "wine", "B", who="Ana", reason="Better on whites", seen=champion_seen(registry.project("wine"))
    )
    page = projects_page(open_window(), qtbot)
    select(page, qtbot, "wine")
    page.details_view.moment.setDateTime(QDateTime.currentDateTime().addSecs(5))
    assert page.details_view.champion_at.text().startswith("B, made champion by Ana")
    page.details_view.moment.setDateTime(QDateTime.fromSecsSinceEpoch(int(yesterday.timestamp())))
    assert page.details_view.champion_at.text().startswith("Nobody")


def test_a_challenger_is_retired_and_taken_back_in_place(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    page = projects_page(open_window(), qtbot)
    select(page, qtbot, "wine")
    page.details_view.versions.select_keys(["A"])
    assert "champion cannot be retired" in page.details_view.versions.retire_action.blocked
    page.details_view.versions.select_keys(["B"])
    page.details_view.versions.retire_action.trigger()
    qtbot.waitUntil(page.notice.isVisible)
    assert wine.project("wine").version("B").mode is Mode.RETIRED
    page.notice.banner.retry_requested.emit()
    qtbot.waitUntil(lambda: wine.project("wine").version("B").mode is Mode.CHALLENGER)


def test_another_revision_is_used_with_a_reason_and_the_one_before_again(
    open_window: OpenWindow, wine: Store, filling: Any, qtbot: QtBot
) -> None:
    first, second = (filling.revision_of("wine", "A", number) for number in (0, 1))
    wine.add_revision(second)
    page = projects_page(open_window(), qtbot)
    select(page, qtbot, "wine")
    page.details_view.revisions.select_keys([first.sha256])
    assert page.details_view.revisions.use_action.blocked == "This revision is in use already."
    page.details_view.revisions.select_keys([second.sha256])
    page.details_view.revisions.use_action.trigger()
    dialog = page.presenter.revisions.reason
    assert dialog is not None
    dialog.button.click()
    assert dialog.reason.error() == "Reason is needed."
    qtbot.keyClicks(dialog.line, "Trained on the newest rows")
    dialog.button.click()
    qtbot.waitUntil(lambda: wine.project("wine").version("A").revision == second.sha256)
    qtbot.waitUntil(page.notice.isVisible)
    page.notice.banner.retry_requested.emit()
    qtbot.waitUntil(lambda: wine.project("wine").version("A").revision == first.sha256)
    whys = [change.reason for change in wine.revision_history("wine", "A")][1:]
    assert whys[0] == "Trained on the newest rows"
    assert whys[1].endswith("undoing: Trained on the newest rows")
    qtbot.waitUntil(lambda: "Trained on the newest rows" in page.details_view.history.to_csv())


def test_the_list_of_revisions_tells_which_was_used_when_and_why(
    open_window: OpenWindow, wine: Store, filling: Any, qtbot: QtBot
) -> None:
    second = filling.revision_of("wine", "A", 1)
    wine.add_revision(second)
    first = wine.project("wine").version("A").revision
    Registry(wine).set_revision("wine", "A", second.sha256, expected=first, who="Ana", reason="Newer rows")
    page = projects_page(open_window(), qtbot)
    page.presenter.revisions.browse("wine", "A")
    dialog = page.presenter.revisions.list
    assert dialog is not None
    qtbot.waitUntil(lambda: f"{first},{second.sha256},Ana,Newer rows" in dialog.history.to_csv())
    dialog.reject()


def test_projects_in_sight_are_counted_first(
    open_window: OpenWindow, store: Store, filling: Any, qtbot: QtBot
) -> None:
    names = [f"project_{number:02}" for number in range(40)]
    for name in names:
        filling.fill(store, name, Task.REGRESSION, filling.Filling(training=4, live=0))
    page = projects_page(open_window(), qtbot)
    assert {line["Live rows"] for line in shown(page).values()} == {"0"}
    for name in names:
        filling.add_live(store, name, Task.REGRESSION, filling.Filling(live=3, labelled=1))
    page.table.view.scrollToBottom()
    seen = set(page.table.keys_in_sight())
    assert seen
    assert seen < set(names)
    counted: dict[str, None] = {}

    def note() -> None:
        counted.update(
            dict.fromkeys(name for name, line in shown(page).items() if line["Live rows"] == "3")
        )

    page.table.view.model().dataChanged.connect(note)
    page.refresh()
    qtbot.waitUntil(lambda: len(counted) == len(names))
    assert set(list(counted)[:20]) >= seen


def test_the_client_for_dotnet_is_made_off_the_gui_thread_and_handed_out_to_be_saved(
    open_window: OpenWindow, wine: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window()
    page = projects_page(window, qtbot)
    assert page.view.client.blocked == "Select a project."
    select(page, qtbot, "wine")
    with qtbot.waitSignal(page.export_requested, timeout=20_000) as told:
        page.view.client.trigger()
    (export,) = told.args
    assert (export.name, export.kind) == ("WineClient.cs", "C# (*.cs)")
    assert b"public sealed class WineClient" in export.content
    dialog = window.start.shell.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / export.name))
    dialog.reject()
    qtbot.waitUntil((tmp_path / export.name).exists, timeout=20_000)
    qtbot.waitUntil(lambda: (tmp_path / export.name).read_bytes() == export.content)

"""Processor and memory in the list: of what is in sight and runs, and only while somebody looks."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from services.containers.engine.engine import Engine
from widgets.containers.cells import CPU

Run = Callable[..., str]


def test_what_runs_shows_its_processor_and_memory_until_it_ends(
    shown: Any, run: Run, engine: Engine, qtbot: QtBot
) -> None:
    busy = run("while true; do :; done")
    shown.choose(busy)
    qtbot.waitUntil(lambda: (shown.line(busy)["cpu"].sort or 0) > 10)
    assert shown.line(busy)["memory"].text.endswith("B")
    assert " of " in shown.line(busy)["memory"].tooltip
    engine.kill(busy)
    shown.wait_for(busy, "exited")
    assert (shown.line(busy)["cpu"].text, shown.line(busy)["memory"].text) == ("", "")


def test_nothing_is_asked_while_another_page_is_shown(shown: Any, run: Run, qtbot: QtBot) -> None:
    identifier = run()
    shown.choose(identifier)
    qtbot.waitUntil(lambda: shown.line(identifier)["cpu"].text != "")
    shown.window.start.shell.go_to("activity")
    assert shown.line(identifier)["cpu"].text == ""
    assert not shown.page.presenter._usages._follower.following
    shown.window.start.shell.go_to("containers")
    qtbot.waitUntil(lambda: shown.line(identifier)["cpu"].text != "")


def test_lines_out_of_sight_are_asked_for_only_where_they_are_sorted_by_it(
    shown: Any, run: Run, qtbot: QtBot
) -> None:
    shown.choose(run())
    usages, table = shown.page.presenter._usages, shown.page.table
    qtbot.waitUntil(lambda: bool(usages._wanted))
    table.filter_field.setText("no container has this name")
    qtbot.waitUntil(lambda: not usages._wanted)
    table.filter_field.clear()
    for group in table.model.groups():
        table.view.setExpanded(table.model.index_of(group), False)  # noqa: FBT003 - Qt's own signature
    qtbot.waitUntil(lambda: not usages._wanted)
    table.view.sortByColumn(CPU, Qt.SortOrder.DescendingOrder)
    qtbot.waitUntil(lambda: bool(usages._wanted))

"""Processor and memory in the list: of what is in sight and runs, and only while somebody looks."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.containers.usages import measured
from services.containers.engine.engine import Engine
from services.containers.model import Container, ContainerState
from widgets.containers.columns import CPU

Run = Callable[..., str]


def look_at(shown: Any, identifier: str) -> None:
    """Have one container in sight, and no other that may push it out."""
    shown.choose(identifier)
    shown.page.table.filter_field.setText(shown.container(identifier).name)


def test_what_runs_shows_its_processor_and_memory_until_it_ends(
    shown: Any, run: Run, engine: Engine, qtbot: QtBot
) -> None:
    busy = run("while true; do :; done")
    look_at(shown, busy)
    qtbot.waitUntil(lambda: (shown.line(busy)["cpu"].sort or 0) > 10)
    assert shown.line(busy)["memory"].text.endswith("B")
    assert " of " in shown.line(busy)["memory"].tooltip
    engine.kill(busy)
    shown.wait_for(busy, "exited")
    assert (shown.line(busy)["cpu"].text, shown.line(busy)["memory"].text) == ("", "")


def test_nothing_is_asked_while_another_page_is_shown(shown: Any, run: Run, qtbot: QtBot) -> None:
    identifier = run()
    look_at(shown, identifier)
    qtbot.waitUntil(lambda: shown.line(identifier)["cpu"].text != "")
    shown.window.start.shell.go_to("activity")
    assert shown.line(identifier)["cpu"].text == ""
    assert not shown.page.presenter._usages._follower.following
    shown.window.start.shell.go_to("containers")
    qtbot.waitUntil(lambda: shown.line(identifier)["cpu"].text != "")


def test_lines_out_of_sight_are_not_asked_for_however_the_list_is_sorted(
    shown: Any, run: Run, qtbot: QtBot
) -> None:
    look_at(shown, run())
    usages, table = shown.page.presenter._usages, shown.page.table
    qtbot.waitUntil(lambda: bool(usages._wanted))
    kept = table.filter_field.text()
    table.filter_field.setText("no container has this name")
    qtbot.waitUntil(lambda: not usages._wanted)
    table.filter_field.setText(kept)
    qtbot.waitUntil(lambda: bool(usages._wanted))
    table.view.sortByColumn(CPU, Qt.SortOrder.DescendingOrder)
    for group in table.model.groups():
        table.view.setExpanded(table.model.index_of(group), False)  # noqa: FBT003 - Qt's own signature
    qtbot.waitUntil(lambda: not usages._wanted)


def test_nothing_is_asked_while_the_window_is_minimised(shown: Any, run: Run, qtbot: QtBot) -> None:
    look_at(shown, run())
    usages, shell = shown.page.presenter._usages, shown.window.start.shell
    qtbot.waitUntil(lambda: bool(usages._wanted))
    shell.showMinimized()
    qtbot.waitUntil(lambda: not usages._wanted)
    shell.showNormal()
    qtbot.waitUntil(lambda: bool(usages._wanted))


def test_an_engine_that_is_lost_leaves_no_values_behind(
    shown: Any, run: Run, relay: Any, qtbot: QtBot
) -> None:
    identifier, model = run(), shown.page.table.model
    look_at(shown, identifier)
    qtbot.waitUntil(lambda: identifier in model.usages)
    relay.cut()
    qtbot.waitUntil(lambda: not model.usages)
    relay.restore()
    qtbot.waitUntil(lambda: identifier in model.usages, timeout=30_000)


def test_the_first_forty_that_run_are_asked_for() -> None:
    states = [ContainerState.EXITED] + [ContainerState.RUNNING] * 60
    containers = [
        Container(
            identifier=str(number),
            name="",
            image="",
            image_identifier="",
            state=state,
            created=datetime.now(UTC),
        )
        for number, state in enumerate(states)
    ]
    assert measured(containers) == {str(number) for number in range(1, 41)}

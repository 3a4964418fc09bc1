"""The page on a real engine: live, acted on, asked about, looked at from the inside."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.containers.action_rules import ContainerOperation
from app.pages.containers.details import INSPECT, TERMINAL, USAGE
from app.tasks import TaskState
from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec
from services.store.interface import Store
from widgets.theme import State

Run = Callable[..., str]
CHAMPION = {
    "relevo.platform": "relevo-test",
    "relevo.role": "model",
    "relevo.project": "wine",
    "relevo.version": "A",
}


def test_what_is_started_and_dies_elsewhere_shows_by_itself(
    shown: Any, run: Run, engine: Engine, qtbot: QtBot
) -> None:
    identifier = run()
    shown.wait_for(identifier, "running")
    engine.kill(identifier)
    shown.wait_for(identifier, "exited")
    assert shown.line(identifier)["state"].text == "exited: killed"
    engine.remove(identifier)
    qtbot.waitUntil(lambda: shown.container(identifier) is None)


def test_actions_follow_the_selection_and_say_why_they_are_blocked(shown: Any, run: Run) -> None:
    identifier = run()
    actions = shown.page.operations.actions
    assert actions[ContainerOperation.STOP].blocked == "Select a container."
    shown.choose(identifier)
    shown.wait_for(identifier, "running")
    assert actions[ContainerOperation.STOP].blocked == ""
    assert actions[ContainerOperation.START].blocked == "It runs already."
    commands = {command.title: command.blocked for command in shown.page.commands()}
    assert commands["Start"] == "It runs already."


def test_several_are_stopped_and_started_at_once(shown: Any, run: Run, qtbot: QtBot) -> None:
    several = [run("trap 'exit 0' TERM; sleep inf & wait"), run("trap 'exit 0' TERM; sleep inf & wait")]
    shown.choose(*several)
    shown.page.operations.do(ContainerOperation.STOP)
    for identifier in several:
        shown.wait_for(identifier, "exited")
    shown.page.operations.do(ContainerOperation.START)
    for identifier in several:
        shown.wait_for(identifier, "running")
    qtbot.waitUntil(lambda: shown.line(several[0])["note"].text == "")


def test_what_fails_stands_on_its_line_and_in_activity(
    shown: Any, run: Run, engine: Engine, qtbot: QtBot
) -> None:
    identifier = run(start=False, word="broken")
    shown.choose(identifier)
    engine.remove(identifier)
    shown.page.table.model.take({identifier: shown.container(identifier)})  # as if nobody had told yet
    chosen = [shown.container(identifier)]
    shown.page.operations._start(ContainerOperation.START, chosen)
    activity = shown.window.program.context.activity
    qtbot.waitUntil(lambda: any(entry.state is TaskState.FAILED for entry in activity.entries))
    failed = next(entry for entry in activity.entries if entry.state is TaskState.FAILED)
    assert "no such container" in failed.message.lower()


def test_a_failure_is_a_note_in_red_until_it_works(
    shown: Any, run: Run, engine: Engine, qtbot: QtBot
) -> None:
    identifier = run()
    shown.choose(identifier)
    shown.wait_for(identifier, "running")
    engine.pause(identifier)
    shown.wait_for(identifier, "paused")
    paused = shown.container(identifier)
    shown.page.operations._start(ContainerOperation.PAUSE, [paused])
    qtbot.waitUntil(lambda: shown.line(identifier)["note"].state is State.BAD)
    shown.page.operations.do(ContainerOperation.RESUME)
    shown.wait_for(identifier, "running")
    qtbot.waitUntil(lambda: shown.line(identifier)["note"].text == "")


def test_removing_a_champions_container_warns_and_asks_for_its_name(
    shown: Any, run: Run, wine: Store, engine: Engine, qtbot: QtBot
) -> None:
    identifier = run(labels=CHAMPION)
    name = engine.container(identifier).name
    shown.choose(identifier)
    shown.page.operations.do(ContainerOperation.REMOVE)
    qtbot.waitUntil(lambda: shown.page.operations.dialog is not None)
    dialog = shown.page.operations.dialog
    assert not dialog.button.isEnabled()
    qtbot.keyClicks(dialog.line, "something else")
    qtbot.keyClick(dialog.line, Qt.Key.Key_Return)
    assert engine.find_container(identifier) is not None
    dialog.line.setText(name)
    qtbot.mouseClick(dialog.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.container(identifier) is None)
    assert engine.find_container(identifier) is None


def test_stopping_a_champion_asks_and_a_challenger_does_not(
    shown: Any, run: Run, wine: Store, qtbot: QtBot
) -> None:
    script = "trap 'exit 0' TERM; sleep inf & wait"
    champion = run(script, labels=CHAMPION)
    challenger = run(script, labels=CHAMPION | {"relevo.version": "B"})
    shown.choose(challenger)
    shown.page.operations.do(ContainerOperation.STOP)
    shown.wait_for(challenger, "exited")
    shown.choose(champion)
    shown.page.operations.do(ContainerOperation.STOP)
    qtbot.waitUntil(lambda: shown.page.operations.dialog is not None)
    shown.page.operations.dialog.reject()
    assert shown.container(champion).state == "running"


def test_renaming_refuses_what_is_no_name_and_what_is_taken(
    shown: Any, run: Run, engine: Engine, unique_name: Callable[[str], str], qtbot: QtBot
) -> None:
    identifier, other = run(), run()
    shown.choose(identifier)
    shown.page.operations.do(ContainerOperation.RENAME)
    dialog = shown.page.operations.dialog
    for wrong in ("two words", "-option", "é", "a"):
        dialog.line.setText(wrong)
        dialog.button.click()
        assert dialog.field.error() != "", wrong
    dialog.line.setText(engine.container(other).name)
    dialog.button.click()
    qtbot.waitUntil(lambda: "exists already" in dialog.field.error())
    dialog.line.setText(unique_name("renamed"))
    dialog.button.click()
    qtbot.waitUntil(lambda: shown.container(identifier).name == unique_name("renamed"))


def test_the_log_follows_and_is_complete_at_the_end(shown: Any, run: Run, qtbot: QtBot) -> None:
    # The engine reads both outputs apart: what is written on them at once may come in any order.
    identifier = run("for i in $(seq 1 3000); do echo line $i; done; sleep 1; echo oops >&2")
    shown.choose(identifier)
    log = shown.page.details.log
    qtbot.waitUntil(lambda: len(log.view.buffer) == 3001)
    texts = log.view.buffer.texts(0)
    assert texts[:2] == ["line 1", "line 2"]
    assert [n for n in range(3001) if log.view.buffer.line(n).error] == [3000]
    qtbot.waitUntil(lambda: log.state.text() == "complete")


def test_esc_empties_what_is_searched_before_it_leaves(shown: Any, run: Run, qtbot: QtBot) -> None:
    identifier = run("echo hello; sleep inf")
    shown.choose(identifier)
    field = shown.page.details.log.field
    qtbot.waitUntil(field.isVisible)
    field.setFocus()
    qtbot.keyClicks(field, "hello")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""
    assert len(shown.page.table.selected()) == 1
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert shown.page.table.selected() == []


def test_another_selection_shows_another_log_only(shown: Any, run: Run, qtbot: QtBot) -> None:
    first, second = run("while true; do echo first; sleep 0.05; done"), run("echo second; sleep inf")
    log = shown.page.details.log
    shown.choose(first)
    qtbot.waitUntil(lambda: len(log.view.buffer) > 2)
    shown.choose(second)
    qtbot.waitUntil(lambda: log.view.buffer.texts(0) == ["second"])
    shown.page.table.view.clearSelection()
    qtbot.waitUntil(shown.page.details.nothing.isVisible)


def test_usage_is_measured_while_it_runs(shown: Any, run: Run, qtbot: QtBot) -> None:
    identifier = run("while true; do :; done")
    shown.choose(identifier)
    shown.page.details.tabs.setCurrentIndex(USAGE)
    qtbot.waitUntil(lambda: len(shown.page.details._readings) >= 2)
    assert not shown.page.details.usage.is_empty()
    assert shown.page.details.now.text().startswith("Processor ")
    assert max(one.processor for one in shown.page.details._readings) > 5


def test_what_is_inspected_has_its_secrets_masked(shown: Any, run: Run, qtbot: QtBot) -> None:
    identifier = run(environment={"RELEVO_SECRET": "hunter2", "COLOUR": "green"})
    shown.choose(identifier)
    shown.page.details.tabs.setCurrentIndex(INSPECT)
    tree = shown.page.details.inspection
    qtbot.waitUntil(lambda: "COLOUR=green" in tree.json())
    assert "hunter2" not in tree.json()


def test_a_terminal_runs_inside_is_interrupted_and_ends_with_its_shell(
    shown: Any, run: Run, qtbot: QtBot
) -> None:
    identifier = run()
    shown.choose(identifier)
    shown.wait_for(identifier, "running")
    shown.page.details.tabs.setCurrentIndex(TERMINAL)
    qtbot.waitUntil(lambda: shown.page.details.terminals.pane(identifier) is not None)
    pane = shown.page.details.terminals.pane(identifier)
    pane.begin()

    def says(text: str) -> bool:
        display = pane.view.display
        return any(display.text(number) == text for number in range(display.first, display.end))

    qtbot.keyClicks(pane.view, "stty size; echo a$((1+1))b")
    qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: says("a2b"))  # typed before it was open
    rows, columns = pane.view.size_in_letters
    assert says(f"{rows} {columns}")
    qtbot.keyClicks(pane.view, "echo b$((1+1))c; sleep 1000")
    qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: says("b2c"))
    qtbot.keyClick(pane.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(pane.view, "exit")
    qtbot.keyClick(pane.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: pane.state.text() == "ended")
    assert not pane.live


def test_a_terminal_goes_on_while_another_container_is_looked_at(
    shown: Any, run: Run, engine: Engine, qtbot: QtBot
) -> None:
    first, second = run(), run()
    shown.choose(first)
    shown.wait_for(first, "running")
    qtbot.waitUntil(lambda: shown.page.details.terminals.pane(first) is not None)
    shown.page.details.terminals.pane(first).begin()
    shown.choose(second)
    qtbot.waitUntil(lambda: shown.page.details.terminals.pane(second) is not None)
    assert shown.page.details.terminals.pane(first).live
    engine.remove(first, force=True)
    qtbot.waitUntil(lambda: shown.page.details.terminals.pane(first) is None)


@pytest.mark.slow
def test_five_hundred_containers_are_listed(
    shown: Any, engine: Engine, small_image: str, unique_name: Callable[[str], str], qtbot: QtBot
) -> None:
    def make(number: int) -> str:
        return engine.create(ContainerSpec(unique_name(f"many{number}"), small_image, ("true",)))

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(make, range(500)))
        try:
            qtbot.waitUntil(lambda: all(shown.container(one) for one in made), timeout=60_000)
            shown.page.table.filter_field.setText(unique_name("many7"))
            assert len(shown.page.table.model.lines()) == 11  # 7 and 70 to 79
        finally:
            list(pool.map(engine.remove, made))
    qtbot.waitUntil(lambda: not any(shown.container(one) for one in made), timeout=60_000)

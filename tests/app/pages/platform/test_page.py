"""The Platform page on the real engine, over containers that carry a platform's labels."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.pages.platform.backup_dialogs import BackupDialog
from app.pages.platform.launch_dialog import LaunchDialog
from app.pages.platform.page import PlatformPage
from app.pages.platform.setup_dialog import SetupDialog
from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec

pytestmark = pytest.mark.docker
WRITES = ("sh", "-c", "echo the gateway listens; trap 'exit 0' TERM; sleep inf & wait")


@pytest.fixture
def platform(engine: Engine, small_image: str, unique_name: Callable[[str], str]) -> Iterator[str]:
    """A platform of which only the gateway is there."""
    name = unique_name("pl")
    labels = {"relevo.platform": name, "relevo.part": "gateway", "relevo.role": "gateway"}
    engine.run(ContainerSpec(f"{name}-gateway", small_image, WRITES, labels=labels, stop_seconds=1))
    yield name
    for container in engine.containers():
        if container.platform == name:
            engine.remove(container.identifier, force=True)


@pytest.fixture
def page(open_window: Callable[[], Any], platform: str, qtbot: QtBot) -> PlatformPage:
    shell = open_window().start.shell
    shell.go_to("platform")
    found: PlatformPage = shell.page
    qtbot.waitUntil(lambda: platform in found.presenter.names(), timeout=15_000)
    found.presenter.choose(platform)
    qtbot.waitUntil(lambda: states(found).get("gateway") == "running", timeout=15_000)
    return found


def states(page: PlatformPage) -> dict[str, str]:
    return {row.name: row.state for row in page.table._rows.values()}


def choose(page: PlatformPage, name: str) -> None:
    page.table.select_keys([row.key for row in page.table._rows.values() if row.name == name])


def test_what_is_there_and_what_is_missing_is_shown_with_the_log_of_the_chosen_part(
    page: PlatformPage, platform: str, qtbot: QtBot
) -> None:
    assert states(page)["cassandra"] == "missing"
    assert page.choice.currentText() == platform
    choose(page, "gateway")
    qtbot.waitUntil(lambda: "the gateway listens" in page.log.view.buffer.texts(0), timeout=10_000)


def test_actions_say_why_they_are_blocked(page: PlatformPage) -> None:
    assert page.operations.restart.blocked == "Select a part."
    choose(page, "cassandra")
    assert page.operations.restart.blocked.startswith("It is missing")
    choose(page, "gateway")
    assert page.operations.restart.blocked == ""
    assert page.operations.setup.text() == "Change…"


def test_a_part_is_restarted(page: PlatformPage, platform: str, engine: Engine, qtbot: QtBot) -> None:
    before = engine.container(f"{platform}-gateway").started
    choose(page, "gateway")
    page.operations.restart.trigger()
    qtbot.waitUntil(lambda: engine.container(f"{platform}-gateway").started != before, timeout=20_000)
    qtbot.waitUntil(lambda: states(page).get("gateway") == "running", timeout=15_000)


def test_a_part_that_dies_shows_by_itself(
    page: PlatformPage, platform: str, engine: Engine, qtbot: QtBot
) -> None:
    engine.stop(f"{platform}-gateway", 1)
    qtbot.waitUntil(lambda: states(page).get("gateway") == "stopped", timeout=15_000)


def test_what_is_seldom_wanted_stands_in_a_menu_with_why_it_is_blocked(page: PlatformPage) -> None:
    [menu] = [
        button.menu() for button in page.findChildren(QToolButton) if button.accessibleName() == "More"
    ]
    assert [action.text() for action in menu.actions()] == ["Restore…", "Take down…", "Delete…"]
    assert menu.toolTipsVisible()
    assert {action.text() for action in menu.actions()} <= {command.title for command in page.commands()}


def test_a_backup_that_cannot_be_made_says_why_and_leaves_nothing(
    page: PlatformPage, platform: str, qtbot: QtBot, tmp_path: Path
) -> None:
    page.backups.save.trigger()
    dialog = page.operations.dialog
    assert isinstance(dialog, BackupDialog)
    (tmp_path / "backups").mkdir()
    dialog.folder.set_path(str(tmp_path / "backups"))
    dialog.button.click()
    qtbot.waitUntil(page.error.isVisible, timeout=15_000)
    assert page.error._message.text() == f"the platform {platform} is not up"
    assert list((tmp_path / "backups").iterdir()) == []


def test_what_changes_during_a_look_is_looked_at_after_it(page: PlatformPage, qtbot: QtBot) -> None:
    presenter = page.presenter
    qtbot.waitUntil(lambda: presenter._looking is None, timeout=15_000)
    presenter._look.stop()  # by itself it would look again, too
    with qtbot.waitSignals([presenter.looked, presenter.looked], timeout=40_000):
        presenter.refresh()
        presenter.refresh()


def test_taking_down_says_what_goes_and_removes_it(
    page: PlatformPage, platform: str, engine: Engine, qtbot: QtBot
) -> None:
    page.operations.down.trigger()
    qtbot.waitUntil(lambda: page.operations.dialog is not None, timeout=15_000)
    assert page.operations.dialog.windowTitle() == f"Take {platform} down"
    dialog: Any = page.operations.dialog
    dialog.button.click()
    qtbot.waitUntil(lambda: engine.find_container(f"{platform}-gateway") is None, timeout=20_000)
    qtbot.waitUntil(lambda: platform not in page.presenter.names(), timeout=15_000)


def test_a_launch_on_a_platform_that_is_not_up_is_told_above_the_parts(
    page: PlatformPage, platform: str, small_image: str, qtbot: QtBot
) -> None:
    page.launches.launch.trigger()
    dialog = page.operations.dialog
    assert isinstance(dialog, LaunchDialog)
    dialog.source.setCurrentIndex(1)
    for name, text in (("image", small_image), ("project", "wine"), ("version", "A")):
        dialog.image.field(name).editor.setText(text)
    dialog.button.click()
    qtbot.waitUntil(page.error.isVisible, timeout=15_000)
    assert "is not up" in page.error._message.text()
    assert page.escape()


def test_setting_up_asks_first(page: PlatformPage) -> None:
    page.operations.setup.trigger()
    assert isinstance(page.operations.dialog, SetupDialog)
    page.operations.dialog.reject()


def test_a_folder_written_elsewhere_is_launched_here_once_the_platform_is_known(
    open_window: Callable[[], Any], platform: str, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window()
    window.program.context.bus.launch_requested.emit(str(tmp_path))
    page = window.start.shell.page
    assert isinstance(page, PlatformPage)
    qtbot.waitUntil(lambda: isinstance(page.operations.dialog, LaunchDialog), timeout=20_000)
    dialog = page.operations.dialog
    assert isinstance(dialog, LaunchDialog)
    assert dialog.folder.value() == str(tmp_path)
    qtbot.mouseClick(dialog.model_file, Qt.MouseButton.LeftButton)
    inner = page.launches.files.dialog
    assert inner is not None
    inner.reject()
    page.launches.files.written.emit(tmp_path / "wine-c", None)
    assert dialog.folder.value() == str(tmp_path / "wine-c")
    dialog.reject()

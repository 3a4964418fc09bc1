"""An engine that goes away and comes back; several hosts; hosts edited and tried."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from app.dialogs.host import Way
from services.containers.addresses import Host, LocalEngine, SshEngine
from services.containers.engine.engine import Engine

Run = Callable[..., str]


def test_an_engine_that_goes_away_leaves_a_banner_and_comes_back_by_itself(
    shown: Any, run: Run, relay: Any, engine: Engine, qtbot: QtBot
) -> None:
    stays, goes = run(), run()
    shown.wait_for(stays, "running")
    shown.choose(stays)
    relay.cut()
    qtbot.waitUntil(lambda: shown.page.banner.isVisible() and "Next attempt in" in shown.page.banner.note())
    assert shown.container(stays) is not None  # the last seen list stays
    assert "does not answer" in next(iter(shown.page.operations.actions.values())).blocked
    engine.remove(goes, force=True)
    relay.restore()
    qtbot.waitUntil(lambda: shown.connection.state == "open")
    assert not shown.page.banner.isVisible()
    assert shown.container(goes) is None
    assert [one.identifier for one in shown.page.table.selected()] == [stays]
    fresh = run()
    shown.wait_for(fresh, "running")


def test_retry_tries_at_once(shown: Any, relay: Any, qtbot: QtBot) -> None:
    relay.cut()
    qtbot.waitUntil(lambda: shown.connection.next_attempt is not None)
    shown.connection._delay = 3600.0
    shown.connection._failed(shown.connection.error)
    relay.restore()
    shown.page.banner.retry_requested.emit()
    qtbot.waitUntil(lambda: shown.connection.state == "open")


def test_another_host_shows_its_own_containers_only(
    shown: Any, run: Run, tmp_path: Path, qtbot: QtBot
) -> None:
    identifier = run()
    shown.wait_for(identifier, "running")
    hosts = shown.window.program.context.hosts
    hosts.save(Host("Nobody", LocalEngine(str(tmp_path / "nothing.sock"))), None)
    qtbot.waitUntil(lambda: shown.connection.state == "lost")
    assert shown.page.table.model.size == 0
    assert shown.page.table.empty.text().startswith("Docker does not answer")
    choice = shown.page.hosts.choice
    assert [choice.itemText(row) for row in range(choice.count())] == ["This machine", "Nobody", "Relay"]
    choice.setCurrentIndex(2)
    choice.activated.emit(2)
    shown.wait_for(identifier, "running")
    hosts.remove("Nobody")
    assert choice.count() == 2


def test_the_host_used_last_is_used_again(shown: Any) -> None:
    hosts = shown.window.program.context.hosts
    assert hosts.current().name == "Relay"
    shown.connection.leave()
    hosts.resume()
    assert shown.connection.host.name == "Relay"


def test_a_host_is_checked_tried_and_saved(shown: Any, tmp_path: Path, qtbot: QtBot) -> None:
    program = shown.window.program
    shown.page.hosts.add.trigger()
    dialog = program.host_dialogs.dialog
    dialog.way.setCurrentIndex(dialog.way.findData(Way.LOCAL))
    path = dialog.form.field("path").editor
    assert isinstance(path, QLineEdit)
    dialog.test.click()
    assert dialog.name.error() == "Give the host a name."
    dialog.name.editor.setText("Relay")
    path.setText(str(tmp_path / "nothing.sock"))
    dialog.test.click()
    qtbot.waitUntil(dialog.error.isVisible)
    path.setText(str(tmp_path / "engine.sock"))
    dialog.test.click()
    qtbot.waitUntil(lambda: "answers" in dialog.result_text.text())
    assert not dialog.error.isVisible()
    dialog.save.click()
    assert "Another host" in dialog.name.error()
    dialog.name.editor.setText("Second")
    dialog.save.click()
    assert program.context.hosts.folder.get("Second") == Host(
        "Second", LocalEngine(str(tmp_path / "engine.sock"))
    )
    qtbot.waitUntil(lambda: shown.connection.state == "open" and shown.connection.host.name == "Second")


def test_plain_tcp_warns_in_the_dialog(shown: Any) -> None:
    shown.page.hosts.add.trigger()
    dialog = shown.window.program.host_dialogs.dialog
    dialog.way.setCurrentIndex(dialog.way.findData(Way.PLAIN))
    assert dialog.warning.isVisible()
    port = dialog.form.field("port").editor
    assert isinstance(port, QSpinBox)
    assert port.value() == 2375
    dialog.way.setCurrentIndex(dialog.way.findData(Way.TLS))
    assert not dialog.warning.isVisible()
    dialog.reject()


def test_a_host_is_edited_under_another_name(shown: Any, qtbot: QtBot) -> None:
    hosts = shown.window.program.context.hosts
    shown.page.hosts.edit.trigger()
    dialog = shown.window.program.host_dialogs.dialog
    dialog.name.editor.setText("Renamed")
    dialog.way.setCurrentIndex(dialog.way.findData(Way.SSH))
    dialog.form.field("host").editor.setText("127.0.0.1")
    dialog.form.field("port").editor.setValue(9)
    dialog.save.click()
    assert hosts.folder.get("Relay") is None
    assert hosts.folder.get("Renamed") == Host("Renamed", SshEngine("127.0.0.1", "", 9))
    qtbot.waitUntil(lambda: shown.connection.state == "lost", timeout=60_000)


def test_a_damaged_host_is_named_until_its_file_is_mended(shown: Any, qtbot: QtBot) -> None:
    folder = shown.window.program.context.paths.hosts
    page, banner = shown.page, shown.page.damaged
    assert not banner.isVisible()
    broken = folder / "plant.json"
    broken.write_text('{"name": "plant", "address": {"type": "pigeon"}}', encoding="utf-8")
    page.refresh()
    assert banner.isVisible()
    assert str(broken) in banner.accessibleName()
    assert "Repair or delete the file" in banner.note()
    assert shown.connection.state == "open"  # the others work as before
    broken.write_text((folder / "Relay.json").read_text().replace("Relay", "plant"))
    banner.retry_requested.emit()
    assert not banner.isVisible()
    assert "plant" in [page.hosts.choice.itemText(row) for row in range(page.hosts.choice.count())]

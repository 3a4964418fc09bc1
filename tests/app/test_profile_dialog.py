"""Profiles in the window: each error under its field, tests off the GUI thread, switching at run time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.connection.reconnecting import ConnectionState
from app.dialogs.profile import ProfileDialog
from services.profiles.profile import EmbeddedProfile
from services.store.interface import Store

OpenWindow = Callable[..., Any]


@pytest.fixture
def dialog(open_window: OpenWindow, store: Store, qtbot: QtBot) -> Any:
    """The dialog for a new profile, and the window behind it."""
    window = open_window()
    window.program.dialogs.edit("")
    qtbot.waitUntil(lambda: window.program.dialogs.dialog is not None)
    return window.program.dialogs.dialog, window


def write(dialog: ProfileDialog, **fields: str) -> None:
    for name, text in fields.items():
        editor = dialog.form.field(name).editor
        assert isinstance(editor, QLineEdit)
        editor.setText(text)


def test_each_wrong_field_says_what_is_wrong_with_it(dialog: Any) -> None:
    made, _window = dialog
    made.kind.setCurrentIndex(1)
    write(made, contact_points="10.0.0.7, bad host", gateway="relevo:18080", authority="/no/such.pem")
    made.name.editor.setText("")
    made.test.click()
    assert "bad host" in made.form.field("contact_points").error()
    assert "http" in made.form.field("gateway").error()
    assert "no such file" in made.form.field("authority").error()
    assert made.name.error()
    assert made.result_text.text() == ""


def test_a_server_that_does_not_answer_is_told_under_its_hosts(dialog: Any, qtbot: QtBot) -> None:
    made, _window = dialog
    made.kind.setCurrentIndex(1)
    write(made, contact_points="127.0.0.1", gateway="http://127.0.0.1:9")
    made.form.field("port").editor.setValue(9)
    made.test.click()
    assert made.result_text.text() == "Trying to connect…"
    qtbot.waitUntil(lambda: bool(made.form.field("contact_points").error()), timeout=20_000)
    assert made.test.isEnabled()


def test_a_folder_that_cannot_be_made_is_told_under_it(dialog: Any, tmp_path: Path, qtbot: QtBot) -> None:
    made, _window = dialog
    (tmp_path / "file").write_text("", encoding="utf-8")
    write(made, folder=str(tmp_path / "file" / "inside"))
    made.test.click()
    qtbot.waitUntil(lambda: bool(made.form.field("folder").error()))


def test_a_good_folder_is_tried_and_told(dialog: Any, tmp_path: Path, qtbot: QtBot) -> None:
    made, _window = dialog
    write(made, folder=str(tmp_path / "fresh"))
    made.test.click()
    qtbot.waitUntil(lambda: "0 projects" in made.result_text.text())


def test_saving_keeps_the_profile_and_opens_it(dialog: Any, tmp_path: Path, qtbot: QtBot) -> None:
    made, window = dialog
    made.name.editor.setText("Gijón plant")
    write(made, folder=str(tmp_path / "fresh"))
    made.save.click()
    connection = window.program.context.connection
    qtbot.waitUntil(
        lambda: connection.state is ConnectionState.OPEN and connection.profile.name == "Gijón plant"
    )
    assert window.program.context.profiles.get("Gijón plant") == EmbeddedProfile(
        "Gijón plant", str(tmp_path / "fresh")
    )
    assert window.start.shell.windowTitle() == "Relevo — Gijón plant"


def test_a_name_that_is_taken_is_refused_under_the_name(dialog: Any, tmp_path: Path) -> None:
    made, window = dialog
    window.program.context.profiles.save(EmbeddedProfile("taken", str(tmp_path)))
    made.name.editor.setText("taken")
    made.save.click()
    assert "Another profile" in made.name.error()


def test_switching_closes_one_platform_and_opens_another(
    open_window: OpenWindow, wine: Store, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    first = window.program.context.connection.platform
    window.program.context.profiles.save(EmbeddedProfile("second", str(tmp_path)))
    window.start.shell.go_to("settings")
    panel = window.start.shell.page.profiles
    panel.refresh()
    panel.table.select_keys(["second"])
    panel.open.trigger()
    connection = window.program.context.connection
    qtbot.waitUntil(lambda: connection.platform is not None and connection.platform is not first)
    assert first._closed.is_set()


def test_a_damaged_profile_file_is_named_and_the_others_stay(
    open_window: OpenWindow, store: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window()
    context = window.program.context
    context.profiles.save(EmbeddedProfile("good", str(tmp_path)))
    (context.paths.profiles / "bad.json").write_text("{", encoding="utf-8")
    window.start.shell.go_to("settings")
    panel = window.start.shell.page.profiles
    assert panel.error.isVisible()
    assert context.profiles.names() == ["good"]

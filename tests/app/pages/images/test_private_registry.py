"""A registry with a password, from the Images page: asked for where it is needed, kept, used, forgotten."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.pages.images.page import ImagesPage
from services.containers.engine.engine import Engine
from services.profiles.registries import RegistrySignIns

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("no_keyring")]


@pytest.fixture
def page(open_window: Callable[[], Any], small_image: str, qtbot: QtBot) -> ImagesPage:
    """The page, once it lists the small image."""
    shell = open_window().start.shell
    shell.go_to("images")
    found: ImagesPage = shell.page
    qtbot.waitUntil(lambda: small_image in found.table._lines and not found.refreshing())
    return found


@pytest.fixture
def named(
    engine: Engine,
    private_registry: tuple[str, str, str],
    small_image: str,
    unique_name: Callable[[str], str],
) -> Iterator[str]:
    """A name in the registry for the small image, known to the engine only."""
    name = f"{private_registry[0]}/{unique_name('private')}:1"
    engine.tag(small_image, name)
    yield name
    if engine.image(name) is not None:
        engine.remove_image(name)


def push(page: ImagesPage, name: str, qtbot: QtBot) -> None:
    page.presenter.refresh()
    qtbot.waitUntil(lambda: name in page.table._lines, timeout=15_000)
    page.table.select_keys([name])
    qtbot.waitUntil(lambda: [line.reference for line in page.table.chosen()] == [name])
    page.operations.push.trigger()
    dialog: Any = page.operations.dialog
    dialog.button.click()


def answer(dialog: Any, user: str, password: str) -> None:
    dialog.user.editor.setText(user)
    dialog.password.editor.setText(password)
    dialog.button.click()


def test_a_push_asks_who_it_is_until_it_is_right_and_then_no_more(
    page: ImagesPage,
    named: str,
    private_registry: tuple[str, str, str],
    qtbot: QtBot,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    registry, user, password = private_registry
    asking = page.operations.sign_in
    push(page, named, qtbot)
    qtbot.waitUntil(lambda: asking.dialog is not None, timeout=15_000)
    assert page.error._message.text() == f"The registry {registry} asks for a user and a password"
    assert asking.dialog.windowTitle() == f"Sign in to {registry}"
    answer(asking.dialog, user, "")
    assert asking.dialog.password.error() == "Password is needed."
    answer(asking.dialog, user, "wrong")
    qtbot.waitUntil(
        lambda: asking.dialog is not None and user in asking.dialog.user.value(), timeout=15_000
    )
    assert page.error._message.text() == f"The registry {registry} does not accept the password of {user}"
    answer(asking.dialog, user, password)
    kept = RegistrySignIns(page.presenter._context.secrets)
    qtbot.waitUntil(
        lambda: (found := kept.get(registry)) is not None and found.password == password, timeout=15_000
    )
    tab = page.details.registry
    tab.address.setText(registry)

    def listed() -> bool:
        tab.look()
        qtbot.waitUntil(lambda: tab._listing is None, timeout=15_000)
        return any(line.key == named.partition("/")[2] for line in tab._lines)

    qtbot.waitUntil(listed, timeout=30_000)
    assert tab.sign_in.dialog is None
    assert password not in caplog.text
    files = [file for file in page.presenter._context.paths.config.parent.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if password.encode() in file.read_bytes()]


def test_what_is_forgotten_is_asked_for_again(
    page: ImagesPage,
    named: str,
    signed_in_engine: Engine,
    private_registry: tuple[str, str, str],
    qtbot: QtBot,
) -> None:
    registry, user, password = private_registry
    signed_in_engine.push(named, lambda *_: None)
    tab = page.details.registry
    tab.address.setText(registry)
    tab.look()
    qtbot.waitUntil(lambda: tab.sign_in.dialog is not None, timeout=15_000)
    answer(tab.sign_in.dialog, user, password)
    qtbot.waitUntil(lambda: bool(tab._lines) and all(line.digest for line in tab._lines), timeout=15_000)
    tab.table.select_keys([named.partition("/")[2]])
    assert tab._tags_of_same_image(registry, tab.table.chosen()[0]) == ["1"]
    signed_in_engine.remove_image(named)
    tab.pull.trigger()
    qtbot.waitUntil(lambda: signed_in_engine.image(named) is not None, timeout=15_000)
    tab.forget.trigger()
    qtbot.waitUntil(lambda: not tab._lines, timeout=15_000)
    assert RegistrySignIns(page.presenter._context.secrets).get(registry) is None
    tab.look()
    qtbot.waitUntil(lambda: tab.sign_in.dialog is not None, timeout=15_000)
    tab.sign_in.dialog.reject()

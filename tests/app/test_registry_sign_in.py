"""Signing in to image registries: asked once for all that waits, and everything that waited goes on."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.registry_sign_in import RegistrySignIn
from app.tasks import Tasks
from services.errors import RelevoError, SignInNeeded
from services.profiles.registries import RegistrySignIns
from services.profiles.secrets import Secrets

pytestmark = pytest.mark.usefixtures("no_keyring")


@pytest.fixture
def errors() -> list[RelevoError]:
    return []


@pytest.fixture
def sign_in(qtbot: QtBot, errors: list[RelevoError]) -> Iterator[RegistrySignIn]:
    tasks, owner = Tasks(), QWidget()
    qtbot.addWidget(owner)
    owner.show()
    yield RegistrySignIn(owner, tasks, RegistrySignIns(Secrets()), errors.append)
    tasks.close()


def answer(sign_in: RegistrySignIn, qtbot: QtBot) -> str:
    """Answer the dialog once it is there; what it asked for."""
    qtbot.waitUntil(lambda: sign_in.dialog is not None)
    dialog = sign_in.dialog
    assert dialog is not None
    dialog.user.editor.setText("ana")
    dialog.password.editor.setText("secret")
    title = dialog.windowTitle()
    dialog.button.click()
    return title


def test_both_actions_that_wait_for_a_registry_go_on_after_one_sign_in(
    sign_in: RegistrySignIn, qtbot: QtBot
) -> None:
    done: list[str] = []
    sign_in.ask(SignInNeeded("a:5000"), lambda: done.append("pull"))
    qtbot.waitUntil(lambda: sign_in.dialog is not None)
    sign_in.ask(SignInNeeded("a:5000"), lambda: done.append("push"))
    answer(sign_in, qtbot)
    qtbot.waitUntil(lambda: sorted(done) == ["pull", "push"])
    assert sign_in.dialog is None


def test_an_action_that_comes_while_the_password_is_kept_goes_on_too(
    sign_in: RegistrySignIn, qtbot: QtBot
) -> None:
    done: list[str] = []
    sign_in.ask(SignInNeeded("a:5000"), lambda: done.append("pull"))
    answer(sign_in, qtbot)
    sign_in.ask(SignInNeeded("a:5000"), lambda: done.append("push"))
    qtbot.waitUntil(lambda: sorted(done) == ["pull", "push"])
    assert sign_in.dialog is None


def test_two_registries_are_asked_for_one_after_the_other(sign_in: RegistrySignIn, qtbot: QtBot) -> None:
    done: list[str] = []
    for registry in ("a:5000", "b:5000"):
        sign_in.ask(SignInNeeded(registry), lambda registry=registry: done.append(registry))
    assert answer(sign_in, qtbot) == "Sign in to a:5000"
    assert answer(sign_in, qtbot) == "Sign in to b:5000"
    qtbot.waitUntil(lambda: done == ["a:5000", "b:5000"])


def test_who_does_not_sign_in_is_asked_again_by_the_next_action_only(
    sign_in: RegistrySignIn, qtbot: QtBot
) -> None:
    done: list[str] = []
    sign_in.ask(SignInNeeded("a:5000"), lambda: done.append("given up"))
    qtbot.waitUntil(lambda: sign_in.dialog is not None)
    assert sign_in.dialog is not None
    sign_in.dialog.reject()
    assert sign_in.dialog is None
    sign_in.ask(SignInNeeded("a:5000"), lambda: done.append("next"))
    answer(sign_in, qtbot)
    qtbot.waitUntil(lambda: done == ["next"])

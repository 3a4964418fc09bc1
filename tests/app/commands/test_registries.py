"""Who signs in to a registry, for commands: the environment for one registry, the keyring, a prompt."""

import sys

import pytest

from app.commands.platform import main
from app.commands.registries import CommandSignIns
from services.containers.addresses import LocalEngine
from services.containers.engine.engine import open_engine
from services.containers.model import Credentials
from services.errors import SignInNeeded
from services.profiles.registries import RegistrySignIns
from services.profiles.secrets import Secrets

pytestmark = pytest.mark.usefixtures("no_keyring")


@pytest.fixture
def sign_ins() -> CommandSignIns:
    return CommandSignIns(RegistrySignIns(Secrets()))


def test_the_environments_password_goes_to_the_registry_that_it_names_only(
    sign_ins: CommandSignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEVO_REGISTRY", "plant:5000")
    monkeypatch.setenv("RELEVO_REGISTRY_USER", "team")
    monkeypatch.setenv("RELEVO_REGISTRY_PASSWORD", "hush")
    assert sign_ins.get("plant:5000") == Credentials("team", "hush")
    assert sign_ins.get("docker.io") is None


def test_without_a_terminal_it_says_which_variables_to_set(
    sign_ins: CommandSignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> int:
        raise SignInNeeded("plant:5000")

    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(SignInNeeded) as needed:
        sign_ins.asking(refused)
    assert needed.value.remedy == (
        "Set RELEVO_REGISTRY=plant:5000, RELEVO_REGISTRY_USER and RELEVO_REGISTRY_PASSWORD."
    )


@pytest.mark.docker
def test_a_terminal_is_asked_until_the_registry_accepts_it(
    sign_ins: CommandSignIns,
    private_registry: tuple[str, str, str],
    small_image: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    registry, user, password = private_registry
    typed = iter(["wrong", password])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _prompt: user)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    name = f"{registry}/commands:1"
    with open_engine(LocalEngine(), credentials=sign_ins.get) as engine:
        engine.tag(small_image, name)
        try:
            sign_ins.asking(lambda: engine.push(name, lambda *_: None))
        finally:
            engine.remove_image(name)
    told = capsys.readouterr().err.splitlines()
    assert told == [
        f"The registry {registry} asks for a user and a password.",
        f"The registry {registry} does not accept the password of {user}.",
    ]


def test_the_help_names_the_variables(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["up", "--help"])
    assert "RELEVO_REGISTRY_PASSWORD" in capsys.readouterr().out

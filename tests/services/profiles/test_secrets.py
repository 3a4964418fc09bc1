"""Secrets: in the system's keyring where there is one, in memory where there is none, never in a file."""

from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked, PasswordDeleteError

from services.errors import Unavailable
from services.profiles.secrets import Secrets


class InMemory(KeyringBackend):
    """A keyring as a system would offer it; may be locked."""

    priority = 1.0  # a property in the base class

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.locked = False

    def _look(self) -> None:
        if self.locked:
            raise KeyringLocked("locked")

    def get_password(self, service: str, username: str) -> str | None:
        self._look()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._look()
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._look()
        if self.held.pop((service, username), None) is None:
            raise PasswordDeleteError("none")


@pytest.fixture
def system() -> Iterator[InMemory]:
    before, mine = keyring.get_keyring(), InMemory()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def test_a_secret_is_there_for_the_next_window(system: InMemory) -> None:
    Secrets().put("plant", "cassandra-password", "hush")
    assert Secrets().get("plant", "cassandra-password") == "hush"
    assert Secrets().get("plant", "gateway-token") is None


def test_forgetting_twice_is_harmless(system: InMemory) -> None:
    secrets = Secrets()
    secrets.put("plant", "gateway-token", "hush")
    secrets.forget("plant", "gateway-token")
    secrets.forget("plant", "gateway-token")
    assert system.held == {}


def test_without_a_keyring_a_secret_lasts_as_long_as_the_window(system: InMemory) -> None:
    keyring.set_keyring(NoKeyring())
    secrets = Secrets()
    assert not secrets.has_keyring()
    secrets.put("plant", "gateway-token", "hush")
    assert secrets.get("plant", "gateway-token") == "hush"
    assert Secrets().get("plant", "gateway-token") is None


def test_a_locked_keyring_is_said_in_words_that_hold_no_secret(system: InMemory) -> None:
    system.locked = True
    secrets = Secrets()
    with pytest.raises(Unavailable, match="keyring") as caught:
        secrets.put("plant", "gateway-token", "hush")
    assert "hush" not in caught.value.message + caught.value.details
    assert secrets.get("plant", "gateway-token") == "hush"

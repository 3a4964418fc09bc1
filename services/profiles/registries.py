"""Who signs in to which image registry: by its address, in the keyring, never in a file."""

from typing import Final

import msgspec

from services.containers.model import Credentials
from services.profiles.secrets import Secrets

_KIND: Final = "registry-sign-in"


class RegistrySignIns:
    """Users and passwords by registry, as names of its images begin; calls may block as `Secrets` does.

    Args:
        secrets: keeps them.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def has_keyring(self) -> bool:
        """Whether the system has a keyring; without one they last as long as this program runs."""
        return self._secrets.has_keyring()

    def get(self, registry: str) -> Credentials | None:
        """Who signs in; None if it has to be asked for, or the registry asks nobody.

        Raises:
            Unavailable: the keyring is locked or does not answer.
        """
        held = self._secrets.get(registry, _KIND)
        return msgspec.json.decode(held, type=Credentials) if held else None

    def put(self, registry: str, credentials: Credentials) -> None:
        """Keep them; Unavailable if the keyring does not, and then as long as this program runs."""
        self._secrets.put(registry, _KIND, msgspec.json.encode(credentials).decode())

    def forget(self, registry: str) -> None:
        """Forget them; nothing happens if there are none."""
        self._secrets.forget(registry, _KIND)

"""Passwords and tokens of profiles: in the system's keyring, or in memory where there is none.

Never in a file. `keyring` is imported here and nowhere else.
"""

from typing import Literal

from services.errors import Unavailable

Kind = Literal["cassandra-password", "gateway-token", "registry-sign-in"]
KINDS: tuple[Kind, ...] = ("cassandra-password", "gateway-token")
_SERVICE = "relevo"


class Secrets:
    """The secrets of all profiles; calls may block while the system asks to unlock its keyring."""

    def __init__(self) -> None:
        self._session: dict[tuple[str, Kind], str] = {}

    def has_keyring(self) -> bool:
        """Whether the system has a keyring; without one, secrets last as long as this window."""
        import keyring
        from keyring.backends.fail import Keyring as NoKeyring
        from keyring.backends.null import Keyring as NullKeyring

        return not isinstance(keyring.get_keyring(), NoKeyring | NullKeyring)

    def get(self, profile: str, kind: Kind) -> str | None:
        """The secret, or None if it has to be asked for.

        Raises:
            Unavailable: the keyring is locked or does not answer.
        """
        held = self._session.get((profile, kind))
        if held is not None or not self.has_keyring():
            return held
        import keyring
        from keyring.errors import KeyringError

        try:
            return keyring.get_password(_SERVICE, f"{profile}/{kind}")
        except KeyringError as error:
            raise _unreadable(error) from error

    def put(self, profile: str, kind: Kind, secret: str) -> None:
        """Keep a secret, for this session at least; an empty one is forgotten.

        Raises:
            Unavailable: the keyring is locked or does not answer; the session still holds the secret.
        """
        if not secret:
            self.forget(profile, kind)
            return
        self._session[profile, kind] = secret
        if not self.has_keyring():
            return
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(_SERVICE, f"{profile}/{kind}", secret)
        except KeyringError as error:
            raise _unreadable(error) from error

    def forget(self, profile: str, kind: Kind) -> None:
        """Forget a secret; nothing happens if there is none."""
        self._session.pop((profile, kind), None)
        if not self.has_keyring():
            return
        import keyring
        from keyring.errors import KeyringError, PasswordDeleteError

        try:
            keyring.delete_password(_SERVICE, f"{profile}/{kind}")
        except PasswordDeleteError:
            return  # there was none
        except KeyringError as error:
            raise _unreadable(error) from error


def _unreadable(error: Exception) -> Unavailable:
    return Unavailable(
        "The system's keyring did not give or take the password",
        remedy="Unlock the keyring and try again.",
        details=type(error).__name__,
    )

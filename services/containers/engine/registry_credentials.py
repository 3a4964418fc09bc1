"""Who signs in to which image registry: sent with the request, and kept nowhere here."""

from collections.abc import Callable

from services.containers.model import Credentials

PUBLIC = "docker.io"
CredentialsLookup = Callable[[str], Credentials | None]
"""From a registry, as names of its images begin, to who signs in to it; may ask the system's keyring."""


def no_credentials(_registry: str) -> Credentials | None:
    """Nobody is known."""
    return None


def registry_of(reference: str) -> str:
    """The registry that an image's name begins with, as Docker reads names."""
    first, slash, _ = reference.partition("/")
    named = bool(slash) and ("." in first or ":" in first or first == "localhost")
    return first if named else PUBLIC


def auth_config(registry: str, credentials: Credentials | None) -> dict[str, str] | None:
    """As the client library sends it; None lets it use what Docker's own command line signed in with."""
    if credentials is None:
        return None
    return {"username": credentials.user, "password": credentials.password, "serveraddress": registry}

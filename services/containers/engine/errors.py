"""The client library's errors become kinds of `services.errors`, here and only here."""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping

import docker.errors
import urllib3.exceptions
from msgspec import Struct

from services.containers.addresses import EngineAddress
from services.containers.engine.connection_errors import connection_error
from services.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    Refused,
    RelevoError,
    StorageError,
    Unavailable,
)

_PORT_TAKEN = ("already in use", "already allocated", "only one usage of each socket address")
_PORT = re.compile(r"(?:host port(?: for)?|Bind for|listen \w+) \S*?:(?P<port>\d+)(?=[:/\s]|$)")
_NAME = re.compile(r'container name "/?(?P<name>[^"]+)" is already in use')
_SHOWN = 300


class NotSignedIn(Refused):
    """A registry asks who it is, in the engine's words, which do not name the registry."""


class _KnownRefusal(Struct, frozen=True):
    """What an engine says in any of these words, and what it means."""

    phrases: tuple[str, ...]
    kind: type[RelevoError]
    message: str
    remedy: str = ""


_KNOWN_REFUSALS = (
    _KnownRefusal(
        ("no space left on device",),
        StorageError,
        "The disk of the Docker Engine is full",
        "Remove what is not needed (Images, Prune), then try again.",
    ),
    _KnownRefusal(
        ("no basic auth credentials", "unauthorized: ", "authentication required"),
        NotSignedIn,
        "The image registry refused it",
        "Sign in with a user and password that may do this.",
    ),
    _KnownRefusal(
        ("server gave http response to https client",),
        Refused,
        "The image registry speaks plain HTTP, which Docker takes only from its own machine",
        "Give the registry a certificate; or name it under “insecure-registries” in the daemon.json of the "
        "engine's machine: passwords can then be read on the way.",
    ),
    _KnownRefusal(
        ("certificate signed by unknown authority", "certificate is not trusted"),
        Refused,
        "The Docker Engine does not know who vouches for the image registry's certificate",
        "Put the authority's certificate on the engine's machine as /etc/docker/certs.d/REGISTRY/ca.crt; "
        "REGISTRY is how the image's name begins, with its port.",
    ),
    _KnownRefusal(
        ("has active endpoints",),
        Conflict,
        "The network is in use",
        "Remove the containers that are connected to it.",
    ),
    _KnownRefusal(
        ("oci runtime", "failed to create shim", "unable to find user", "unable to find group"),
        InvalidInput,
        "The container could not be started: {words}",
    ),
)


@contextlib.contextmanager
def translated(address: EngineAddress) -> Iterator[None]:
    """Whatever the client library raises inside is raised as a RelevoError."""
    try:
        yield
    except docker.errors.APIError as error:
        raise _answered(error) from error
    except (docker.errors.NullResource, docker.errors.InvalidArgument) as error:
        raise InvalidInput(_sentence(str(error))) from error
    except (docker.errors.DockerException, urllib3.exceptions.HTTPError, OSError) as error:
        raise connection_error(error, address) from error


def _answered(error: docker.errors.APIError) -> RelevoError:
    """What the engine itself refused."""
    text = str(error.explanation or error)
    status = error.response.status_code if error.response is not None else 500
    return engine_error(text, status)


def engine_error(text: str, status: int = 500) -> RelevoError:
    """The engine's words and status as an error of ours."""
    return _by_text(text) or _by_status(text, status)


def _by_text(text: str) -> RelevoError | None:
    """What the engine tells in words only."""
    lower = text.lower()
    for refusal in _KNOWN_REFUSALS:
        if any(phrase in lower for phrase in refusal.phrases):
            message = refusal.message.format(words=_sentence(text))
            return refusal.kind(message, remedy=refusal.remedy, details=text)
    if found := _NAME.search(text):
        return Conflict(
            f"A container named {found['name']} exists already",
            remedy="Choose another name, or remove that container.",
            details=text,
        )
    if any(said in lower for said in _PORT_TAKEN) and (found := _PORT.search(text)):
        return Conflict(
            f"Port {found['port']} is taken on the engine's machine",
            remedy="Choose another port, or stop what holds it.",
            details=text,
        )
    return None


_KINDS: Mapping[int, Callable[[str], RelevoError]] = {
    400: InvalidInput,
    401: Refused,
    403: Refused,
    409: Conflict,
}


def _by_status(text: str, status: int) -> RelevoError:
    if status == 404:
        return _missing(text)
    if kind := _KINDS.get(status):
        return kind(_sentence(text))
    return Unavailable(f"The Docker Engine could not do it: {_sentence(text)}", details=text)


def _missing(text: str) -> RelevoError:
    lower = text.lower()
    if "no such image" in lower or "pull access denied" in lower or "manifest" in lower:
        return NotFound(
            _sentence(text),
            remedy="Build or pull the image first, or correct its name and tag.",
            details=text,
        )
    return NotFound(_sentence(text), details=text)


def _sentence(text: str) -> str:
    text = text.strip().removeprefix("Error response from daemon: ").partition("\n")[0]
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return text[:1].upper() + text[1:] if text else "The Docker Engine refused it"

"""The client library's errors become kinds of `services.errors`, here and only here."""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import docker.errors

from services.containers.addresses import EngineAddress, LocalEngine, PlainEngine, SshEngine, TlsEngine
from services.containers.sockets import usual_socket
from services.errors import Conflict, InvalidInput, NotFound, Refused, RelevoError, StorageFull, Unavailable

OLDEST_API = "1.40"
_PORT = re.compile(r":(?P<port>\d+)(?:: bind: address already in use| failed: port is already allocated)")
_NAME = re.compile(r'container name "/?(?P<name>[^"]+)" is already in use')
_NO_SPACE = "no space left on device"


def describe(address: EngineAddress) -> str:
    """An engine's address in words, without secrets."""
    match address:
        case LocalEngine():
            return f"the Docker Engine of this machine ({address.path or usual_socket()})"
        case SshEngine():
            user = f"{address.user}@" if address.user else ""
            return f"the Docker Engine of {user}{address.host} (SSH)"
        case TlsEngine() | PlainEngine():
            return f"the Docker Engine of {address.host}:{address.port}"


@contextlib.contextmanager
def translated(address: EngineAddress) -> Iterator[None]:
    """Whatever the client library raises inside is raised as a RelevoError."""
    try:
        yield
    except docker.errors.APIError as error:
        raise _answered(error) from error
    except (docker.errors.DockerException, OSError) as error:
        raise _not_reached(error, address) from error


def _answered(error: docker.errors.APIError) -> RelevoError:
    """What the engine itself refused."""
    words = str(error.explanation or error)
    status = error.response.status_code if error.response is not None else 500
    return failure(words, status)


def failure(words: str, status: int = 500) -> RelevoError:
    """The engine's words and status as an error of ours."""
    return _known(words) or _by_status(words, status)


def _known(words: str) -> RelevoError | None:
    """What the engine tells in words only."""
    lower = words.lower()
    if _NO_SPACE in lower:
        return StorageFull(
            "The disk of the Docker Engine is full",
            remedy="Remove what is not needed (Images, Prune), then try again.",
            details=words,
        )
    if found := _PORT.search(words):
        return Conflict(
            f"Port {found['port']} is taken on the engine's machine",
            remedy="Choose another port, or stop what holds it.",
            details=words,
        )
    if found := _NAME.search(words):
        return Conflict(
            f"A container named {found['name']} exists already",
            remedy="Choose another name, or remove that container.",
            details=words,
        )
    if "oci runtime" in lower or "failed to create shim" in lower:
        return InvalidInput("The container could not be started", details=words)
    return None


_KINDS: Mapping[int, Callable[[str], RelevoError]] = {
    400: InvalidInput,
    401: Refused,
    403: Refused,
    409: Conflict,
}


def _by_status(words: str, status: int) -> RelevoError:
    if status == 404:
        return _missing(words)
    if kind := _KINDS.get(status):
        return kind(_sentence(words))
    return Unavailable("The Docker Engine could not do it", details=words)


def _missing(words: str) -> RelevoError:
    lower = words.lower()
    if "no such image" in lower or "pull access denied" in lower or "manifest" in lower:
        return NotFound(
            _sentence(words),
            remedy="Build or pull the image first, or correct its name and tag.",
            details=words,
        )
    return NotFound(_sentence(words), details=words)


def _sentence(words: str) -> str:
    text = words.strip().removeprefix("Error response from daemon: ")
    return text[:1].upper() + text[1:] if text else "The Docker Engine refused it"


def _not_reached(error: Exception, address: EngineAddress) -> RelevoError:
    """The engine was not reached, or is not one we can talk to."""
    where, words = describe(address), _chain(error)
    if isinstance(error, docker.errors.TLSParameterError):
        return InvalidInput(f"The certificates for {where} cannot be used", details=words)
    if isinstance(error, docker.errors.InvalidVersion) or "is too new" in words or "is too old" in words:
        return Refused(
            f"{where} is too old",
            remedy=f"Update it: its API must be {OLDEST_API} or newer (Docker 19.03).",
            details=words,
        )
    if _caused_by(error, PermissionError):
        return _no_permission(address, where, words)
    if "certificate" in words.lower() or "ssl" in words.lower():
        return Refused(
            f"{where} and this machine do not trust each other",
            remedy="Check the authority, the certificate, its key, and that they are meant for this host.",
            details=words,
        )
    if "timed out" in words.lower():
        return Unavailable(f"{where} does not answer in time", remedy="Try again.", details=words)
    return Unavailable(f"{where} cannot be reached", remedy="Is it running?", details=words)


def _no_permission(address: EngineAddress, where: str, words: str) -> Refused:
    path = Path(address.path if isinstance(address, LocalEngine) and address.path else usual_socket())
    try:
        group = path.group()
    except (OSError, KeyError, NotImplementedError):
        group = "docker"
    return Refused(
        f"You may not use {where}",
        remedy=f"Ask an administrator to add you to the group “{group}”, then sign in anew.",
        details=words,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps, whichever way."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [*current.args, current.__cause__, current.__context__, getattr(current, "reason", None)]


def _caused_by(error: BaseException, kind: type[BaseException]) -> bool:
    return any(isinstance(cause, kind) for cause in _causes(error))


def _chain(error: BaseException) -> str:
    return "\n".join(dict.fromkeys(f"{type(cause).__name__}: {cause}" for cause in _causes(error)))

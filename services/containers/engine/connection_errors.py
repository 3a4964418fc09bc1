"""Why an engine was not reached, in words, and what to do about it."""

import sys
from collections.abc import Iterator
from pathlib import Path

from services.containers.addresses import (
    EngineAddress,
    LocalEngine,
    PlainEngine,
    SshEngine,
    TlsEngine,
    usual_socket,
)
from services.errors import Refused, RelevoError, Unavailable

OLDEST_API = "1.40"
"""Of Docker 19.03; older ones lack parts that everything here relies on."""
_DENIED = ("permission denied while trying to connect", "connect: permission denied")
_SSH: tuple[tuple[str, type[RelevoError], str, str], ...] = (
    (
        "permission denied (",
        Refused,
        "refused to sign you in",
        "Add your key to the SSH agent of this machine, and its public part to that account.",
    ),
    (
        "host key verification failed",
        Refused,
        "is not known to this machine, or has changed",
        "Connect once with ssh on a command line, compare the host's key and accept it.",
    ),
    (
        "command not found",
        Unavailable,
        "has no docker command",
        "Install Docker's command line there; the connection goes through it.",
    ),
    (
        "could not resolve hostname",
        Unavailable,
        "is not known by that name",
        "Correct the name of the host.",
    ),
)


def engine_text(address: EngineAddress) -> str:
    """An engine's address in words, without secrets."""
    match address:
        case LocalEngine():
            return f"the Docker Engine of this machine ({address.path or usual_socket()})"
        case SshEngine():
            user = f"{address.user}@" if address.user else ""
            return f"the Docker Engine of {user}{address.host} (SSH)"
        case TlsEngine() | PlainEngine():
            return f"the Docker Engine of {address.host}:{address.port}"


def api_too_old(address: EngineAddress, version: str) -> Refused:
    """It speaks only an API older than what is needed."""
    return Refused(
        f"{_capitalised(engine_text(address))} is too old: its API is {version}",
        remedy=f"Update it to Docker 19.03 or newer: its API must be {OLDEST_API} or newer.",
    )


def not_an_engine(address: EngineAddress, text: str) -> Unavailable:
    """Something answered that is no Docker Engine."""
    return Unavailable(
        f"What answers in place of {engine_text(address)} is none",
        remedy="Correct the address.",
        details=text,
    )


def connection_error(error: Exception, address: EngineAddress) -> RelevoError:
    """The engine was not reached, or broke off."""
    text = _chain(error)
    if isinstance(error, ValueError):
        return not_an_engine(address, text)
    for known in (_permission, _ssh, _trust):
        if (found := known(error, address, text)) is not None:
            return found
    where = _capitalised(engine_text(address))
    if _caused_by(error, TimeoutError) or "timed out" in text.lower():
        return Unavailable(f"{where} does not answer in time", remedy="Try again.", details=text)
    remedy = "Is its machine up, and does Docker run there?"
    if isinstance(address, LocalEngine):
        remedy = "Start Docker on this machine."
    return Unavailable(f"{where} cannot be reached", remedy=remedy, details=text)


def _permission(error: Exception, address: EngineAddress, text: str) -> RelevoError | None:
    if not (_caused_by(error, PermissionError) or any(denied in text.lower() for denied in _DENIED)):
        return None
    return Refused(
        f"You may not use {engine_text(address)}",
        remedy=f"Ask an administrator to add you to the group “{_group(address)}”, then sign in anew.",
        details=text,
    )


def _group(address: EngineAddress) -> str:
    """The group that may use a local socket; elsewhere the one that Docker makes."""
    if not isinstance(address, LocalEngine):
        return "docker"
    if sys.platform == "win32":
        return "docker-users"
    try:
        return Path(address.path or usual_socket()).group()
    except (OSError, KeyError):
        return "docker"


def _ssh(error: Exception, address: EngineAddress, text: str) -> RelevoError | None:
    if not isinstance(address, SshEngine):
        return None
    if _caused_by(error, FileNotFoundError):
        return Unavailable(
            "This machine has no SSH client", remedy="Install OpenSSH's client.", details=text
        )
    for said, kind, what, remedy in _SSH:
        if said in text.lower():
            return kind(f"The host {address.host} {what}", remedy=remedy, details=text)
    return None


def _trust(_: Exception, address: EngineAddress, text: str) -> RelevoError | None:
    if not isinstance(address, TlsEngine) or not ("certificate" in text.lower() or "ssl" in text.lower()):
        return None
    return Refused(
        f"{_capitalised(engine_text(address))} and this machine do not trust each other",
        remedy="Check the authority, the certificate and its key, and that they are meant for this host.",
        details=text,
    )


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


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

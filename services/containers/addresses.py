"""Where a Docker Engine is: plain data that profiles keep; never a password or a key."""

import os
import sys
from pathlib import Path

from msgspec import Struct


class LocalEngine(Struct, frozen=True, tag="local"):
    """The engine of this machine: its socket, or on Windows its named pipe; empty takes the usual one."""

    path: str = ""


class TlsEngine(Struct, frozen=True, tag="tls"):
    """An engine behind mutual TLS.

    Attributes:
        authority, certificate, key: paths of PEM files on this machine.
    """

    host: str
    port: int = 2376
    authority: str = ""
    certificate: str = ""
    key: str = ""


class SshEngine(Struct, frozen=True, tag="ssh"):
    """An engine reached through SSH, with this machine's own SSH client, keys and known hosts."""

    host: str
    user: str = ""
    port: int = 22


class PlainEngine(Struct, frozen=True, tag="plain"):
    """An engine on an unprotected TCP port: whoever reaches the port owns its machine."""

    host: str
    port: int = 2375


EngineAddress = LocalEngine | TlsEngine | SshEngine | PlainEngine


class Host(Struct, frozen=True):
    """A named engine, as the switcher shows it."""

    name: str
    address: EngineAddress


_PIPE = "//./pipe/docker_engine"
_SOCKET = "/var/run/docker.sock"


def usual_socket() -> str:
    """The path of the local socket, or on Windows of the named pipe.

    What `DOCKER_HOST` names comes first, if that is local; where there is no common socket, the one of a
    Docker that runs without root, or of Docker Desktop.
    """
    for scheme in ("unix://", "npipe://"):
        if (named := os.environ.get("DOCKER_HOST", "")).startswith(scheme):
            return named.removeprefix(scheme)
    if sys.platform == "win32":
        return _PIPE
    return next((path for path in _candidates() if Path(path).exists()), _SOCKET)


def _candidates() -> tuple[str, ...]:
    running = os.environ.get("XDG_RUNTIME_DIR", "")
    home = os.path.expanduser("~/.docker")  # noqa: PTH111 - a home that is not known is no error here
    own = (f"{running}/docker.sock",) if running else ()
    return (_SOCKET, *own, f"{home}/run/docker.sock", f"{home}/desktop/docker.sock")

"""One new connection to an engine, whichever way it is reached: socket, named pipe, TCP, TLS or SSH."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.containers.addresses import (
    EngineAddress,
    LocalEngine,
    PlainEngine,
    SshEngine,
    TlsEngine,
    usual_socket,
)
from services.containers.engine.transport.named_pipe import NamedPipe
from services.containers.engine.transport.ssh import connect_ssh
from services.containers.engine.transport.tls import TlsConnection
from services.errors import InvalidInput

Connect = Callable[[], Any]
"""Connects anew; a socket, a `Pipe`, or an `Encrypted`."""


@dataclass(frozen=True, slots=True)
class Connector:
    """Connects anew, for requests and their answers, or for bytes both ways at once."""

    requests: Connect
    duplex: Connect


_KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""A peer that vanished without a word is noticed after a minute, also by a stream that only listens."""


def connector_for(address: EngineAddress, seconds: float) -> Connector:
    """How to connect to that engine; each connection may take that many seconds.

    Raises:
        InvalidInput: the certificates cannot be used.
    """
    match address:
        case LocalEngine():
            path = address.path or usual_socket()
            return _same_for_both(
                (lambda: _pipe(path, seconds)) if is_pipe(path) else (lambda: _local(path, seconds))
            )
        case SshEngine():
            return _same_for_both(lambda: connect_ssh(address, seconds))
        case PlainEngine():
            return _same_for_both(lambda: _network(address.host, address.port, seconds))
        case TlsEngine():
            context, host, port = _trust(address), address.host, address.port
            return Connector(
                lambda: context.wrap_socket(_network(host, port, seconds), server_hostname=host),
                lambda: TlsConnection(_network(host, port, seconds), context, host),
            )


def _same_for_both(connect: Connect) -> Connector:
    return Connector(connect, connect)


def is_pipe(path: str) -> bool:
    """Whether a path is that of a named pipe of Windows, such as `//./pipe/docker_engine`."""
    return path.replace("\\", "/").lower().startswith("//./pipe/")


def _local(path: str, seconds: float) -> socket.socket:
    family = getattr(socket, "AF_UNIX", None)
    if family is None:
        raise FileNotFoundError(f"{path} is no named pipe, and Windows has no other local engine")
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.settimeout(seconds)
        found.connect(path)
    except BaseException:
        found.close()
        raise
    return found


def _pipe(path: str, seconds: float) -> NamedPipe:
    import docker.transport

    kind = getattr(docker.transport, "NpipeSocket", None)
    if kind is None:
        raise FileNotFoundError(f"{path} is a named pipe of Windows")
    found = NamedPipe(kind())
    found.settimeout(seconds)
    found.connect(path.replace("/", "\\"))
    return found


def _network(host: str, port: int, seconds: float) -> socket.socket:
    found = socket.create_connection((host, port), timeout=seconds)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEP_ALIVE.items():
        if hasattr(socket, option):
            found.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return found


def _trust(address: TlsEngine) -> ssl.SSLContext:
    for name in ("authority", "certificate", "key"):
        path = getattr(address, name)
        if path and not Path(path).is_file():
            raise InvalidInput(f"The {name} of {address.host} is not there: {path}")
    try:
        context = ssl.create_default_context(cafile=address.authority or None)
        if address.certificate:
            # A password would be asked for on a terminal that a window does not have.
            context.load_cert_chain(address.certificate, address.key or None, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise InvalidInput(
            f"The certificates for {address.host} cannot be used",
            remedy="They must be PEM files; certificate and key a pair, the key without a password.",
            details=str(error),
        ) from error
    return context

"""Listening sockets, bound before anything is served so that the port is known."""

import socket
import sys

from services.errors import Unavailable

# Elsewhere the option is missing or means something else.
_SHARE_OPTION: int | None = getattr(socket, "SO_REUSEPORT", None) if sys.platform == "linux" else None
CAN_SHARE = _SHARE_OPTION is not None
"""Whether several processes can share one port, the kernel spreading connections over them."""


def bind(host: str, port: int, *, share: bool = False) -> socket.socket:
    """A bound TCP socket, not listening yet.

    Args:
        host: a name or address of this machine.
        port: 0 takes a free one.
        share: let other processes of this user bind the same port too, where the system can.

    Raises:
        Unavailable: the address is taken or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            # On Windows this option would let two programs take the same port.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share and _SHARE_OPTION is not None:
            bound.setsockopt(socket.SOL_SOCKET, _SHARE_OPTION, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise Unavailable(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            remedy="choose another port, or stop the program that uses this one",
        ) from error
    bound.setblocking(False)  # noqa: FBT003 - the standard library takes it by position only
    return bound


def address_of(bound: socket.socket) -> str:
    """The URL of a bound socket; one bound to all addresses is named by this machine's loopback."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

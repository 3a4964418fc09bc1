"""Who holds a port of the engine's machine."""

import contextlib
import errno
import socket
from collections.abc import Iterable
from pathlib import Path

from services.containers.addresses import LocalEngine
from services.containers.interface import ContainerHost
from services.containers.model import Container, ContainerState
from services.errors import Conflict
from services.platform.request import LOOPBACK

_LISTENING = "0A"


def check_ports(
    engine: ContainerHost,
    ports: Iterable[tuple[str, int]],
    own: Iterable[Container],
    others: Iterable[Container],
) -> None:
    """Conflict, with who holds it, if a port is not free.

    Ports held by programs are seen on this machine only; on another, the engine says it at the start.

    Args:
        engine: where they are to be published.
        ports: host address and port of each.
        own: containers of the platform itself, whose ports are its own.
        others: all other containers.
    """
    own_ports = {port.host_port for container in own if _runs(container) for port in container.ports}
    here = isinstance(engine.address, LocalEngine)
    for host, port in ports:
        if port in own_ports:
            continue
        holder = _container_at(port, others)
        if not holder and here and not _free(host, port):
            holder = program_at(port) or "another program on this machine"
        if holder:
            raise Conflict(
                f"Port {port} is taken by {holder}",
                remedy="Choose another port for the platform, or stop what holds it.",
            )


def program_at(port: int) -> str:
    """The program that listens on a port of this machine, where the system tells; else empty."""
    sockets = _listening_sockets(port)
    if not sockets:
        return ""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                if descriptor.readlink().name in sockets:
                    return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


def _container_at(port: int, containers: Iterable[Container]) -> str:
    for container in containers:
        if _runs(container) and any(held.host_port == port for held in container.ports):
            return f"the container {container.name}"
    return ""


def _runs(container: Container) -> bool:
    return container.state in {ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING}


def _free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host or LOOPBACK, port), family=family):
            return True
    except OSError as error:
        # An address that is not this machine's is for the engine to judge.
        return error.errno == errno.EADDRNOTAVAIL


def _listening_sockets(port: int) -> set[str]:
    """Names of the listening sockets of a port, as Linux shows them to whoever asks."""
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == _LISTENING and int(words[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{words[9]}]")
    return found

"""The gateway's certificate: from files of this machine, or as the running platform has it."""

from pathlib import Path

from services.containers.interface import ContainerHost
from services.containers.model import ContainerRole
from services.errors import InvalidInput
from services.platform.discovery import DiscoveredPlatform
from services.platform.recovery.from_containers import serves_https
from services.platform.request import PlatformRequest
from services.platform.specification import BALANCER_HOME, CERTIFICATE, HOME, KEY


def certificate_of(
    engine: ContainerHost, request: PlatformRequest, discovered: DiscoveredPlatform
) -> dict[str, bytes]:
    """Contents by name; empty without TLS.

    Another administrator's machine lacks the files: there, the platform keeps what it has.

    Raises:
        InvalidInput: a file cannot be read, and the platform has none.
    """
    if not request.secure:
        return {}
    paths = {CERTIFICATE: Path(request.certificate), KEY: Path(request.key)}
    if not any(path.is_file() for path in paths.values()):
        in_place = _in_place(engine, discovered)
        if in_place:
            return in_place
    try:
        return {name: path.read_bytes() for name, path in paths.items()}
    except OSError as error:
        raise InvalidInput(
            f"certificate: {error.filename} cannot be read: {error.strerror}",
            remedy="Name the PEM files of the certificate and of its key.",
        ) from error


def _in_place(engine: ContainerHost, discovered: DiscoveredPlatform) -> dict[str, bytes]:
    for container in discovered.parts.values():
        if container.role is ContainerRole.GATEWAY and serves_https(engine, container):
            return {
                name: engine.read_file(container.identifier, f"{HOME}/{name}")
                for name in (CERTIFICATE, KEY)
            }
        if container.role is ContainerRole.BALANCER and serves_https(engine, container):
            both = engine.read_file(container.identifier, f"{BALANCER_HOME}/{CERTIFICATE}")
            first, found, rest = both.partition(b"\n-----BEGIN PRIVATE KEY")
            return {CERTIFICATE: first, KEY: b"-----BEGIN PRIVATE KEY" + rest} if found else {}
    return {}

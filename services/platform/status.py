"""How a platform's parts are: state, health, version, address, memory."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from msgspec import Struct

from services.containers.interface import ContainerHost
from services.containers.model import Container, ContainerHealth, ContainerRole, ContainerState
from services.platform.discovery import DiscoveredPlatform, require_platform
from services.platform.parts import Part, parts_of
from services.platform.request import PlatformRequest, bracketed

VERSION_OF_IMAGE = "org.opencontainers.image.version"
_AT_ONCE = 8


class PartStatus(Struct, frozen=True):
    """A part, or a model service, at one moment.

    Attributes:
        name: of the part; of a model service its container's.
        state: a word: `healthy`, `starting`, `unhealthy`, `running`, `stopped`, `missing`, …
        version: of its image, as its label says; empty if it does not.
        address: where it is reached from its engine's machine; empty if it is not published.
        since: when it entered this state, UTC.
        memory, memory_limit: bytes; None while it does not run.
        message: why it does not run, in words.
    """

    name: str
    role: ContainerRole
    text: str
    state: str
    identifier: str = ""
    image: str = ""
    version: str = ""
    address: str = ""
    since: datetime | None = None
    memory: int | None = None
    memory_limit: int | None = None
    restarts: int = 0
    message: str = ""

    @property
    def well(self) -> bool:
        """Whether it does what it is for."""
        return self.state in {"healthy", "running"}


class PlatformStatus(Struct, frozen=True):
    """A platform at one moment; `request` is None when nobody knows what was asked for."""

    name: str
    parts: tuple[PartStatus, ...]
    models: tuple[PartStatus, ...]
    volumes: tuple[str, ...]
    request: PlatformRequest | None

    @property
    def well(self) -> bool:
        """Whether all parts do what they are for."""
        return all(part.well for part in self.parts)


def platform_status(engine: ContainerHost, name: str, *, usage: bool = True) -> PlatformStatus:
    """Ask an engine how a platform is; with `usage` it takes a second or two.

    Raises:
        NotFound: there is none of that name; names those that there are.
    """
    discovered = require_platform(engine, name)
    found = [*_parts(discovered), *((None, container) for container in discovered.models)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        states = list(pool.map(lambda pair: _state(engine, *pair, usage=usage), found))
    parts = len(found) - len(discovered.models)
    return PlatformStatus(
        name,
        tuple(states[:parts]),
        tuple(states[parts:]),
        tuple(sorted(discovered.volumes)),
        discovered.request,
    )


def _parts(discovered: DiscoveredPlatform) -> Sequence[tuple[Part | None, Container | None]]:
    """Each part that was asked for, there or not, and what is there without having been asked for."""
    asked = parts_of(discovered.request or PlatformRequest(discovered.name))
    names = {part.name for part in asked}
    rest = [
        container for name, container in discovered.parts.items() if name not in names and container.role
    ]
    return [*((part, discovered.parts.get(part.name)) for part in asked), *((None, each) for each in rest)]


def _state(
    engine: ContainerHost, part: Part | None, container: Container | None, *, usage: bool
) -> PartStatus:
    if container is None:
        named = part.name if part else ""
        return PartStatus(
            named, part.role if part else ContainerRole.NONE, part.text if part else "", "missing"
        )
    measurable = usage and _lives(container) and bool(container.identifier)
    used = engine.usage(container.identifier) if measurable else None
    image = engine.image(container.image_identifier or container.image)
    return PartStatus(
        name=part.name if part else container.name,
        role=container.role,
        text=part.text if part else f"{container.project} {container.version}".strip(),
        state=status_word(container),
        identifier=container.identifier,
        image=container.image,
        version=image.labels.get(VERSION_OF_IMAGE, "") if image else "",
        address=_address(container),
        since=(container.started if _lives(container) else container.finished) or container.created,
        memory=used.memory if used else None,
        memory_limit=used.memory_limit if used else None,
        restarts=container.restarts,
        message=container.error or _why(container),
    )


def status_word(container: Container) -> str:
    """Where a container stands, its health before all."""
    if container.state is ContainerState.RUNNING:
        return container.health.value if container.health is not ContainerHealth.NONE else "running"
    words = {ContainerState.EXITED: "stopped", ContainerState.CREATED: "stopped"}
    return words.get(container.state, container.state.value)


def _lives(container: Container) -> bool:
    return container.state is ContainerState.RUNNING


def _why(container: Container) -> str:
    if container.state is ContainerState.EXITED and container.exit_code:
        return f"ended with exit code {container.exit_code}"
    return ""


def _address(container: Container) -> str:
    for port in container.ports:
        if port.host_port:
            return f"{bracketed(port.host_address or '0.0.0.0')}:{port.host_port}"  # noqa: S104 - shown only
    return ""

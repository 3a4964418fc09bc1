"""What there is of a platform on an engine, found by labels."""

from dataclasses import dataclass, field

import msgspec

from services.containers.interface import ContainerHost
from services.containers.kinds import orchestrator_on
from services.containers.model import PLATFORM_LABEL, Container, ContainerRole, ContainerState
from services.errors import NotFound
from services.platform.parts import CASSANDRA, parts_of
from services.platform.recovery.from_containers import request_from_containers
from services.platform.recovery.state_file import read_state_of_store
from services.platform.request import PlatformRequest
from services.platform.secrets import PlatformSecrets, secrets_in
from services.platform.specification import (
    ONE_OFF,
    PART_LABEL,
    REQUEST_LABEL,
    STATE_CONTAINER,
    container_name,
)

REPLACED = "-before"
"""Ends the name of a container that another takes the place of, until that one is healthy."""


@dataclass(slots=True)
class DiscoveredPlatform:
    """A platform as it is.

    Attributes:
        parts: containers by part, the state container apart; replicas of one part as one container.
        replaced: containers that a set-up which did not come to its end had put aside, by part.
        one_off_containers: short-lived containers of a set-up; they stay only if its program was killed.
        others: further containers of the platform: model services, development containers.
        volumes: names.
        state_container: holds secrets and request; None if it was never made, or is gone.
        secrets: None if no container has them.
        request: what was asked for at the last set-up; None if nobody knows.
    """

    name: str
    parts: dict[str, Container] = field(default_factory=dict)
    replaced: dict[str, Container] = field(default_factory=dict)
    one_off_containers: list[Container] = field(default_factory=list)
    others: list[Container] = field(default_factory=list)
    volumes: set[str] = field(default_factory=set)
    state_container: Container | None = None
    secrets: PlatformSecrets | None = None
    request: PlatformRequest | None = None

    @property
    def models(self) -> list[Container]:
        """Its model services."""
        return [container for container in self.others if container.role is ContainerRole.MODEL]

    @property
    def exists(self) -> bool:
        """Whether anything of it is there."""
        return bool(self.parts or self.replaced or self.others or self.volumes or self.state_container)


def find_platform(engine: ContainerHost, name: str) -> DiscoveredPlatform:
    """Look a platform up by its name; an empty one if there is none."""
    found = DiscoveredPlatform(name)
    for container in _containers(engine, name):
        _sort_in(found, container)
    found.volumes = {
        volume.name for volume in engine.volumes(sizes=False) if volume.labels.get(PLATFORM_LABEL) == name
    }
    store = found.parts.get(CASSANDRA.name) or found.replaced.get(CASSANDRA.name)
    if found.state_container is not None:
        found.secrets = secrets_in(engine.environment(found.state_container.identifier))
        found.request = _request_in(found.state_container)
    elif store is not None:
        found.secrets = secrets_in(engine.environment(store.identifier))
        saved = read_state_of_store(engine, store.identifier)
        found.request = saved.request if saved is not None else None
    if found.request is None:
        found.request = request_from_containers(engine, name, found.parts)
    return found


def platforms(engine: ContainerHost) -> list[str]:
    """Names of the platforms on an engine."""
    return sorted({
        container.platform
        for container in engine.containers()
        if container.platform and PART_LABEL in container.labels
    })  # fmt: skip


def require_platform(engine: ContainerHost, name: str) -> DiscoveredPlatform:
    """A platform that is there; NotFound names those that are."""
    found = find_platform(engine, name)
    if not found.exists:
        known = platforms(engine)
        raise NotFound(
            f"there is no platform named {name} on this engine",
            remedy=f"There is: {', '.join(known)}." if known else "Set one up: relevo platform up.",
        )
    return found


def require_set_up(
    engine: ContainerHost, name: str
) -> tuple[DiscoveredPlatform, PlatformRequest, PlatformSecrets]:
    """A platform whose store is there, running or not, with what was asked for and its secrets.

    Raises:
        NotFound: there is no such platform, or it is taken down.
    """
    discovered = require_platform(engine, name)
    if discovered.request is None or discovered.secrets is None or CASSANDRA.name not in discovered.parts:
        raise not_up(discovered)
    return discovered, discovered.request, discovered.secrets


def not_up(discovered: DiscoveredPlatform) -> NotFound:
    """That a platform lacks what is asked of it; says which of its containers are gone, and what to do."""
    name = discovered.name
    asked = parts_of(discovered.request or PlatformRequest(name))
    missing = [part.name for part in asked if part.name not in discovered.parts]
    gone = f"It has no container for {', '.join(missing)}. " if discovered.parts and missing else ""
    return NotFound(
        f"the platform {name} is not up", remedy=f"{gone}Set it up: relevo platform up --name {name}."
    )


def runs(container: Container | None) -> bool:
    """Whether a container is there and runs."""
    return container is not None and container.state is ContainerState.RUNNING


def _containers(engine: ContainerHost, name: str) -> list[Container]:
    """Those of a platform; what an orchestrator runs in replicas, here or elsewhere, each as one."""
    here = [container for container in engine.containers() if container.platform == name]
    orchestrator = orchestrator_on(engine)
    if orchestrator is None:
        return here
    return [*(each for each in here if not each.orchestrated), *orchestrator.replicated(name)]


def _sort_in(found: DiscoveredPlatform, container: Container) -> None:
    part = container.labels.get(PART_LABEL, "")
    if part == STATE_CONTAINER:
        if found.state_container is None or container.name == container_name(found.name, STATE_CONTAINER):
            found.state_container = container
    elif part == ONE_OFF:
        found.one_off_containers.append(container)
    elif (part and container.orchestrated) or (part and container.name == container_name(found.name, part)):
        found.parts[part] = container
    elif part and container.name == container_name(found.name, part) + REPLACED:
        found.replaced[part] = container
    else:
        found.others.append(container)


def _request_in(state_container: Container) -> PlatformRequest | None:
    try:
        return msgspec.json.decode(state_container.labels.get(REQUEST_LABEL, ""), type=PlatformRequest)
    except msgspec.MsgspecError:
        return None  # kept by another version of this program

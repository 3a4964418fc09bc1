"""What there is of a platform on an engine, found by labels."""

from dataclasses import dataclass, field

import msgspec

from services.containers.engine.engine import Engine
from services.containers.model import PLATFORM_LABEL, Container, ContainerRole, ContainerState
from services.errors import NotFound
from services.platform.recovery.from_containers import recalled_request
from services.platform.request import PlatformRequest
from services.platform.secrets import PlatformKeys, keys_in
from services.platform.specification import ERRAND, KEEPER, PART_LABEL, REQUEST_LABEL, container_name
from services.platform.swarm_gateways import is_task

REPLACED = "-before"
"""Ends the name of a container that another takes the place of, until that one is healthy."""


@dataclass(slots=True)
class Present:
    """A platform as it is.

    Attributes:
        parts: containers by part, the keeper apart.
        replaced: containers that a set-up which did not come to its end had put aside, by part.
        errands: short-lived containers of a set-up; they stay only if its program was killed.
        others: further containers of the platform: model services, development containers.
        volumes: names.
        request: what was asked for at the last set-up; None if nobody knows.
    """

    name: str
    parts: dict[str, Container] = field(default_factory=dict)
    replaced: dict[str, Container] = field(default_factory=dict)
    errands: list[Container] = field(default_factory=list)
    others: list[Container] = field(default_factory=list)
    volumes: set[str] = field(default_factory=set)
    keeper: Container | None = None
    keys: PlatformKeys | None = None
    request: PlatformRequest | None = None

    @property
    def models(self) -> list[Container]:
        """Its model services."""
        return [container for container in self.others if container.role is ContainerRole.MODEL]

    @property
    def exists(self) -> bool:
        """Whether anything of it is there."""
        return bool(self.parts or self.replaced or self.others or self.volumes or self.keeper)


def find_platform(engine: Engine, name: str) -> Present:
    """Look a platform up by its name; an empty one if there is none."""
    found = Present(name)
    for container in engine.containers():
        if container.platform == name:
            _take(found, container)
    found.volumes = {
        volume.name for volume in engine.volumes(sizes=False) if volume.labels.get(PLATFORM_LABEL) == name
    }
    if found.keeper is not None:
        found.keys = keys_in(engine.environment(found.keeper.identifier))
        found.request = _request_in(found.keeper)
    elif store := found.parts.get("cassandra") or found.replaced.get("cassandra"):
        found.keys = keys_in(engine.environment(store.identifier))
    if found.request is None:
        found.request = recalled_request(engine, name, found.parts)
    return found


def platforms(engine: Engine) -> list[str]:
    """Names of the platforms on an engine."""
    return sorted({
        container.platform
        for container in engine.containers()
        if container.platform and PART_LABEL in container.labels
    })  # fmt: skip


def existing(engine: Engine, name: str) -> Present:
    """A platform that is there; NotFound names those that are."""
    found = find_platform(engine, name)
    if not found.exists:
        known = platforms(engine)
        raise NotFound(
            f"there is no platform named {name} on this engine",
            remedy=f"There is: {', '.join(known)}." if known else "Set one up: relevo platform up.",
        )
    return found


def standing(engine: Engine, name: str) -> tuple[Present, PlatformRequest, PlatformKeys]:
    """A platform whose store is there, running or not, with what was asked for and its secrets.

    Raises:
        NotFound: there is no such platform, or it is taken down.
    """
    present = existing(engine, name)
    if present.request is None or present.keys is None or "cassandra" not in present.parts:
        raise NotFound(f"the platform {name} is not up", remedy="Set it up first.")
    return present, present.request, present.keys


def runs(container: Container | None) -> bool:
    """Whether a container is there and runs."""
    return container is not None and container.state is ContainerState.RUNNING


def _take(found: Present, container: Container) -> None:
    part = container.labels.get(PART_LABEL, "")
    if part == KEEPER:
        if found.keeper is None or container.name == container_name(found.name, KEEPER):
            found.keeper = container
    elif part == ERRAND:
        found.errands.append(container)
    elif part and is_task(container):
        if runs(container):
            found.parts[part] = container
    elif part and container.name == container_name(found.name, part):
        found.parts[part] = container
    elif part and container.name == container_name(found.name, part) + REPLACED:
        found.replaced[part] = container
    else:
        found.others.append(container)


def _request_in(keeper: Container) -> PlatformRequest | None:
    try:
        return msgspec.json.decode(keeper.labels.get(REQUEST_LABEL, ""), type=PlatformRequest)
    except msgspec.MsgspecError:
        return None  # kept by another version of this program

"""Takes a platform down: containers always, data only where its name was typed."""

from msgspec import Struct

from services.containers.interface import ContainerHost, Progress
from services.containers.kinds import orchestrator_on
from services.containers.model import PLATFORM_LABEL, Container, ContainerRole, Volume
from services.errors import Conflict, InvalidInput
from services.platform.discovery import DiscoveredPlatform, require_platform, runs
from services.platform.parts import CASSANDRA, parts_of
from services.platform.request import PlatformRequest

_STOP_SECONDS = 30


class TearDownPlan(Struct, frozen=True):
    """What would go, and what would stay.

    Attributes:
        removed: containers that go.
        stopped: model services, which start again with the next set-up.
        deleted: volumes whose data would be deleted for ever; empty unless that was asked for.
        kept: volumes that stay.
        left: containers on its network that are none of its parts, such as development containers.
    """

    name: str
    removed: tuple[str, ...]
    stopped: tuple[str, ...]
    deleted: tuple[Volume, ...]
    kept: tuple[str, ...]
    left: tuple[str, ...]

    def lines(self) -> list[str]:
        """Line by line, for whoever is about to decide."""
        lines = [f"removed:  {name}" for name in self.removed]
        lines += [f"stopped:  {name}" for name in self.stopped]
        lines += [f"DELETED:  the volume {each.name} with {_size(each)}" for each in self.deleted]
        lines += [f"kept:     the volume {name}" for name in self.kept]
        return [*lines, *(f"left:     {name}" for name in self.left)]


def plan_tear_down(engine: ContainerHost, name: str, *, delete_data: bool) -> TearDownPlan:
    """Say exactly what taking a platform down would do; nothing is touched.

    Raises:
        NotFound: there is none of that name.
    """
    discovered = require_platform(engine, name)
    containers = _containers(discovered, delete_data=delete_data)
    stopped = [each.name for each in discovered.models if runs(each) and not each.orchestrated]
    models = () if delete_data else tuple(stopped)
    volumes = [each for each in engine.volumes() if each.labels.get(PLATFORM_LABEL) == name]
    return TearDownPlan(
        name,
        removed=tuple(container.name for container in containers),
        stopped=models,
        deleted=tuple(volumes) if delete_data else (),
        kept=() if delete_data else tuple(each.name for each in volumes),
        left=tuple(each.name for each in discovered.others if each.role is not ContainerRole.MODEL),
    )


def tear_down(
    engine: ContainerHost,
    name: str,
    progress: Progress,
    *,
    delete_data: bool = False,
    confirmation: str = "",
) -> TearDownPlan:
    """Take a platform down; what was done.

    Without `delete_data` its volumes, its network and the container of its secrets stay, and setting it up
    again finds everything as it was.

    Args:
        engine: where.
        name: which.
        progress: told what goes on; may raise Cancelled between two containers.
        delete_data: delete its volumes as well, for ever.
        confirmation: its exact name, typed by whoever wants that.

    Raises:
        InvalidInput: data are to be deleted, and its name was not typed.
        NotFound: there is none of that name.
        Conflict: a volume is used by a container that is not the platform's.
    """
    if delete_data and confirmation != name:
        raise InvalidInput(
            f"to delete the data of {name}, its exact name has to be typed",
            remedy="Nothing was changed.",
        )
    plan = plan_tear_down(engine, name, delete_data=delete_data)
    discovered = require_platform(engine, name)
    if delete_data and plan.left:
        raise Conflict(
            f"Containers on the network of {name} are still there: {', '.join(plan.left)}",
            remedy="Remove them first. Nothing was changed.",
        )
    orchestrator = orchestrator_on(engine)
    if orchestrator is not None:
        orchestrator.remove(name, progress, models=delete_data)
    _stop_and_remove(engine, discovered, plan, progress)
    if delete_data:
        for volume in plan.deleted:
            progress(0.95, f"Deleting {volume.name}")
            engine.remove_volume(volume.name)
        engine.remove_network(name)
    progress(1.0, f"{name} is down")
    return plan


def _stop_and_remove(
    engine: ContainerHost, discovered: DiscoveredPlatform, plan: TearDownPlan, progress: Progress
) -> None:
    own = [container for container in stopping_order(discovered) if not container.orchestrated]
    for number, container in enumerate(own):
        progress(number / (len(plan.removed) + len(plan.stopped) + 1), f"Stopping {container.name}")
        if runs(container):
            engine.stop(container.identifier, _seconds(container))
        if container.name in plan.removed:
            engine.remove(container.identifier, force=True)


def stopping_order(discovered: DiscoveredPlatform) -> list[Container]:
    """What is to be stopped, whoever needs others before those: the container of secrets last of all."""
    parts = [part.name for part in parts_of(discovered.request or PlatformRequest(discovered.name))]
    order = {name: place for place, name in enumerate(parts)}
    found = sorted(discovered.parts.items(), key=lambda pair: order.get(pair[0], len(order)), reverse=True)
    stopped = [*discovered.one_off_containers, *discovered.models, *(container for _, container in found)]
    last = [discovered.state_container] if discovered.state_container else []
    return [*stopped, *discovered.replaced.values(), *last]


def _containers(discovered: DiscoveredPlatform, *, delete_data: bool) -> list[Container]:
    found = [*discovered.parts.values(), *discovered.replaced.values(), *discovered.one_off_containers]
    if delete_data:
        found += discovered.models + ([discovered.state_container] if discovered.state_container else [])
    return sorted(found, key=lambda container: container.name)


def _seconds(container: Container) -> int:
    return CASSANDRA.stop_seconds if container.role is ContainerRole.STORE else _STOP_SECONDS


def _size(volume: Volume) -> str:
    return f"{volume.size / 1e6:,.1f} MB" if volume.size >= 0 else "all that is in it"

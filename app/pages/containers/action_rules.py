"""What may be done with which containers, why not, and what stops when it is done: pure functions."""

from collections.abc import Sequence
from enum import StrEnum

from services.containers.model import Container, ContainerRole, ContainerState

SWARM_LABEL = "com.docker.swarm.service.name"


class ContainerOperation(StrEnum):
    """What can be done with containers."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    KILL = "kill"
    PAUSE = "pause"
    RESUME = "resume"
    RENAME = "rename"
    REMOVE = "remove"


_UP = frozenset({ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING})
_DOWN = frozenset({ContainerState.CREATED, ContainerState.EXITED, ContainerState.DEAD})
ALLOWED: dict[ContainerOperation, frozenset[ContainerState]] = {
    ContainerOperation.START: frozenset({ContainerState.CREATED, ContainerState.EXITED}),
    ContainerOperation.STOP: _UP,
    ContainerOperation.RESTART: _UP | {ContainerState.EXITED},
    ContainerOperation.KILL: _UP,
    ContainerOperation.PAUSE: frozenset({ContainerState.RUNNING}),
    ContainerOperation.RESUME: frozenset({ContainerState.PAUSED}),
    ContainerOperation.RENAME: _UP | _DOWN,
    ContainerOperation.REMOVE: _UP | _DOWN,
}
_BLOCKED_REASONS = {
    ContainerOperation.START: "It runs already.",
    ContainerOperation.STOP: "It does not run.",
    ContainerOperation.RESTART: "It was never started; start it.",
    ContainerOperation.KILL: "It does not run.",
    ContainerOperation.PAUSE: "Only what runs can be paused.",
    ContainerOperation.RESUME: "It is not paused.",
    ContainerOperation.RENAME: "It is being removed.",
    ContainerOperation.REMOVE: "It is being removed already.",
}
IN_PROGRESS = {
    ContainerOperation.START: "starting",
    ContainerOperation.STOP: "stopping",
    ContainerOperation.RESTART: "restarting",
    ContainerOperation.KILL: "killing",
    ContainerOperation.PAUSE: "pausing",
    ContainerOperation.RESUME: "resuming",
    ContainerOperation.RENAME: "renaming",
    ContainerOperation.REMOVE: "removing",
}
HARMLESS = frozenset({ContainerOperation.START, ContainerOperation.RESUME, ContainerOperation.RENAME})


class ProductionRole(StrEnum):
    """The part of a model's container in production, as far as it is known."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    UNKNOWN = "unknown"
    NONE = ""


def applicable(operation: ContainerOperation, containers: Sequence[Container]) -> list[Container]:
    """Those of the containers with which it can be done now."""
    return [container for container in containers if container.state in ALLOWED[operation]]


def blocked_reason(
    operation: ContainerOperation, containers: Sequence[Container], *, connected: bool
) -> str:
    """Why it cannot be done with any of them; empty when it can."""
    if not connected:
        return "Docker does not answer; wait until it is back."
    if not containers:
        return "Select a container."
    if operation is ContainerOperation.RENAME:
        if len(containers) > 1:
            return "Select one container only."
        if containers[0].platform:
            return "The platform finds it by this name."
    if not applicable(operation, containers):
        several = "None of them can be: " if len(containers) > 1 else ""
        return f"{several}{_BLOCKED_REASONS[operation]}"
    return ""


def in_production(container: Container, part: ProductionRole) -> bool:
    """Whether production stops, or may stop, without it; a gateway that does not run serves nobody."""
    if container.role in {ContainerRole.GATEWAY, ContainerRole.BALANCER}:
        return container.state in _UP
    return container.role is ContainerRole.STORE or part in {
        ProductionRole.CHAMPION,
        ProductionRole.UNKNOWN,
    }


def consequence(container: Container, part: ProductionRole) -> str:
    """What stops without it, in a sentence; empty for what is not Relevo's."""
    project, version = container.project, container.version
    if container.role is ContainerRole.MODEL:
        models = {
            ProductionRole.CHAMPION: f"{version} is the champion of {project}: applications that ask "
            f"{project} get errors until it runs again or another version is made champion.",
            ProductionRole.CHALLENGER: f"{version} of {project} sees no rows while it is gone; it catches "
            "up when it is back.",
            ProductionRole.UNKNOWN: f"Relevo cannot tell whether {version} is the champion of {project}, "
            "because it is not connected to that platform. If it is, applications get errors.",
        }
        return models.get(part, f"{version} of {project} is retired; nothing asks it.")
    told = {
        ContainerRole.GATEWAY: "Applications get no predictions through this gateway while it is gone, and "
        "what it has recorded but not yet shipped waits for it in its volume.",
        ContainerRole.BALANCER: "Applications no longer reach the gateways behind its address.",
        ContainerRole.STORE: "Nothing can be read or changed while the store is gone; gateways go on "
        "answering and keep what they record until it is back. Its data stay in their volume.",
        ContainerRole.SUPERVISOR: "Summaries, schedules and automatic rules stand still.",
        ContainerRole.REGISTRY: "No image can be pushed to the team’s registry or pulled from it.",
        ContainerRole.DATALAKE: "What reads from this database gets nothing.",
        ContainerRole.DEVELOPMENT: "Whoever works in it is thrown out; what lies outside its mounted "
        "folder is lost when it is removed.",
    }
    return told.get(container.role, "")


def swarm_hint(container: Container) -> str:
    """What Swarm does about it, where the container is one of a service's."""
    service = container.labels.get(SWARM_LABEL, "")
    return f"Swarm starts another one for the service {service} at once." if service else ""

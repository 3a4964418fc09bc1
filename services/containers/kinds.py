"""The kinds of runtime there are, and which of them a platform is of.

To add one: a folder beside `docker` and `swarm` with its runtime and its `RuntimeKind`, and its line here.
What a kind needs from libraries, it imports when it is asked.
"""

from services.containers.docker.kind import DockerRuntimeKind
from services.containers.interface import (
    ContainerHost,
    Orchestrator,
    Runtime,
    RuntimeKind,
    RuntimeSettings,
)
from services.containers.local.kind import LocalRuntimeKind
from services.containers.swarm.kind import SwarmRuntimeKind

KINDS: tuple[RuntimeKind, ...] = (LocalRuntimeKind(), SwarmRuntimeKind(), DockerRuntimeKind())
"""The first that runs a platform is the one that it is of."""


def runtime_on(host: ContainerHost, platform: str) -> Runtime:
    """What runs the services of a platform whose containers are on that host."""
    kind = next(kind for kind in KINDS if kind.runs(host, platform))
    return kind.open(RuntimeSettings(platform, host=host))


def orchestrator_on(host: ContainerHost) -> Orchestrator | None:
    """Whoever manages several machines through that host; None if nobody does."""
    found = (kind.orchestrator(host) for kind in KINDS)
    return next((orchestrator for orchestrator in found if orchestrator is not None), None)

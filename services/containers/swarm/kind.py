"""Docker in Swarm mode as a kind of runtime."""

from typing import TYPE_CHECKING

from services.containers.interface import ContainerHost, Orchestrator, Runtime, RuntimeSettings
from services.containers.model import SwarmState
from services.errors import InvalidInput

if TYPE_CHECKING:
    from services.containers.engine.engine import Engine


class SwarmRuntimeKind:
    """Services are replicated services of a Swarm, asked of the engine of one of its managers."""

    name = "swarm"

    def runs(self, host: ContainerHost, platform: str) -> bool:
        """See RuntimeKind: the platform's network spans the Swarm's machines."""
        from services.containers.swarm.cluster import Cluster

        engine = _manager(host)
        return engine is not None and Cluster(engine).spans(platform)

    def open(self, settings: RuntimeSettings) -> Runtime:
        """See RuntimeKind."""
        from services.containers.engine.engine import Engine
        from services.containers.swarm.runtime import SwarmRuntime

        if not isinstance(settings.host, Engine):
            raise InvalidInput("A Swarm needs the Docker Engine of one of its managers")
        return SwarmRuntime(settings.host, settings.platform, settings.environment)

    def orchestrator(self, host: ContainerHost) -> Orchestrator | None:
        """See RuntimeKind."""
        from services.containers.swarm.orchestrator import SwarmOrchestrator

        engine = _manager(host)
        return None if engine is None else SwarmOrchestrator(engine)


def _manager(host: ContainerHost) -> "Engine | None":
    """The host, if it is an engine that manages a Swarm."""
    from services.containers.engine.engine import Engine

    return host if isinstance(host, Engine) and host.info().swarm is SwarmState.MANAGER else None

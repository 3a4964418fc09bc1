"""A Swarm as the orchestrator of a platform's replicated parts: all that is said of them its manager says.

Only a manager knows every task; its machine's engine knows the containers that happen to run there.
"""

import time
from collections.abc import Collection, Mapping

from msgspec.structs import replace

from services.containers.engine.engine import Engine
from services.containers.interface import Progress
from services.containers.model import (
    PLATFORM_LABEL,
    PROJECT_LABEL,
    SERVICE_LABEL,
    Container,
    ContainerHealth,
    ContainerSpec,
    ContainerState,
)
from services.containers.swarm.cluster import Cluster
from services.containers.swarm.model import SwarmService, SwarmTask
from services.containers.swarm.secret_variables import define_service, forget_secrets
from services.containers.swarm.waiting import wait_for_replicas, wait_for_update
from services.errors import Unavailable

_SERVICE_NAME_LABEL = "com.docker.swarm.service.name"
"""By which Docker itself marks a container that a Swarm runs."""
_UPDATE_SECONDS = 300.0
_END_SECONDS = 60.0
_POLL_SECONDS = 0.5


class SwarmOrchestrator:
    """See Orchestrator.

    Args:
        engine: a manager's; closed by whoever opened it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cluster = Cluster(engine)

    def machine_address(self) -> str:
        """See Orchestrator."""
        return self._cluster.this_node()[1] if len(self._cluster.nodes()) > 1 else ""

    def ensure_network(self, name: str, labels: Mapping[str, str]) -> bool:
        """See Orchestrator."""
        return self._cluster.ensure_network(name, labels)

    def place(self, spec: ContainerSpec, replicas: int, seconds: float, progress: Progress) -> None:
        """See Orchestrator."""
        cluster = self._cluster
        definition = define_service(cluster, spec, service=spec.name, replicas=replicas)
        before = [service for service in cluster.services({}) if service.name == spec.name]
        if before:
            cluster.update(definition)
            wait_for_update(cluster, before[0], spec.image, _UPDATE_SECONDS, progress)
            return
        cluster.create(definition)
        try:
            wait_for_replicas(cluster, spec.name, seconds, progress)
        except BaseException:
            cluster.remove(spec.name)
            raise

    def replicated(self, platform: str) -> list[Container]:
        """See Orchestrator."""
        here, _ = self._cluster.this_node()
        services = self._cluster.services({PLATFORM_LABEL: platform})
        return [self._replicated(service, here) for service in services]

    def _replicated(self, service: SwarmService, here: str) -> Container:
        """What the manager knows, and of a task on its own machine what the engine there says."""
        tasks = self._cluster.tasks(service.name)
        found = container_from(service, tasks)
        local = next((task for task in tasks if task.runs and task.node_identifier == here), None)
        seen = self._engine.find_container(local.container) if local is not None else None
        if seen is None:
            return found
        health = seen.health if found.health is ContainerHealth.NONE else found.health
        return replace(
            found, identifier=seen.identifier, image_identifier=seen.image_identifier, health=health
        )

    def restart(self, name: str, progress: Progress) -> None:
        """See Orchestrator."""
        before = self._cluster.service(name)
        self._cluster.restart(name)
        wait_for_update(self._cluster, before, before.image, _UPDATE_SECONDS, progress)

    def logs(self, name: str, lines: int) -> str:
        """See Orchestrator."""
        return self._cluster.logs(self._cluster.service(name).name, lines)

    def remove(self, platform: str, progress: Progress, *, models: bool) -> None:
        """See Orchestrator."""
        cluster = self._cluster
        found = cluster.services({PLATFORM_LABEL: platform})
        removed = [service for service in found if models or PROJECT_LABEL not in service.labels]
        for service in removed:
            progress(None, f"Removing the service {service.name}")
            cluster.remove(service.name)
        identifiers = {service.identifier for service in removed}
        deadline = time.monotonic() + _END_SECONDS
        while cluster.tasks_left(identifiers) or self._containers_left(
            {service.name for service in removed}
        ):
            progress(None, "Waiting until their containers have ended")
            if time.monotonic() > deadline:
                raise Unavailable(
                    "Containers of removed services still run", remedy="Look at the machines' engines."
                )
            time.sleep(_POLL_SECONDS)
        for service in removed:
            forget_secrets(cluster, platform, service.labels.get(SERVICE_LABEL, service.name))

    def _containers_left(self, services: Collection[str]) -> bool:
        """Whether this machine's engine still has one: it holds the network until it is gone."""
        found = self._engine.containers()
        return any(container.labels.get(_SERVICE_NAME_LABEL, "") in services for container in found)


def container_from(service: SwarmService, tasks: list[SwarmTask]) -> Container:
    """A service's tasks as one container, as far as the manager knows them."""
    running = [task for task in tasks if task.runs]
    complete = len(running) >= service.replicas
    errors = [task.error for task in tasks if task.error]
    return Container(
        identifier="",
        name=service.name,
        image=service.image,
        image_identifier="",
        state=_state(service, running=len(running)),
        created=service.created,
        # Of a task with a health check a manager says that it runs once it is healthy.
        health=ContainerHealth.NONE if complete else ContainerHealth.STARTING,
        started=max((task.since for task in running), default=None),
        restarts=sum(task.desired == "shutdown" and bool(task.error) for task in tasks),
        error="" if complete else _shortage(service, len(running), errors),
        command=" ".join(service.command),
        ports=service.ports,
        labels=service.labels,
        replicas=service.replicas,
        running=len(running),
        nodes=tuple(sorted(task.node for task in running)),
    )


def _state(service: SwarmService, *, running: int) -> ContainerState:
    if not service.replicas:
        return ContainerState.EXITED
    return ContainerState.RUNNING if running else ContainerState.RESTARTING


def _shortage(service: SwarmService, running: int, errors: list[str]) -> str:
    said = f"{running} of {service.replicas} replicas run"
    return f"{said}: {errors[0]}" if errors else said

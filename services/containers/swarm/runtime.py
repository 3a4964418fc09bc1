"""The runtime of a platform on Docker Swarm: each service a number of replicas on the Swarm's machines."""

from collections.abc import Mapping

from services.containers.container_spec import container_spec
from services.containers.engine.engine import Engine
from services.containers.interface import (
    INNER_PORT,
    Capability,
    Instance,
    Progress,
    ServiceSpec,
    ServiceState,
)
from services.containers.model import (
    PLATFORM_LABEL,
    PROJECT_LABEL,
    SERVICE_LABEL,
    VERSION_LABEL,
)
from services.containers.swarm.cluster import Cluster
from services.containers.swarm.model import SwarmService, SwarmTask
from services.containers.swarm.secret_variables import define_service, forget_secrets
from services.containers.swarm.service_definition import ServiceDefinition
from services.containers.swarm.waiting import running_tasks, wait_for_replicas, wait_for_update
from services.errors import Conflict, InvalidInput, NotFound


class SwarmRuntime:
    """Runs services as replicated services of a Swarm; a name leads to all its healthy tasks.

    Args:
        engine: a manager's; closed by whoever opened it.
        platform: its name; part of every service's name, and that of the network between machines.
        environment: variables for every service.
    """

    def __init__(self, engine: Engine, platform: str, environment: Mapping[str, str]) -> None:
        self.cluster = Cluster(engine)
        self.platform = platform
        self._environment = dict(environment)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """See Runtime."""
        return frozenset({Capability.REPLACE, Capability.SCALE, Capability.PLACE})

    def launch(self, spec: ServiceSpec) -> None:
        """See Runtime."""
        if any(service.name == self._name(spec.name) for service in self._services()):
            raise Conflict(
                f"{spec.name} runs already on this platform", remedy="Replace it, or stop it first."
            )
        self.cluster.ensure_network(self.platform, {PLATFORM_LABEL: self.platform})
        self.cluster.create(self._definition(spec))

    def instances(self) -> list[Instance]:
        """See Runtime."""
        return [self._instance(service) for service in self._services()]

    def wait_for_address(self, name: str, seconds: float) -> str:
        """See Runtime; returns once all replicas are healthy."""
        wait_for_replicas(self.cluster, self._service(name).name, seconds, lambda _fraction, _text: None)
        return self._endpoint(name)

    def restart(self, name: str) -> None:
        """See Runtime; task by task."""
        self.cluster.restart(self._service(name).name)

    def replace(self, spec: ServiceSpec, seconds: float, progress: Progress) -> None:
        """See Runtime; the Swarm replaces task by task, and goes back by itself if a new one fails."""
        before = self._service(spec.name)
        self.cluster.update(self._definition(spec))
        wait_for_update(self.cluster, before, spec.image, seconds, progress)

    def scale(self, name: str, replicas: int) -> None:
        """See Runtime."""
        if not 0 <= replicas <= 1000:
            raise InvalidInput(f"{replicas} replicas: choose a number from 0 to 1000")
        self.cluster.scale(self._service(name).name, replicas)

    def stop(self, name: str) -> None:
        """See Runtime."""
        self.cluster.remove(self._name(name))
        forget_secrets(self.cluster, self.platform, name)

    def logs(self, name: str, lines: int) -> str:
        """See Runtime."""
        return self.cluster.logs(self._service(name).name, lines)

    def close(self) -> None:
        """See Runtime: services are not this program's to end, so nothing happens."""

    def _services(self) -> list[SwarmService]:
        found = self.cluster.services({PLATFORM_LABEL: self.platform})
        return [service for service in found if SERVICE_LABEL in service.labels]

    def _service(self, name: str) -> SwarmService:
        for service in self._services():
            if service.labels[SERVICE_LABEL] == name:
                return service
        raise NotFound(f"no service named {name} runs on the platform {self.platform}")

    def _name(self, service: str) -> str:
        return f"{self.platform}-{service}"

    def _endpoint(self, name: str) -> str:
        return f"http://{self._name(name)}:{INNER_PORT}"

    def _definition(self, spec: ServiceSpec) -> ServiceDefinition:
        container = container_spec(
            spec,
            platform=self.platform,
            name=self._name(spec.name),
            network=self.platform,
            endpoint=self._endpoint(spec.name),
            environment=self._environment,
        )
        return define_service(
            self.cluster, container, service=spec.name, replicas=spec.replicas, placement=spec.placement
        )

    def _instance(self, service: SwarmService) -> Instance:
        tasks = self.cluster.tasks(service.name)
        running = running_tasks(tasks)
        return Instance(
            name=service.labels[SERVICE_LABEL],
            state=_state(service, tasks, running),
            address=self._endpoint(service.labels[SERVICE_LABEL]),
            since=max((task.since for task in tasks if task.state == "running"), default=service.created),
            restarts=sum(task.desired == "shutdown" and bool(task.error) for task in tasks),
            message="" if running >= service.replicas else next((t.error for t in tasks if t.error), ""),
            project=service.labels.get(PROJECT_LABEL, ""),
            version=service.labels.get(VERSION_LABEL, ""),
            image=service.image,
            replicas=service.replicas,
            running=running,
        )


def _state(service: SwarmService, tasks: list[SwarmTask], running: int) -> ServiceState:
    if service.replicas == 0:
        return ServiceState.STOPPED
    if running:
        return ServiceState.RUNNING
    return ServiceState.RESTARTING if any(task.error for task in tasks) else ServiceState.STARTING

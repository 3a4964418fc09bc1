"""The runtime of a platform on one Docker Engine: each service a container on the platform's network."""

import secrets
import time
from collections.abc import Mapping

from msgspec.structs import replace

from services.containers.container_spec import container_spec
from services.containers.interface import (
    INNER_PORT,
    Capability,
    ContainerHost,
    Instance,
    Progress,
    ServiceSpec,
    ServiceState,
)
from services.containers.model import (
    SERVICE_LABEL,
    Container,
    ContainerHealth,
    ContainerSpec,
    ContainerState,
)
from services.errors import Conflict, NotFound, Refused, RelevoError, Unavailable

ENDPOINT_LABEL = "relevo.endpoint"
_STOP_SECONDS = 20
_LAST_LINES = 20
_ENDED = frozenset({ContainerState.EXITED, ContainerState.DEAD})


class DockerRuntime:
    """Runs services as containers; they go on when the program that started them ends.

    Every container has a host name of its own, so that a new one can stand beside the one it is to
    replace, and register when it is ready; the gateways follow the registry, and the old one goes last.

    Args:
        host: closed by whoever opened it.
        platform: its name; part of every container's name.
        network: on which services find each other.
        environment: variables for every service.
        follow_seconds: how long the gateways may take to follow the registry to a new container.
    """

    def __init__(
        self,
        host: ContainerHost,
        platform: str,
        network: str,
        environment: Mapping[str, str],
        *,
        follow_seconds: float = 3.0,
    ) -> None:
        self._host = host
        self._platform = platform
        self._network = network
        self._environment = dict(environment)
        self._follow_seconds = follow_seconds

    @property
    def capabilities(self) -> frozenset[Capability]:
        """See Runtime."""
        return frozenset({Capability.REPLACE})

    def launch(self, spec: ServiceSpec) -> None:
        """See Runtime; NotFound if its image is not on the engine."""
        if self._containers(spec.name):
            raise Conflict(
                f"{spec.name} runs already on this platform", remedy="Replace it, or stop it first."
            )
        self._host.run(self._container_spec(spec, self._name(spec.name)))

    def instances(self) -> list[Instance]:
        """See Runtime."""
        found: dict[str, Container] = {}
        for container in sorted(self._containers(), key=lambda each: each.created):
            found.setdefault(container.labels[SERVICE_LABEL], container)
        return [self._instance(found[name]) for name in sorted(found)]

    def wait_for_address(self, name: str, seconds: float) -> str:
        """See Runtime; the address is the one inside the platform's network."""
        container = self._find(name)
        self._host.wait_healthy(container.identifier, seconds)
        return container.labels.get(ENDPOINT_LABEL, "")

    def restart(self, name: str) -> None:
        """See Runtime."""
        self._host.restart(self._find(name).identifier, _STOP_SECONDS)

    def replace(self, spec: ServiceSpec, seconds: float, progress: Progress) -> None:
        """See Runtime.

        A port that the old container holds on the host is free only once it has stopped: then the new
        one stands in for it without that port, and is itself replaced by one with it. Requests through
        the gateway are answered all the while; the port itself answers nobody for some seconds.
        """
        old = self._find(spec.name)
        shared = {port.host_port for port in spec.ports if port.host_port} & {
            port.host_port for port in old.ports
        }
        if shared:
            self._put_in_place(old, replace(spec, ports=()), seconds, progress)
            old = self._find(spec.name)
        self._put_in_place(old, spec, seconds, progress)

    def _put_in_place(self, old: Container, spec: ServiceSpec, seconds: float, progress: Progress) -> None:
        progress(0.1, f"Starting the new {spec.name}")
        new = self._host.run(self._container_spec(spec, self._name(spec.name, secrets.token_hex(3))))
        try:
            progress(0.3, f"Waiting until the new {spec.name} is healthy")
            self._host.wait_healthy(
                new, seconds, lambda: progress(None, f"Waiting until the new {spec.name} is healthy")
            )
            self._let_follow(spec.name, progress)
        except BaseException as error:
            self._host.remove(new, force=True, volumes=True)
            raise self._replacement_error(old, error) from error
        # From here on there is no way back: the new one answers.
        self._host.stop(old.identifier, _STOP_SECONDS)
        self._host.remove(old.identifier, force=True, volumes=True)
        self._host.rename(new, self._name(spec.name))
        progress(1.0, f"The new {spec.name} answers")

    def _let_follow(self, name: str, progress: Progress) -> None:
        until = time.monotonic() + self._follow_seconds
        while time.monotonic() < until:
            progress(0.7, f"Letting the gateways follow to the new {name}")
            time.sleep(0.1)

    def _replacement_error(self, old: Container, error: BaseException) -> BaseException:
        """The error, and what became of the container that was to be replaced, as it was seen."""
        if not isinstance(error, RelevoError):
            return error
        now = self._host.find_container(old.identifier)
        serves = now is not None and now.state is ContainerState.RUNNING
        what = "the one before serves on" if serves else "and the one before does not run either"
        return Unavailable(
            f"The new {old.labels[SERVICE_LABEL]} did not become healthy; {what}",
            remedy=error.remedy,
            details=f"{error.message}\n{error.details}".strip(),
        )

    def scale(self, name: str, replicas: int) -> None:
        """See Runtime."""
        self._find(name)
        if replicas != 1:
            raise Refused(
                f"One Docker Engine runs one container of {name}",
                remedy="Several replicas need Docker in Swarm mode.",
            )

    def stop(self, name: str) -> None:
        """See Runtime."""
        for container in self._containers(name):
            self._host.stop(container.identifier, _STOP_SECONDS)
            self._host.remove(container.identifier, force=True, volumes=True)

    def logs(self, name: str, lines: int) -> str:
        """See Runtime."""
        found = self._host.logs(self._find(name).identifier, lines)
        return "\n".join(line.text for line in found)

    def close(self) -> None:
        """See Runtime: containers are not this program's to end, so nothing happens."""

    def _containers(self, name: str = "") -> list[Container]:
        """This platform's services, or those of one name: two while one replaces the other."""
        return [
            container
            for container in self._host.containers()
            if container.platform == self._platform
            and (service := container.labels.get(SERVICE_LABEL, ""))
            and (not name or service == name)
        ]

    def _find(self, name: str) -> Container:
        """The service's container: the older one while it is being replaced."""
        found = sorted(self._containers(name), key=lambda container: container.created)
        if not found:
            raise NotFound(f"no service named {name} runs on the platform {self._platform}")
        return found[0]

    def _name(self, service: str, suffix: str = "") -> str:
        name = f"{self._platform}-{service}"
        return f"{name}-{suffix}" if suffix else name

    def _container_spec(self, spec: ServiceSpec, name: str) -> ContainerSpec:
        host = f"{self._name(spec.name)}-{secrets.token_hex(4)}"
        endpoint = f"http://{host}:{INNER_PORT}" if spec.listens else ""
        made = container_spec(
            spec,
            platform=self._platform,
            name=name,
            network=self._network,
            endpoint=endpoint,
            environment=self._environment,
        )
        return replace(
            made,
            labels={**made.labels, ENDPOINT_LABEL: endpoint},
            aliases=(host,),
            stop_seconds=_STOP_SECONDS,
        )

    def _instance(self, container: Container) -> Instance:
        state = _state(container)
        message = container.error
        if not message and state in {ServiceState.FAILED, ServiceState.RESTARTING}:
            message = f"ended with exit code {container.exit_code}"
        return Instance(
            name=container.labels[SERVICE_LABEL],
            state=state,
            address=container.labels.get(ENDPOINT_LABEL, ""),
            since=container.started or container.finished or container.created,
            restarts=container.restarts,
            message=message,
            project=container.project,
            version=container.version,
            image=container.image,
            running=int(state is ServiceState.RUNNING),
        )


def _state(container: Container) -> ServiceState:
    """Where a container stands, in the words of all runtimes."""
    if container.state in _ENDED:
        return ServiceState.FAILED if container.exit_code or container.error else ServiceState.STOPPED
    if container.state is ContainerState.RESTARTING:
        return ServiceState.RESTARTING
    if container.state is ContainerState.RUNNING and container.health in {
        ContainerHealth.HEALTHY,
        ContainerHealth.NONE,
    }:
        return ServiceState.RUNNING
    if container.state is ContainerState.RUNNING and container.health is ContainerHealth.UNHEALTHY:
        return ServiceState.FAILED
    return ServiceState.STARTING if container.state is ContainerState.RUNNING else ServiceState.STOPPED

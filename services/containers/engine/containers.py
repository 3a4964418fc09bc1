"""Containers of one engine: list, make, start, stop, remove, wait, run a command inside."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import docker.errors

from services.containers.engine.connection import Connection
from services.containers.engine.faults import translated
from services.containers.engine.reading import container_from, masked
from services.containers.model import Container, ContainerSpec, ContainerState, Health, Limits, Port
from services.errors import Conflict, InvalidInput, Unavailable

_LOOK_SECONDS = 0.25
_LAST_LINES = 15
_STOPPED = frozenset({ContainerState.EXITED, ContainerState.DEAD})


class Containers:
    """What is done with containers; see `Engine` for the words."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._address = connection.address

    def all(self) -> list[Container]:
        """All containers, running or not, by name."""
        with translated(self._address):
            listed = self._connection.client.containers(all=True, trunc=True)
        found = [known for entry in listed if (known := self._known(entry["Id"])) is not None]
        return sorted(found, key=lambda container: container.name)

    def _known(self, identifier: str) -> Container | None:
        """The container; None if it went away meanwhile."""
        with translated(self._address):
            try:
                return container_from(self._connection.client.inspect_container(identifier))
            except docker.errors.NotFound:
                return None

    def get(self, identifier: str) -> Container:
        """One container by its identifier or name."""
        return container_from(self.inspect(identifier))

    def find(self, identifier: str) -> Container | None:
        """One container by its identifier or name; None if there is none."""
        return self._known(identifier)

    def inspect(self, identifier: str) -> dict[str, Any]:
        """All that the engine says of a container, secrets included."""
        with translated(self._address):
            found: dict[str, Any] = self._connection.client.inspect_container(identifier)
        return found

    def inspect_masked(self, identifier: str) -> dict[str, Any]:
        """All that the engine says of a container, fit to be shown."""
        return masked(self.inspect(identifier))

    def create(self, spec: ContainerSpec) -> str:
        """Make a container, not yet started; its identifier."""
        client = self._connection.client
        with translated(self._address):
            made = client.create_container_from_config(_configuration(client, spec), spec.name)
        return str(made["Id"])

    def run(self, spec: ContainerSpec) -> str:
        """Make and start a container; one that cannot be started is not left behind."""
        identifier = self.create(spec)
        try:
            with translated(self._address):
                self._connection.client.start(identifier)
        except BaseException as error:
            self.remove(identifier, force=True, volumes=False)
            if isinstance(error, Conflict) and "Port" in error.message:
                raise self._named_holder(error, spec.ports) from error
            raise
        return identifier

    def _named_holder(self, error: Conflict, wanted: Sequence[Port]) -> Conflict:
        """The same error, with the container that holds the port if it is one of this engine's."""
        for container in self.all():
            for port in container.ports:
                asked = {(wish.host_port, wish.protocol) for wish in wanted if wish.host_port}
                if container.state is ContainerState.RUNNING and (port.host_port, port.protocol) in asked:
                    return Conflict(
                        f"Port {port.host_port} is taken by the container {container.name}",
                        remedy="Choose another port, or stop that container.",
                        details=error.details,
                    )
        return error

    def start(self, identifier: str) -> None:
        """Start a container."""
        with translated(self._address):
            self._connection.client.start(identifier)

    def stop(self, identifier: str, seconds: int = 15) -> None:
        """Ask it to end, and kill it if it has not within that time."""
        with translated(self._address):
            self._connection.client.stop(identifier, timeout=seconds)

    def restart(self, identifier: str, seconds: int = 15) -> None:
        """Stop and start."""
        with translated(self._address):
            self._connection.client.restart(identifier, timeout=seconds)

    def kill(self, identifier: str) -> None:
        """End it at once."""
        with translated(self._address):
            self._connection.client.kill(identifier)

    def pause(self, identifier: str) -> None:
        """Freeze its processes."""
        with translated(self._address):
            self._connection.client.pause(identifier)

    def unpause(self, identifier: str) -> None:
        """Let its processes go on."""
        with translated(self._address):
            self._connection.client.unpause(identifier)

    def rename(self, identifier: str, name: str) -> None:
        """Give it another name."""
        with translated(self._address):
            self._connection.client.rename(identifier, name)

    def remove(self, identifier: str, *, force: bool, volumes: bool) -> None:
        """Remove it; `force` kills it first, `volumes` removes the unnamed volumes made for it."""
        with translated(self._address):
            try:
                self._connection.client.remove_container(identifier, force=force, v=volumes)
            except docker.errors.APIError as error:
                if not (error.response.status_code == 409 and "already in progress" in str(error)):
                    raise

    def wait_healthy(self, identifier: str, seconds: float, check: Callable[[], None]) -> None:
        """Wait until its health check says healthy; without one, until it runs.

        `check` is called several times a second and may raise Cancelled.

        Raises:
            Unavailable: it ended, or was not healthy in time; details hold its last words.
        """
        deadline = time.monotonic() + seconds
        while True:
            check()
            container = self.get(identifier)
            if container.state is ContainerState.RUNNING and container.health in {
                Health.HEALTHY,
                Health.NONE,
            }:
                return
            ended = container.state in _STOPPED or container.restarts > 1
            if ended or time.monotonic() > deadline:
                raise self._not_healthy(container, seconds, ended=ended)
            time.sleep(_LOOK_SECONDS)

    def _not_healthy(self, container: Container, seconds: float, *, ended: bool) -> Unavailable:
        what = (
            f"ended with exit code {container.exit_code}" if ended and container.exit_code is not None
            else "keeps ending" if ended else f"was not healthy within {seconds:.0f} s"
        )  # fmt: skip
        return Unavailable(
            f"{container.name} {what}",
            remedy="Its log says why.",
            details=container.error or self.last_words(container.identifier),
        )

    def last_words(self, identifier: str, lines: int = _LAST_LINES) -> str:
        """The last lines it wrote."""
        with translated(self._address):
            text: bytes = self._connection.client.logs(identifier, tail=lines)
        return text.decode(errors="replace").strip()

    def execute(
        self, identifier: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """Run a command inside to its end; exit code, and what it wrote on both outputs."""
        client = self._connection.client
        with translated(self._address):
            made = client.exec_create(identifier, list(command), environment=dict(environment))
            output: bytes = client.exec_start(made["Id"])
            code = client.exec_inspect(made["Id"])["ExitCode"]
        return int(code or 0), output.decode(errors="replace")


def _configuration(client: Any, spec: ContainerSpec) -> dict[str, Any]:
    for port in spec.ports:
        if not 0 < port.container_port < 65536 or not 0 <= port.host_port < 65536:
            raise InvalidInput(f"{port.host_port or port.container_port} is not a port: 1 to 65535")
    bindings = {
        f"{port.container_port}/{port.protocol}": (port.host_address or "0.0.0.0", port.host_port or None)  # noqa: S104
        for port in spec.ports
    }
    binds = [f"{mount.source}:{mount.target}:{'ro' if mount.read_only else 'rw'}" for mount in spec.mounts]
    host = client.create_host_config(
        port_bindings=bindings,
        binds=binds,
        restart_policy={"Name": spec.restart.value},
        init=True,
        **_limits(spec.limits),
    )
    network = None
    if spec.network:
        host["NetworkMode"] = spec.network
        settings = client.create_endpoint_config(aliases=list(spec.aliases) or None)
        network = client.create_networking_config({spec.network: settings})
    configuration: dict[str, Any] = client.create_container_config(
        image=spec.image,
        command=list(spec.command) or None,
        environment=dict(spec.environment),
        labels=dict(spec.labels),
        ports=[(port.container_port, port.protocol) for port in spec.ports],
        host_config=host,
        networking_config=network,
        user=spec.user or None,
        working_dir=spec.working_folder or None,
    )
    configuration["StopTimeout"] = spec.stop_seconds
    return configuration


def _limits(limits: Limits) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if limits.memory:
        found |= {"mem_limit": limits.memory, "memswap_limit": limits.memory}
    if limits.processors:
        found["nano_cpus"] = int(limits.processors * 1e9)
    if limits.processes:
        found["pids_limit"] = limits.processes
    return found

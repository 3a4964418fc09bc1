"""Containers of one engine: list, look at, make, start, stop, remove."""

import contextlib
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from services.containers.engine.connection import EngineConnection
from services.containers.engine.container_config import container_config
from services.containers.engine.names import checked_name, split_reference
from services.containers.engine.parsing import container_from
from services.containers.model import Container, ContainerSpec, ContainerState
from services.errors import Conflict, NotFound, RelevoError

_FEW, _LOOKERS = 3, 8
"""Containers looked at together, unless they are few: an engine far away answers each one late."""
_GOING = "already in progress"
_GOING_SECONDS = 30.0


class Containers:
    """What is done with containers; see `Engine` for the words."""

    def __init__(self, connection: EngineConnection) -> None:
        self._connection = connection

    def all(self) -> list[Container]:
        """All containers, running or not, by name."""
        with self._connection.client() as client:
            listed = [entry["Id"] for entry in client.containers(all=True)]
        # One that went away since it was listed is none.
        found = [container for _, container in self.several(listed) if container is not None]
        return sorted(found, key=lambda container: container.name)

    def several(self, identifiers: Collection[str]) -> list[tuple[str, Container | None]]:
        """Those containers, in that order; None for those that are gone."""
        if len(identifiers) < _FEW:
            return [(identifier, self.find(identifier)) for identifier in identifiers]
        with ThreadPoolExecutor(_LOOKERS, thread_name_prefix="containers") as pool:
            return list(zip(identifiers, pool.map(self.find, identifiers), strict=True))

    def find(self, identifier: str) -> Container | None:
        """One container by its identifier or name; None if there is none."""
        try:
            return self.get(identifier)
        except NotFound:
            return None

    def get(self, identifier: str) -> Container:
        """One container by its identifier or name."""
        return container_from(self.inspect(identifier))

    def inspect(self, identifier: str) -> dict[str, Any]:
        """All that the engine says of a container, secrets included."""
        with self._of(identifier) as client:
            found: dict[str, Any] = client.inspect_container(identifier)
        return found

    def create(self, spec: ContainerSpec) -> str:
        """Make a container, not yet started; its identifier."""
        checked_name(spec.name, "container")
        split_reference(spec.image)
        with self._connection.client() as client:
            made = client.create_container_from_config(container_config(client, spec), spec.name)
        return str(made["Id"])

    def run(self, spec: ContainerSpec) -> str:
        """Make and start a container; one that cannot be started is not left behind."""
        identifier = self.create(spec)
        try:
            self.start(identifier)
        except BaseException:
            self.remove(identifier, force=True, volumes=True)
            raise
        return identifier

    def start(self, identifier: str) -> None:
        """Start a container."""
        try:
            with self._of(identifier) as client:
                client.start(identifier)
        except Conflict as error:
            raise self._with_holder(error, identifier) from error

    def _with_holder(self, error: Conflict, identifier: str) -> Conflict:
        """The same error, with the container that holds the port if it is one of this engine's."""
        if "Port" not in error.message:
            return error
        try:
            wanted = {(port.host_port, port.protocol) for port in self.get(identifier).ports}
            others = [found for found in self.all() if found.state is ContainerState.RUNNING]
        except RelevoError:
            return error  # the first error matters more
        for other in others:
            for port in other.ports:
                if port.host_port and (port.host_port, port.protocol) in wanted:
                    return Conflict(
                        f"Port {port.host_port} is taken by the container {other.name}",
                        remedy="Choose another port, or stop that container.",
                        details=error.details,
                    )
        return error

    def stop(self, identifier: str, seconds: int) -> None:
        """Ask it to end, and kill it if it has not within that time."""
        with self._of(identifier) as client:
            client.stop(identifier, timeout=seconds)

    def restart(self, identifier: str, seconds: int) -> None:
        """Stop and start."""
        with self._of(identifier) as client:
            client.restart(identifier, timeout=seconds)

    def kill(self, identifier: str) -> None:
        """End it at once."""
        with self._of(identifier) as client:
            client.kill(identifier)

    def pause(self, identifier: str) -> None:
        """Freeze its processes."""
        with self._of(identifier) as client:
            client.pause(identifier)

    def unpause(self, identifier: str) -> None:
        """Let its processes go on."""
        with self._of(identifier) as client:
            client.unpause(identifier)

    def rename(self, identifier: str, name: str) -> None:
        """Give it another name."""
        checked_name(name, "container")
        with self._of(identifier) as client:
            client.rename(identifier, name)

    def remove(self, identifier: str, *, force: bool, volumes: bool) -> None:
        """Remove it; `force` kills it first, `volumes` removes the unnamed volumes made for it."""
        try:
            with self._of(identifier) as client:
                client.remove_container(identifier, force=force, v=volumes)
        except Conflict as error:
            if _GOING not in error.message:
                raise
            self._wait_gone(identifier)

    def _wait_gone(self, identifier: str) -> None:
        """Somebody else removes it already."""
        deadline = time.monotonic() + _GOING_SECONDS
        while self.find(identifier) is not None and time.monotonic() < deadline:
            time.sleep(0.05)

    @contextlib.contextmanager
    def _of(self, identifier: str) -> Iterator[Any]:
        """The client, to be asked about that container."""
        checked_name(identifier, "container")
        with self._connection.client() as client:
            yield client

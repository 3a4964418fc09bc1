"""The one class through which everything asks a Docker Engine."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.closing import Closing
from services.containers.addresses import EngineAddress, PlainEngine
from services.containers.engine.builds import Builds
from services.containers.engine.connection import EngineConnection
from services.containers.engine.container_cache import OnChange
from services.containers.engine.containers import Containers
from services.containers.engine.events import OnState, Watch
from services.containers.engine.execution import execute
from services.containers.engine.files import Files
from services.containers.engine.images import Images
from services.containers.engine.logs import Logs, LogStream
from services.containers.engine.parsing import masked
from services.containers.engine.registry_credentials import CredentialsLookup, no_credentials
from services.containers.engine.stats import OnUsage, UsageSampler, follow_usage, usage_now
from services.containers.engine.storage import Storage
from services.containers.engine.streams import OnEnd, Stream
from services.containers.engine.terminal import Terminal
from services.containers.engine.waiting import wait_healthy
from services.containers.interface import ContainerHost, Progress
from services.containers.model import (
    BuildSpec,
    Container,
    ContainerSpec,
    ContainerUsage,
    EngineInfo,
    Image,
    Layer,
    LogLine,
    SwarmState,
    Volume,
)

_PLAIN_WARNING = (
    "The connection is neither encrypted nor protected by a password: whoever reaches this port owns the "
    "engine's machine, and whoever listens reads what is sent. Use TLS or SSH."
)


def open_engine(
    address: EngineAddress, *, timeout: float = 10.0, credentials: CredentialsLookup = no_credentials
) -> "Engine":
    """Connect to an engine.

    Args:
        address: where it is.
        timeout: seconds that reaching it may take.
        credentials: who signs in to a registry, where a call does not say it.

    Raises:
        Unavailable: it cannot be reached, or not in time.
        Refused: no permission on the socket (says which group), TLS or SSH refused, or it is too old.
        InvalidInput: the certificates cannot be used.
    """
    return Engine(EngineConnection(address, timeout, credentials))


class Engine(Closing, ContainerHost):
    """A Docker Engine: a ContainerHost, and what only an engine can do.

    Callbacks of streams come on threads of their own.
    """

    def __init__(self, connection: EngineConnection) -> None:
        self._connection = connection
        self._containers = Containers(connection)
        self._images = Images(connection)
        self._builds = Builds(connection)
        self._storage = Storage(connection)
        self._logs = Logs(connection)
        self._files = Files(connection)

    @property
    def connection(self) -> EngineConnection:
        """The way to it, for what only Swarm asks."""
        return self._connection

    @property
    def address(self) -> EngineAddress:
        """See ContainerHost."""
        return self._connection.address

    def close(self) -> None:
        """Close all connections; streams that are still open end."""
        self._connection.close()

    def info(self) -> EngineInfo:
        """See ContainerHost."""
        return _engine_info(self._connection)

    # Containers.

    def containers(self) -> list[Container]:
        """See ContainerHost."""
        return self._containers.all()

    def container(self, identifier: str) -> Container:
        """See ContainerHost."""
        return self._containers.get(identifier)

    def find_container(self, identifier: str) -> Container | None:
        """See ContainerHost."""
        return self._containers.find(identifier)

    def inspect(self, identifier: str) -> dict[str, Any]:
        """See ContainerHost."""
        return masked(self._containers.inspect(identifier))

    def environment(self, identifier: str) -> dict[str, str]:
        """See ContainerHost."""
        lines = self._containers.inspect(identifier)["Config"].get("Env") or []
        return {name: value for name, _, value in (line.partition("=") for line in lines)}

    def watch(self, on_change: OnChange, on_state: OnState) -> Watch:
        """Follow all containers from now on; the first changes list what is there."""
        return Watch(self._connection, self._containers, on_change, on_state)

    def create(self, spec: ContainerSpec) -> str:
        """See ContainerHost."""
        return self._containers.create(spec)

    def run(self, spec: ContainerSpec) -> str:
        """See ContainerHost."""
        return self._containers.run(spec)

    def start(self, identifier: str) -> None:
        """See ContainerHost."""
        self._containers.start(identifier)

    def stop(self, identifier: str, seconds: int = 15) -> None:
        """See ContainerHost."""
        self._containers.stop(identifier, seconds)

    def restart(self, identifier: str, seconds: int = 15) -> None:
        """See ContainerHost."""
        self._containers.restart(identifier, seconds)

    def kill(self, identifier: str) -> None:
        """End a container at once."""
        self._containers.kill(identifier)

    def pause(self, identifier: str) -> None:
        """Freeze a container's processes."""
        self._containers.pause(identifier)

    def unpause(self, identifier: str) -> None:
        """Let a container's processes go on."""
        self._containers.unpause(identifier)

    def rename(self, identifier: str, name: str) -> None:
        """See ContainerHost."""
        self._containers.rename(identifier, name)

    def remove(self, identifier: str, *, force: bool = False, volumes: bool = False) -> None:
        """See ContainerHost."""
        self._containers.remove(identifier, force=force, volumes=volumes)

    def wait_healthy(
        self, identifier: str, seconds: float, check: Callable[[], None] = lambda: None
    ) -> None:
        """See ContainerHost."""
        wait_healthy(self._containers, self._logs, identifier, seconds, check)

    def execute(
        self,
        identifier: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        given: bytes | None = None,
    ) -> tuple[int, str]:
        """See ContainerHost."""
        return execute(self._connection, identifier, command, environment or {}, given)

    def put_files(
        self,
        identifier: str,
        folder: str,
        contents: Mapping[str, bytes],
        *,
        mode: int = 0o644,
        user: int = 0,
        group: int = 0,
    ) -> None:
        """See ContainerHost."""
        self._files.put(identifier, folder, contents, mode=mode, user=user, group=group)

    def read_file(self, identifier: str, path: str) -> bytes:
        """See ContainerHost."""
        return self._files.read(identifier, path)

    def copy_out(self, identifier: str, path: str, receive: Callable[[bytes], None]) -> None:
        """See ContainerHost."""
        self._files.copy_out(identifier, path, receive)

    def copy_in(self, identifier: str, folder: str, archive: Iterable[bytes]) -> None:
        """See ContainerHost."""
        self._files.copy_in(identifier, folder, archive)

    # What containers write and use.

    def logs(self, identifier: str, lines: int, since: datetime | None = None) -> list[LogLine]:
        """See ContainerHost."""
        return self._logs.read(identifier, lines, since)

    def follow_logs(
        self, identifier: str, lines: int, receive: Callable[[list[LogLine]], None], ended: OnEnd
    ) -> LogStream:
        """The last lines a container wrote, then each new one, several at a time."""
        return self._logs.follow(identifier, lines, receive, ended)

    def usage(self, identifier: str) -> ContainerUsage | None:
        """See ContainerHost."""
        return usage_now(self._connection, identifier)

    def follow_usage(
        self, identifier: str, receive: Callable[[ContainerUsage], None], ended: OnEnd
    ) -> Stream[ContainerUsage]:
        """What a container uses, once a second while it runs."""
        return follow_usage(self._connection, identifier, receive, ended)

    def sample_usage(self, receive: OnUsage, ended: OnEnd) -> UsageSampler:
        """What several containers use, some seconds old at most; which ones, `set_containers` says."""
        return UsageSampler(self._connection, receive, ended)

    def terminal(
        self,
        identifier: str,
        command: Sequence[str] = ("/bin/sh",),
        *,
        rows: int = 24,
        columns: int = 80,
        receive: Callable[[bytes], None],
        ended: OnEnd,
    ) -> Terminal:
        """A command inside with a terminal."""
        return Terminal(
            self._connection, identifier, command, rows=rows, columns=columns, receive=receive, ended=ended
        )

    # Images.

    def images(self, *, shared: bool = False) -> list[Image]:
        """See ContainerHost."""
        return self._images.all(shared=shared)

    def image(self, reference: str) -> Image | None:
        """See ContainerHost."""
        return self._images.find(reference)

    def history(self, reference: str) -> list[Layer]:
        """The steps an image was made by, newest first."""
        return self._images.history(reference)

    def pull(self, reference: str, progress: Progress) -> None:
        """See ContainerHost."""
        self._images.pull(reference, progress)

    def push(self, reference: str, progress: Progress) -> None:
        """See ContainerHost."""
        self._images.push(reference, progress)

    def tag(self, reference: str, new: str) -> None:
        """See ContainerHost."""
        self._images.tag(reference, new)

    def remove_image(self, reference: str, *, force: bool = False) -> None:
        """See ContainerHost."""
        self._images.remove(reference, force=force)

    def prune_preview(self) -> list[Image]:
        """What pruning would remove: images without a name and without a container."""
        return self._images.prune_preview()

    def prune(self, identifiers: list[str], check: Callable[[], None] = lambda: None) -> int:
        """Remove those images and no others; bytes freed."""
        return self._images.prune(identifiers, check)

    def build(self, spec: BuildSpec, progress: Progress, output: Callable[[str], None]) -> str:
        """See ContainerHost."""
        return self._builds.build(spec, progress, output)

    # Networks and volumes.

    def ensure_network(self, name: str, labels: Mapping[str, str]) -> bool:
        """See ContainerHost."""
        return self._storage.ensure_network(name, labels)

    def remove_network(self, name: str) -> None:
        """See ContainerHost."""
        self._storage.remove_network(name)

    def ensure_volume(self, name: str, labels: Mapping[str, str]) -> bool:
        """See ContainerHost."""
        return self._storage.ensure_volume(name, labels)

    def volumes(self, *, sizes: bool = True) -> list[Volume]:
        """See ContainerHost."""
        return self._storage.volumes(sizes=sizes)

    def remove_volume(self, name: str) -> None:
        """See ContainerHost."""
        self._storage.remove_volume(name)


def _engine_info(connection: EngineConnection) -> EngineInfo:
    """Asked in two calls."""
    with connection.client() as client:
        found, version = client.info(), client.version()
    own = [_PLAIN_WARNING] if isinstance(connection.address, PlainEngine) else []
    return EngineInfo(
        name=str(found.get("Name", "")),
        version=str(version.get("Version", "")),
        api_version=str(version.get("ApiVersion", "")),
        operating_system=str(found.get("OperatingSystem", "")),
        processors=int(found.get("NCPU", 0)),
        memory=int(found.get("MemTotal", 0)),
        swarm=_swarm_state(found.get("Swarm") or {}),
        warnings=(*own, *(found.get("Warnings") or ())),
    )


def _swarm_state(found: Mapping[str, Any]) -> SwarmState:
    if found.get("LocalNodeState") != "active":
        return SwarmState.NONE
    return SwarmState.MANAGER if found.get("ControlAvailable") else SwarmState.WORKER

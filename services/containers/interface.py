"""What every kind of runtime, and every host of containers, can do; what a kind brings to be one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from services.containers.addresses import EngineAddress
from services.containers.model import (
    BuildSpec,
    Container,
    ContainerSpec,
    ContainerUsage,
    EngineInfo,
    Image,
    LogLine,
    Mount,
    Port,
    ResourceLimits,
    RestartPolicy,
    Volume,
)
from services.containers.program import program_command

INNER_PORT = 8000
"""Where every service of ours listens inside its container."""
ENDPOINT_VARIABLE = "RELEVO_ENDPOINT"
"""Tells a service in a container under which address to register."""

Progress = Callable[[float | None, str], None]
"""Told how far a work is (0 to 1, None if unknown) and what it does; raises Cancelled to stop it."""


def share(progress: Progress, begin: float, end: float) -> Progress:
    """How far one step of a longer work is, reported as the part from `begin` to `end` of the whole.

    While the step does not know how far it is, the whole stands where it stood last, at `begin` at first:
    a bar that has come some way neither jumps back nor forgets it.
    """
    reached = begin

    def report(fraction: float | None, text: str) -> None:
        nonlocal reached
        if fraction is not None:
            reached = begin + (end - begin) * fraction
        progress(reached, text)

    return report


def service_name(project: str, version: str) -> str:
    """A version's service within a platform."""
    return f"model-{project}-{version.lower()}"


class ServiceState(StrEnum):
    """Where an instance stands."""

    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    STOPPED = "stopped"
    FAILED = "failed"


class ServiceSpec(Struct, frozen=True):
    """A service to run.

    Attributes:
        name: unique within a runtime, such as `gateway` or `model-wine-a`.
        command: the program's word and its arguments.
        environment: variables on top of the runtime's own; the place for secrets.
        listens: whether it announces an address; one that does not is running once it is started.
        project, version: which version a model service serves; empty for the platform's parts.
        image: what to run it from; a runtime of local processes runs this program itself.
        ports: published on the host.
        replicas, placement: for runtimes that can spread a service over machines; a placement is one of
            Docker's constraint expressions, such as `node.labels.room==north`.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = {}
    listens: bool = True
    project: str = ""
    version: str = ""
    image: str = ""
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    limits: ResourceLimits = ResourceLimits()
    restart: RestartPolicy = RestartPolicy.UNLESS_STOPPED
    labels: Mapping[str, str] = {}
    replicas: int = 1
    placement: tuple[str, ...] = ()


class Capability(StrEnum):
    """What not every runtime can do."""

    REPLACE = "replace"
    """Put a new instance in the place of an old one without an interruption."""
    SCALE = "scale"
    """Run several replicas of a service."""
    PLACE = "place"
    """Choose the machines that a service may run on."""


class Instance(Struct, frozen=True):
    """How a service is at one moment.

    Attributes:
        address: where it listens; empty until it does, and for services that do not.
        since: when it entered this state, UTC.
        restarts: how often it was started again after it had ended by itself.
        message: why it failed or restarts, in words.
        replicas, running: how many are wanted, and how many run.
    """

    name: str
    state: ServiceState
    address: str
    since: datetime
    process: int = 0
    restarts: int = 0
    message: str = ""
    project: str = ""
    version: str = ""
    image: str = ""
    replicas: int = 1
    running: int = 1


class Runtime(Protocol):
    """Local processes, Docker, Swarm: the same to whoever calls."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this runtime can do beyond starting and stopping."""

    def launch(self, spec: ServiceSpec) -> None:
        """Start a service and keep it running; Conflict if one of that name runs already."""

    def instances(self) -> list[Instance]:
        """All services of this runtime, by name."""

    def wait_for_address(self, name: str, seconds: float) -> str:
        """The address once the service listens; Unavailable, with its last words, if it does not.

        A service that ends again and again before it listens is given up without waiting all the time.
        """

    def restart(self, name: str) -> None:
        """Stop and start one service; NotFound if there is none of that name."""

    def replace(self, spec: ServiceSpec, seconds: float, progress: Progress) -> None:
        """Put a service in the place of the one of its name, which goes on until the new one is healthy.

        Raises:
            Refused: this runtime has no Capability.REPLACE.
            NotFound: there is none of that name.
            Unavailable: the new one was not healthy in time; the old one serves on, and was seen to.
        """

    def scale(self, name: str, replicas: int) -> None:
        """Run that many replicas; Refused without Capability.SCALE, NotFound if there is none."""

    def stop(self, name: str) -> None:
        """Stop one service and forget it; nothing happens if there is none."""

    def logs(self, name: str, lines: int) -> str:
        """The last lines a service wrote; NotFound if there is none of that name."""

    def close(self) -> None:
        """Give back what this runtime holds; local processes end with it, containers go on."""


class ContainerHost(Protocol):
    """What holds containers, images, networks and volumes, and does with them what a platform needs.

    May be used from several threads, and raises only kinds of `services.errors`. Containers are named by
    their identifier or name, images by a reference or identifier.
    """

    @property
    def address(self) -> EngineAddress:
        """Where it is."""

    def info(self) -> EngineInfo:
        """What it is, and what to be warned of."""

    # Containers.

    def containers(self) -> list[Container]:
        """All containers, running or not, by name."""

    def container(self, identifier: str) -> Container:
        """One container; NotFound if there is none."""

    def find_container(self, identifier: str) -> Container | None:
        """One container; None if there is none."""

    def inspect(self, identifier: str) -> dict[str, Any]:
        """All that is known of a container, with values that look like secrets masked."""

    def environment(self, identifier: str) -> dict[str, str]:
        """A container's variables, secrets included: never to be shown or logged."""

    def create(self, spec: ContainerSpec) -> str:
        """Make a container without starting it; its identifier.

        Raises:
            NotFound: the image is not here.
            Conflict: a container of that name exists.
            InvalidInput: a name, port or limit is none.
        """

    def run(self, spec: ContainerSpec) -> str:
        """Make and start a container; its identifier. One that cannot be started is not left behind.

        Raises:
            Conflict: also if a port is taken; says by which container if it is one of this host's.
        """

    def start(self, identifier: str) -> None:
        """Start a container."""

    def stop(self, identifier: str, seconds: int = 15) -> None:
        """Ask a container to end; it is killed if it has not within that time."""

    def restart(self, identifier: str, seconds: int = 15) -> None:
        """Stop and start a container."""

    def rename(self, identifier: str, name: str) -> None:
        """Give a container another name."""

    def remove(self, identifier: str, *, force: bool = False, volumes: bool = False) -> None:
        """Remove a container; `force` kills it first, `volumes` removes the unnamed ones made for it."""

    def wait_healthy(
        self, identifier: str, seconds: float, check: Callable[[], None] = lambda: None
    ) -> None:
        """Wait until a container is healthy, or runs if it has no health check.

        Args:
            identifier: which.
            seconds: how long at most.
            check: called several times a second; may raise Cancelled.

        Raises:
            Unavailable: it ended, or was not healthy in time; details hold its last words.
        """

    def execute(
        self,
        identifier: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        given: bytes | None = None,
    ) -> tuple[int, str]:
        """Run a command inside to its end; its exit code and what it wrote.

        Args:
            identifier: of a container that runs.
            command: and its arguments; no shell reads them.
            environment: on top of the container's own.
            given: its standard input; None gives it none.
        """

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
        """Write files by name into a folder inside that exists, also before the container is started."""

    def read_file(self, identifier: str, path: str) -> bytes:
        """The content of a file inside; NotFound if there is none."""

    def copy_out(self, identifier: str, path: str, receive: Callable[[bytes], None]) -> None:
        """Give a folder of a container that runs and has `tar`, as an archive; `receive` may raise.

        Raises:
            Unavailable: not all of it could be read.
        """

    def copy_in(self, identifier: str, folder: str, archive: Iterable[bytes]) -> None:
        """Unpack a tar archive, compressed by gzip, into a folder of a container that runs and has `tar`.

        Owners are taken by number. What `archive` raises stops it, and is raised here.

        Raises:
            Unavailable: not all of it could be written.
        """

    def logs(self, identifier: str, lines: int, since: datetime | None = None) -> list[LogLine]:
        """The last lines a container wrote, oldest first."""

    def usage(self, identifier: str) -> ContainerUsage | None:
        """What a container uses now; takes a second or two; None if it does not run."""

    # Images.

    def images(self, *, shared: bool = False) -> list[Image]:
        """All images, newest first; `shared`: also how much of each is others' too, which takes a while."""

    def image(self, reference: str) -> Image | None:
        """One image; None if it is not here."""

    def pull(self, reference: str, progress: Progress) -> None:
        """Fetch an image from its registry; NotFound if it is not there, SignInNeeded if it asks."""

    def push(self, reference: str, progress: Progress) -> None:
        """Send an image to the registry that its name begins with; SignInNeeded if it asks for that."""

    def tag(self, reference: str, new: str) -> None:
        """Give an image a further name."""

    def remove_image(self, reference: str, *, force: bool = False) -> None:
        """Remove a name of an image, and the image with its last name; Conflict if containers use it."""

    def build(self, spec: BuildSpec, progress: Progress, output: Callable[[str], None]) -> str:
        """Build an image; its identifier. A cancelled build leaves nothing behind.

        Raises:
            InvalidInput: a step failed; the message names it, details hold what it printed.
        """

    # Networks and volumes.

    def ensure_network(self, name: str, labels: Mapping[str, str]) -> bool:
        """Make a network unless there is one of that name; whether it was made."""

    def remove_network(self, name: str) -> None:
        """Remove a network; nothing happens if there is none."""

    def ensure_volume(self, name: str, labels: Mapping[str, str]) -> bool:
        """Make a volume unless there is one of that name; whether it was made."""

    def volumes(self, *, sizes: bool = True) -> list[Volume]:
        """All volumes by name; with their sizes it takes as long as it needs to add them up."""

    def remove_volume(self, name: str) -> None:
        """Remove a volume and what is in it; nothing happens if there is none."""


class Orchestrator(Protocol):
    """Whoever manages several machines and keeps containers running on them in replicas: a Swarm's manager.

    What it says holds for all machines, this host's own among them.
    """

    def machine_address(self) -> str:
        """How the other machines reach this host's; empty while there is no other."""

    def ensure_network(self, name: str, labels: Mapping[str, str]) -> bool:
        """Make the network that spans the machines unless it is there; whether it was made."""

    def place(self, spec: ContainerSpec, replicas: int, seconds: float, progress: Progress) -> None:
        """Make a container's replicas, or change those of its name one by one; return when all are healthy.

        Raises:
            Unavailable: they did not become healthy; of a change, the ones before run again, as was seen.
        """

    def replicated(self, platform: str) -> list[Container]:
        """What of a platform runs in replicas, each as one container (see `Container.replicas`)."""

    def restart(self, name: str, progress: Progress) -> None:
        """Put a new replica in the place of each, one by one; NotFound if there is none of that name.

        Raises:
            Unavailable: a new one did not become healthy.
        """

    def logs(self, name: str, lines: int) -> str:
        """The last lines that the replicas of that name wrote, on whichever machine."""

    def remove(self, platform: str, progress: Progress, *, models: bool) -> None:
        """Remove what of a platform runs in replicas, and return when nothing of it runs any more.

        Args:
            platform: whose.
            progress: may raise Cancelled.
            models: whether the services of its versions go too.
        """


class RuntimeSettings(Struct, frozen=True):
    """What a runtime is opened with; a kind takes what it needs.

    Attributes:
        platform: its name; part of every service's.
        environment: variables for every service, such as the platform's secret.
        host: where containers run; None for a kind of this machine's own processes.
        logs: folder for the log files of local processes.
        program: of local processes: from a word and its arguments to the command line that runs them.
    """

    platform: str
    environment: Mapping[str, str] = {}
    host: ContainerHost | None = None
    logs: Path | None = None
    program: Callable[..., list[str]] = program_command


class RuntimeKind(Protocol):
    """One way of running services, as `services.containers.kinds` lists it."""

    @property
    def name(self) -> str:
        """A word of small letters."""

    def runs(self, host: ContainerHost, platform: str) -> bool:
        """Whether a platform of that host is of this kind."""

    def open(self, settings: RuntimeSettings) -> Runtime:
        """A runtime; InvalidInput if the settings lack what this kind needs."""

    def orchestrator(self, host: ContainerHost) -> Orchestrator | None:
        """Whoever manages several machines through that host; None if nobody does."""

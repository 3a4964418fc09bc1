"""What every runtime can do: start services, say how they are, stop them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from services.containers.model import Limits, Mount, Port, RestartPolicy

INNER_PORT = 8000
"""Where every service of ours listens inside its container."""
ENDPOINT_VARIABLE = "RELEVO_ENDPOINT"
"""Tells a service in a container under which address to register."""

Progress = Callable[[float | None, str], None]
"""Told how far a work is (0 to 1, None if unknown) and what it does; raises Cancelled to stop it."""


def share(progress: Progress, begin: float, end: float) -> Progress:
    """How far one step of a longer work is, told as the part from `begin` to `end` of the whole.

    While the step does not know how far it is, the whole stands where it stood last, at `begin` at first:
    a bar that has come some way neither jumps back nor forgets it.
    """
    reached = begin

    def tell(fraction: float | None, text: str) -> None:
        nonlocal reached
        if fraction is not None:
            reached = begin + (end - begin) * fraction
        progress(reached, text)

    return tell


def service_name(project: str, version: str) -> str:
    """A version's service within a platform."""
    return f"model-{project}-{version.lower()}"


class State(StrEnum):
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
    limits: Limits = Limits()
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
    state: State
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

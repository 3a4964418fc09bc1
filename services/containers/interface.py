"""What every runtime can do: start services, say how they are, stop them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct


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
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = {}
    listens: bool = True
    project: str = ""
    version: str = ""


class Instance(Struct, frozen=True):
    """How a service is at one moment.

    Attributes:
        address: where it listens; empty until it does, and for services that do not.
        since: when it entered this state, UTC.
        restarts: how often it was started again after it had ended by itself.
        message: why it failed or restarts, in words.
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


class Runtime(Protocol):
    """Local processes, Docker, Swarm: the same to whoever calls."""

    def launch(self, spec: ServiceSpec) -> None:
        """Start a service and keep it running; Conflict if one of that name runs already."""

    def instances(self) -> list[Instance]:
        """All services of this runtime, by name."""

    def wait_for_address(self, name: str, seconds: float) -> str:
        """The address once the service listens; Unavailable, with its last words, if it does not."""

    def restart(self, name: str) -> None:
        """Stop and start one service; NotFound if there is none of that name."""

    def stop(self, name: str) -> None:
        """Stop one service and forget it; nothing happens if there is none."""

    def logs(self, name: str, lines: int) -> str:
        """The last lines a service wrote; NotFound if there is none of that name."""

    def close(self) -> None:
        """Stop all that this runtime started."""

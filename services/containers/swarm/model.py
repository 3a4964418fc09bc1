"""What a Swarm knows of its machines and of the tasks that run on them: plain data."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from services.containers.model import Port


class SwarmNode(Struct, frozen=True):
    """A machine of a Swarm.

    Attributes:
        role: `manager` or `worker`.
        availability: `active`, `pause` or `drain`.
        state: `ready` or `down`, as the managers see it.
    """

    identifier: str
    name: str
    role: str
    availability: str
    state: str
    address: str = ""
    processors: float = 0.0
    memory: int = 0
    engine: str = ""
    labels: Mapping[str, str] = {}


class SwarmTask(Struct, frozen=True):
    """One run of one replica of a service.

    Attributes:
        slot: which replica, counted from 1.
        node: the machine's name; empty until it is placed.
        node_identifier: the Swarm's own for that machine, as two may have one name.
        state, desired: Swarm's own words, such as `running` and `shutdown`.
        error: why it ended or cannot start; empty otherwise.
        container: identifier on its machine's engine; empty before there is one.
    """

    identifier: str
    service: str
    slot: int
    node: str
    state: str
    desired: str
    image: str
    since: datetime
    error: str = ""
    container: str = ""
    node_identifier: str = ""

    @property
    def runs(self) -> bool:
        """Whether it runs, is healthy if it has a health check, and is meant to go on."""
        return self.state == "running" and self.desired == "running"


class SwarmService(Struct, frozen=True):
    """A service as the managers hold it.

    Attributes:
        version: of its definition; a change is refused if it is not the newest.
        command: the arguments of its tasks' containers.
        ports: published on the machines where tasks run.
        update: where the last update stands (`updating`, `completed`, `rollback_completed`, …) and why.
    """

    identifier: str
    name: str
    version: int
    image: str
    replicas: int
    created: datetime
    labels: Mapping[str, str] = {}
    update: str = ""
    update_message: str = ""
    update_began: datetime | None = None
    command: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()

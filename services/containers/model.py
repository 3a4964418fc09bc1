"""What an engine knows of containers, images and itself: plain data, whatever client library brought it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

PROJECT_LABEL = "relevo.project"
VERSION_LABEL = "relevo.version"
ROLE_LABEL = "relevo.role"
PLATFORM_LABEL = "relevo.platform"
SERVICE_LABEL = "relevo.service"
"""Labels by which the window finds what belongs to Relevo, and to which platform it belongs."""

_TASK_LABEL = "com.docker.swarm.task.id"
"""By which Docker itself marks a container that a Swarm runs."""


class ContainerState(StrEnum):
    """Docker's own words for where a container stands."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


class ContainerHealth(StrEnum):
    """What a container's own health check says."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class ContainerRole(StrEnum):
    """What a container of Relevo is for."""

    NONE = ""
    GATEWAY = "gateway"
    SUPERVISOR = "supervisor"
    BALANCER = "balancer"
    STORE = "store"
    REGISTRY = "registry"
    DATALAKE = "datalake"
    MODEL = "model"
    DEVELOPMENT = "development"


class Port(Struct, frozen=True, order=True):
    """A port of a container; `host_port` 0 means not published or, where it is asked for, any free one."""

    container_port: int
    host_port: int = 0
    host_address: str = ""
    protocol: str = "tcp"


class Container(Struct, frozen=True):
    """A container at one moment.

    Attributes:
        identifier: the engine's own, 64 hexadecimal digits.
        image: as it was named when the container was made; `image_identifier` is what it runs.
        started, finished: None before the first start, or while it runs.
        exit_code: of the last run; None while it runs.
        error: the engine's words if it could not start it; empty otherwise.
        labels: all of them; `platform`, `project`, `version` and `role` are read from them.
        replicas: how many are to run on an orchestrator's machines; 0 for one container of an engine.
            What is said then holds for all of them: `state` is running while any is, and `identifier` is
            that of one on this engine, empty while all are elsewhere.
        running: how many of the replicas run.
        nodes: names of the machines that they run on.
    """

    identifier: str
    name: str
    image: str
    image_identifier: str
    state: ContainerState
    created: datetime
    health: ContainerHealth = ContainerHealth.NONE
    started: datetime | None = None
    finished: datetime | None = None
    exit_code: int | None = None
    restarts: int = 0
    error: str = ""
    command: str = ""
    ports: tuple[Port, ...] = ()
    networks: tuple[str, ...] = ()
    labels: Mapping[str, str] = {}
    replicas: int = 0
    running: int = 0
    nodes: tuple[str, ...] = ()

    @property
    def platform(self) -> str:
        """The platform it belongs to; empty if it is not Relevo's."""
        return self.labels.get(PLATFORM_LABEL, "")

    @property
    def project(self) -> str:
        """The project it serves or develops; empty for other parts."""
        return self.labels.get(PROJECT_LABEL, "")

    @property
    def version(self) -> str:
        """The version it serves; empty for other parts."""
        return self.labels.get(VERSION_LABEL, "")

    @property
    def orchestrated(self) -> bool:
        """Whether an orchestrator runs it, which then is the only one to start and stop it."""
        return self.replicas > 0 or not self.identifier or _TASK_LABEL in self.labels

    @property
    def role(self) -> ContainerRole:
        """What it is for; `Role.NONE` if it is not Relevo's."""
        word = self.labels.get(ROLE_LABEL, "")
        return ContainerRole(word) if word in set(ContainerRole) else ContainerRole.NONE


class ContainerChange(Struct, frozen=True):
    """Something happened to a container: its new state, or None once it is gone."""

    identifier: str
    container: Container | None
    action: str
    at: datetime


class Image(Struct, frozen=True):
    """An image of an engine.

    Attributes:
        references: its `repository:tag` names; empty for one without a name.
        size: bytes on the disk with all layers; `shared` of them belong to other images too (-1: unknown).
        containers: how many containers were made of it (-1: unknown).
    """

    identifier: str
    references: tuple[str, ...]
    created: datetime
    size: int
    shared: int = -1
    containers: int = -1
    labels: Mapping[str, str] = {}


class Layer(Struct, frozen=True):
    """A step of an image's history; `size` in bytes."""

    created: datetime
    created_by: str
    size: int
    comment: str = ""


class ContainerUsage(Struct, frozen=True):
    """What a container uses; bytes, and totals since its start for network and disk.

    Attributes:
        processor: per cent of one core, so two busy cores are 200.
        memory: without the page cache; `memory_limit` is the machine's where none is set.
    """

    at: datetime
    processor: float
    memory: int
    memory_limit: int
    received: int = 0
    sent: int = 0
    read: int = 0
    written: int = 0
    processes: int = 0


class LogLine(Struct, frozen=True):
    """A line a container wrote; `error` if on its standard error."""

    at: datetime
    text: str
    error: bool = False


class SwarmState(StrEnum):
    """Whether an engine belongs to a Swarm, and as what."""

    NONE = "none"
    MANAGER = "manager"
    WORKER = "worker"


class EngineInfo(Struct, frozen=True):
    """An engine: versions, size of its machine (`memory` in bytes), Swarm, and what to be warned of."""

    name: str
    version: str
    api_version: str
    operating_system: str
    processors: int
    memory: int
    swarm: SwarmState = SwarmState.NONE
    warnings: tuple[str, ...] = ()


class ResourceLimits(Struct, frozen=True):
    """Most that a container may use; 0 means no limit. `memory` in bytes, `processors` in cores."""

    memory: int = 0
    processors: float = 0.0
    processes: int = 0


class RestartPolicy(StrEnum):
    """When the engine starts a container again by itself."""

    NEVER = "no"
    ON_FAILURE = "on-failure"
    UNLESS_STOPPED = "unless-stopped"
    ALWAYS = "always"


class Mount(Struct, frozen=True):
    """A named volume, or with `folder` a folder of the host, seen at `target` inside."""

    target: str
    source: str
    folder: bool = False
    read_only: bool = False


class ContainerSpec(Struct, frozen=True):
    """A container to make.

    Attributes:
        environment: the place for secrets; never shown unmasked.
        aliases: further names by which others on `network` reach it.
        user: empty takes the image's own.
        entrypoint: what `command` is given to; empty takes the image's own.
        is_unprivileged: whether every Linux capability, and the way to get one back, is taken away. What
            starts as an ordinary user needs none; what changes its user, or files' owners, needs some.
    """

    name: str
    image: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    network: str = ""
    aliases: tuple[str, ...] = ()
    limits: ResourceLimits = ResourceLimits()
    restart: RestartPolicy = RestartPolicy.UNLESS_STOPPED
    user: str = ""
    working_folder: str = ""
    stop_seconds: int = 15
    entrypoint: tuple[str, ...] = ()
    is_unprivileged: bool = False


class Volume(Struct, frozen=True):
    """A named volume; `size` in bytes and how many `containers` mount it, -1 where not asked for."""

    name: str
    labels: Mapping[str, str] = {}
    size: int = -1
    containers: int = -1


class Credentials(Struct, frozen=True):
    """Who signs in to an image registry; lives as long as the call."""

    user: str
    password: str

    def __repr__(self) -> str:
        """Without the password."""
        return f"Credentials(user={self.user!r})"


class BuildSpec(Struct, frozen=True):
    """An image to build.

    Attributes:
        context: a tar archive with the Dockerfile at its root.
        reference: `name:tag` of the image.
        arguments: of the build; not kept in the image if only stages use them that are not the last.
        target: the stage to stop at; empty means the last.
        keep_failed: whether layers made before a step failed stay, so that a next try begins there; those
            of a cancelled build never do.
    """

    context: bytes
    reference: str
    arguments: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    target: str = ""
    keep_failed: bool = True

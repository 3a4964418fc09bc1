"""The parts of a platform, as a table: what each is for, needs, keeps and may use."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.containers.model import ContainerRole
from services.platform.request import PlatformRequest

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A part.

    Attributes:
        name: of its container, after the platform's; unique.
        image: of the catalogue.
        text: what it is for, as people read it.
        memory: most bytes it may use unless the request says otherwise; what it uses is less, see the help.
        needs: parts that must be healthy before it is started.
        volumes: suffix of the volume's name to where it is seen inside.
        healthy_seconds: how long a first start may take on a small server.
        stop_seconds: how long it may take to end with nothing lost.
    """

    name: str
    image: str
    role: ContainerRole
    text: str
    memory: int
    needs: tuple[str, ...] = ()
    volumes: tuple[tuple[str, str], ...] = ()
    healthy_seconds: float = 60.0
    stop_seconds: int = 20


CASSANDRA = Part(
    "cassandra", "cassandra", ContainerRole.STORE, "keeps everything that is recorded and registered",
    memory=896 * MEGABYTE, volumes=(("cassandra-data", "/var/lib/cassandra"),),
    healthy_seconds=180.0, stop_seconds=60,
)  # fmt: skip
REGISTRY = Part(
    "registry", "registry", ContainerRole.REGISTRY, "the team's images",
    memory=64 * MEGABYTE, volumes=(("registry-data", "/var/lib/registry"),),
)  # fmt: skip
DATALAKE = Part(
    "datalake", "datalake", ContainerRole.DATALAKE, "the team's tables",
    memory=160 * MEGABYTE, volumes=(("datalake-data", "/var/lib/mysql"),), healthy_seconds=120.0,
)  # fmt: skip
SUPERVISOR = Part(
    "supervisor", "supervisor", ContainerRole.SUPERVISOR, "keeps rollups and carries the rules out",
    memory=192 * MEGABYTE, needs=("cassandra",), healthy_seconds=90.0,
)  # fmt: skip
BALANCER = Part(
    "balancer", "balancer", ContainerRole.BALANCER, "shares requests out among the gateways",
    memory=64 * MEGABYTE, needs=("gateway",),
)  # fmt: skip
OPTIONAL = {part.name: part for part in (REGISTRY, DATALAKE)}
SPOOL = "/var/lib/relevo/spool"


def gateway(number: int) -> Part:
    """The gateway of that number, from 1; each has a spool of its own."""
    name = "gateway" if number == 1 else f"gateway-{number}"
    return Part(
        name, "gateway", ContainerRole.GATEWAY, "what client applications call",
        memory=256 * MEGABYTE, needs=("cassandra",), volumes=((f"{name}-spool", SPOOL),),
        healthy_seconds=90.0, stop_seconds=30,
    )  # fmt: skip


def gateway_number(part: str) -> int:
    """The number of the gateway of that name."""
    return int(part.removeprefix("gateway").removeprefix("-") or 1)


def parts_of(request: PlatformRequest) -> tuple[Part, ...]:
    """The parts that a request wants, each after those that it needs."""
    optional = tuple(part for name, part in OPTIONAL.items() if name not in request.left_out)
    numbers = range(1, 2 if request.swarm else request.gateways + 1)
    gateways = tuple(gateway(number) for number in numbers)
    balancer = (BALANCER,) if request.balanced else ()
    return (CASSANDRA, *optional, *gateways, SUPERVISOR, *balancer)


def start_order(parts: Sequence[Part]) -> list[list[Part]]:
    """Groups of parts that can be started side by side, each after those that its parts need.

    Raises:
        ValueError: parts need one another in a circle, or one that is not among them; names them.
    """
    left, done, groups = list(parts), set[str](), list[list[Part]]()
    while left:
        group = [part for part in left if done.issuperset(part.needs)]
        if not group:
            unmet = ((part.name, [need for need in part.needs if need not in done]) for part in left)
            needs = "; ".join(f"{name} needs {', '.join(lacking)}" for name, lacking in unmet)
            raise ValueError(f"these parts can never be started: {needs}")
        groups.append(group)
        done.update(part.name for part in group)
        left = [part for part in left if part not in group]
    return groups


def memory_of(part: Part, request: PlatformRequest) -> int:
    """Most bytes that a part may use."""
    kind = "gateway" if part.role is ContainerRole.GATEWAY else part.name
    return request.memory.get(part.name, request.memory.get(kind, part.memory))

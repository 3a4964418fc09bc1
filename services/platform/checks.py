"""What is looked at before a set-up changes anything: the request, memory, ports, disk."""

from collections.abc import Sequence

from msgspec import Struct

from services.containers.interface import ContainerHost
from services.containers.model import ContainerSpec
from services.errors import InvalidInput, StorageError, Unavailable
from services.platform.discovery import DiscoveredPlatform
from services.platform.parts import MEGABYTE, Part, memory_of, parts_of
from services.platform.ports import check_ports
from services.platform.request import PlatformRequest, problems

SYSTEM_MEMORY = 256 * MEGABYTE
"""For the operating system and the engine themselves."""
LEAST_DISK = 2 << 30
"""Free space that a platform needs to begin with: Cassandra's first files, the spool, some images."""


class ResourceCheck(Struct, frozen=True):
    """What the engine's machine has, where it is not to be asked: bytes; None asks."""

    memory: int | None = None
    least_disk: int = LEAST_DISK


FULL_CHECK = ResourceCheck()


def check_request(request: PlatformRequest) -> None:
    """InvalidInput names the first field that is wrong, and why."""
    for field, text in problems(request).items():
        raise InvalidInput(f"{field}: {text}")


def check_memory(engine: ContainerHost, request: PlatformRequest, resource_check: ResourceCheck) -> None:
    """Unavailable, with what each part may use, if the machine is too small."""
    machine = engine.info().memory if resource_check.memory is None else resource_check.memory
    parts = parts_of(request)
    needed = sum(memory_of(part, request) for part in parts) + SYSTEM_MEMORY
    if machine >= needed:
        return
    shares = "\n".join(f"{part.name}: {_megabytes(memory_of(part, request))}" for part in parts)
    raise Unavailable(
        f"The platform's parts may use {_megabytes(needed)}, but the engine's machine has "
        f"{_megabytes(machine)} of memory",
        remedy="Leave out the registry or the datalake, lower a part's limit, or take a larger machine.",
        details=f"{shares}\nsystem: {_megabytes(SYSTEM_MEMORY)}",
    )


def check_free_ports(
    engine: ContainerHost, discovered: DiscoveredPlatform, specs: Sequence[ContainerSpec]
) -> None:
    """Conflict if a port of the containers to be made is taken by somebody else."""
    own = [*discovered.parts.values(), *discovered.replaced.values()]
    identifiers = {container.identifier for container in own}
    others = [each for each in engine.containers() if each.identifier not in identifiers]
    ports = [(port.host_address, port.host_port) for spec in specs for port in spec.ports]
    check_ports(engine, ports, own, others)


def check_disk(free: int, resource_check: ResourceCheck) -> None:
    """StorageError if the engine's disk has too little space left."""
    if free < resource_check.least_disk:
        raise StorageError(
            f"The engine's disk has {_megabytes(free)} free; a platform needs "
            f"{_megabytes(resource_check.least_disk)} to begin with",
            remedy="Remove images that nobody uses, or take a larger disk.",
        )


def part_memory(request: PlatformRequest) -> list[tuple[Part, int]]:
    """Each part with the most bytes it may use, as the help and the page show it."""
    return [(part, memory_of(part, request)) for part in parts_of(request)]


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.0f} MB"

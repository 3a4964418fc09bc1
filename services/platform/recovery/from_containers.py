"""What a platform was asked to be, read off its containers, for when its state is in neither of its places.

Clearing an engine of all that does not run removes a state container, too, and a platform that an earlier
version of this program set up has no such file.
"""

import itertools
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from services.containers.interface import INNER_PORT, ContainerHost
from services.containers.model import Container, ContainerRole, Port
from services.platform.parts import BALANCER, CASSANDRA, OPTIONAL, gateway_number, memory_of, parts_of
from services.platform.request import LOOPBACK, PlatformRequest

_OWN = "relevo/"
"""Before it in an image's name stands the registry that it was pulled from."""


def request_from_containers(
    engine: ContainerHost, name: str, parts: Mapping[str, Container]
) -> PlatformRequest | None:
    """The request that these containers come from; None if those that would say it are not all there.

    It takes the store, a gateway and, where there are several, the balancer before them. Where the files of
    its certificate were is not known any more: the platform keeps those that it has.
    """
    gateways = {
        gateway_number(part): each for part, each in parts.items() if each.role is ContainerRole.GATEWAY
    }
    if not gateways:
        return None
    gateway = gateways[min(gateways)]
    front = parts.get(BALANCER.name, gateway)
    store, clients = _published(parts.get(CASSANDRA.name)), _published(front)
    port = next((port.host_port for port in clients if port.container_port == INNER_PORT), 0)
    if not store or not port:
        return None
    options = _options(gateway.command)
    first = dict(options)
    host, team_host = clients[0].host_address or LOOPBACK, store[0].host_address or LOOPBACK
    secure = serves_https(engine, front)
    optional = {part: ports[0].host_port for part in OPTIONAL if (ports := _published(parts.get(part)))}
    others = {f"{part}_port": port for part, port in optional.items()}
    request = PlatformRequest(
        name=name,
        gateway_host=host,
        gateway_port=port,
        team_host=team_host,
        cassandra_port=store[0].host_port,
        listener_ports=tuple(port.host_port for port in clients if port.container_port != INNER_PORT),
        gateways=_gateways(gateways, balanced=front is not gateway),
        durability=first.get("--durability", "process"),
        certificate="kept by the platform" if secure else "",
        key="kept by the platform" if secure else "",
        plain_http_beyond_loopback=not secure and host != LOOPBACK,
        plain_team_beyond_loopback=team_host != LOOPBACK,
        allowed_origins=tuple(word for option, word in options if option == "--allow-origin"),
        image_prefix=gateway.image.partition(_OWN)[0].rstrip("/"),
        swarm=gateway.orchestrated,
        left_out=tuple(part for part in OPTIONAL if part not in optional),
    )
    return _completed(engine, parts, request, others, first.get("--public-address", ""))


def serves_https(engine: ContainerHost, front: Container) -> bool:
    """Whether a gateway, or a balancer, has a certificate of its own."""
    if front.role is ContainerRole.BALANCER:
        return "RELEVO_CERTIFICATE" in engine.environment(front.identifier)
    return "--certificate" in front.command.split()


def _gateways(numbered: Mapping[int, Container], *, balanced: bool) -> int:
    """How many were asked for: some may be gone, but none beyond the last; a balancer stands before two."""
    if any(each.orchestrated for each in numbered.values()):
        return max(1, *(each.replicas for each in numbered.values()))
    return max(2 if balanced else 1, *numbered)


def _completed(
    engine: ContainerHost,
    parts: Mapping[str, Container],
    request: PlatformRequest,
    ports: Mapping[str, int],
    address: str,
) -> PlatformRequest:
    """With ports, public address and limits of memory, where they are not the usual ones."""
    fields: dict[str, Any] = dict(ports)
    if address and address != request.address():
        fields["public_address"] = address
    limits = {
        part.name: int(engine.inspect(parts[part.name].identifier)["HostConfig"]["Memory"])
        for part in parts_of(request)
        if part.name in parts and not parts[part.name].orchestrated
    }
    usual = {part.name: memory_of(part, request) for part in parts_of(request)}
    fields["memory"] = {name: limit for name, limit in limits.items() if limit and limit != usual[name]}
    return replace(request, **fields)


def _published(container: Container | None) -> list[Port]:
    return [port for port in container.ports if port.host_port] if container is not None else []


def _options(command: str) -> list[tuple[str, str]]:
    """Each option of a command line with the word that follows it."""
    return [(word, after) for word, after in itertools.pairwise(command.split()) if word.startswith("--")]

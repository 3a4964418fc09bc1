"""What a platform was asked to be, read off its containers: for when the keeper of the request is lost.

Clearing an engine of all that does not run removes a keeper, too.
"""

import itertools
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from services.containers.engine.engine import Engine
from services.containers.interface import INNER_PORT
from services.containers.model import Container, ContainerRole, Port
from services.platform.parts import CASSANDRA, OPTIONAL, memory_of, wanted
from services.platform.request import LOOPBACK, PlatformRequest
from services.platform.swarm_gateways import is_task

_OWN = "relevo/"
"""Before it in an image's name stands the registry that it was pulled from."""


def recalled_request(engine: Engine, name: str, parts: Mapping[str, Container]) -> PlatformRequest | None:
    """The request that these containers come from; None if they do not say enough.

    Where the files of its certificate were is not known any more: the platform keeps those that it has.
    """
    front = parts.get("balancer", parts.get("gateway"))
    store = _published(parts.get(CASSANDRA.name))
    clients = _published(front)
    if front is None or not store or not clients:
        return None
    said = _options(parts["gateway"].command)
    options = dict(said)
    host, team_host = clients[0].host_address or LOOPBACK, store[0].host_address or LOOPBACK
    secure = "--certificate" in options or "RELEVO_CERTIFICATE" in engine.environment(front.identifier)
    optional = {part: ports[0].host_port for part in OPTIONAL if (ports := _published(parts.get(part)))}
    others = {f"{part}_port": port for part, port in optional.items()}
    request = PlatformRequest(
        name=name,
        gateway_host=host,
        gateway_port=next(port.host_port for port in clients if port.container_port == INNER_PORT),
        team_host=team_host,
        cassandra_port=store[0].host_port,
        listener_ports=tuple(port.host_port for port in clients if port.container_port != INNER_PORT),
        gateways=sum(container.role is ContainerRole.GATEWAY for container in parts.values()),
        durability=options.get("--durability", "process"),
        certificate="kept by the platform" if secure else "",
        key="kept by the platform" if secure else "",
        plain_http_beyond_loopback=not secure and host != LOOPBACK,
        plain_team_beyond_loopback=team_host != LOOPBACK,
        allowed_origins=tuple(word for option, word in said if option == "--allow-origin"),
        image_prefix=parts["gateway"].image.partition(_OWN)[0].rstrip("/"),
        swarm=is_task(parts["gateway"]),
        left_out=tuple(part for part in OPTIONAL if part not in optional),
    )
    return _completed(engine, parts, request, others, options.get("--public-address", ""))


def _completed(
    engine: Engine,
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
        for part in wanted(request)
        if part.name in parts and not is_task(parts[part.name])
    }
    usual = {part.name: memory_of(part, request) for part in wanted(request)}
    fields["memory"] = {name: limit for name, limit in limits.items() if limit and limit != usual[name]}
    return replace(request, **fields)


def _published(container: Container | None) -> list[Port]:
    return [port for port in container.ports if port.host_port] if container is not None else []


def _options(command: str) -> list[tuple[str, str]]:
    """Each option of a command line with the word that follows it."""
    return [(word, after) for word, after in itertools.pairwise(command.split()) if word.startswith("--")]

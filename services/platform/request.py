"""What a person asks a platform to be; everything has a default that suits one small server."""

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from services.errors import InvalidInput
from services.http.origin import origin_of

LOOPBACK = "127.0.0.1"
DURABILITIES = ("process", "disk", "store")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
_MOST_GATEWAYS = 8
_LEAST_MEMORY = 64 << 20


class PlatformRequest(Struct, frozen=True):
    """A platform.

    Attributes:
        name: also its network's, and the beginning of its containers' and volumes' names.
        gateway_host: address of the engine's machine on which the gateway and its listeners are published.
        team_host: the same for Cassandra, the image registry and the datalake.
        listener_ports: published for listeners; which project listens on one is said in the registry.
        gateways: how many; more than one are reached through a balancer.
        durability: what an answer of the gateway survives: `process`, `disk` or `store`.
        certificate, key: PEM files on this machine; with them the gateway serves HTTPS.
        plain_http_beyond_loopback: publish the gateway for other machines without a certificate.
        plain_team_beyond_loopback: publish Cassandra, registry and datalake for other machines.
        public_address: under which clients reach the gateway; empty derives it from `gateway_host` and
            port, which does where that is one address.
        allowed_origins: whose web pages may call the gateway, such as `https://shop.example.com`.
        image_prefix: a registry before Relevo's images, from which they are pulled instead of built.
        swarm: run the gateways as a service of the Swarm that the engine manages.
        left_out: optional parts that are not wanted.
        memory: part to most bytes, where the table's own are not wanted.
    """

    name: str = "relevo"
    gateway_host: str = LOOPBACK
    gateway_port: int = 18080
    team_host: str = LOOPBACK
    cassandra_port: int = 9042
    registry_port: int = 5000
    datalake_port: int = 3306
    listener_ports: tuple[int, ...] = (18000, 18001, 19000, 19001)
    gateways: int = 1
    durability: str = "process"
    certificate: str = ""
    key: str = ""
    plain_http_beyond_loopback: bool = False
    plain_team_beyond_loopback: bool = False
    public_address: str = ""
    allowed_origins: tuple[str, ...] = ()
    image_prefix: str = ""
    swarm: bool = False
    left_out: tuple[str, ...] = ()
    memory: Mapping[str, int] = {}

    @property
    def secure(self) -> bool:
        """Whether the gateway serves HTTPS."""
        return bool(self.certificate)

    @property
    def gateway_secure(self) -> bool:
        """Whether the gateway does so itself, rather than a balancer before it."""
        return self.secure and not self.balanced

    @property
    def balanced(self) -> bool:
        """Whether clients reach the gateways through a balancer."""
        return self.swarm or self.gateways > 1

    def address(self) -> str:
        """Where clients reach the gateway."""
        if self.public_address:
            return self.public_address.rstrip("/")
        scheme = "https" if self.secure else "http"
        return f"{scheme}://{bracketed(self.gateway_host)}:{self.gateway_port}"


def _durability(request: PlatformRequest) -> str:
    if request.durability not in DURABILITIES:
        return f"One of {', '.join(DURABILITIES)}."
    if request.swarm and request.durability != "store":
        return "A Swarm may move a gateway away from its disk: choose store."
    return ""


def bracketed(host: str) -> str:
    """A host as addresses write it: version 6 of IP in brackets."""
    return f"[{host}]" if ":" in host else host


def problems(request: PlatformRequest) -> dict[str, str]:
    """Field to what is wrong with it; empty when it can be tried."""
    found = {
        "name": "" if _NAME.fullmatch(request.name) else
        "Use 2 to 32 lower-case letters, digits and hyphens, and begin with a letter.",
        "gateways": "" if 1 <= request.gateways <= _MOST_GATEWAYS else f"From 1 to {_MOST_GATEWAYS}.",
        "durability": _durability(request),
        "key": "" if bool(request.certificate) == bool(request.key) else
        "A certificate and its key belong together.",
        "public_address": _address(request),
        "allowed_origins": _origins(request.allowed_origins),
        "left_out": "" if {*request.left_out} <= {"registry", "datalake"} else
        "Only the registry and the datalake can be left out.",
        "memory": "" if all(size >= _LEAST_MEMORY for size in request.memory.values()) else
        "A part needs 64 MB at least.",
    }  # fmt: skip
    everything = _ports(request) | _hosts(request) | found
    return {field: text for field, text in everything.items() if text}


def published(request: PlatformRequest) -> dict[str, int]:
    """Field to the port it publishes; listeners are numbered."""
    fields = {"gateway_port": request.gateway_port, "cassandra_port": request.cassandra_port}
    if "registry" not in request.left_out:
        fields["registry_port"] = request.registry_port
    if "datalake" not in request.left_out:
        fields["datalake_port"] = request.datalake_port
    return fields | {f"listener_ports[{n}]": port for n, port in enumerate(request.listener_ports)}


def _ports(request: PlatformRequest) -> dict[str, str]:
    found: dict[str, str] = {}
    seen: dict[int, str] = {}
    for field, port in published(request).items():
        if not 1 <= port <= 65535:
            found[field] = "A port is a number from 1 to 65535."
        elif port in seen:
            found[field] = f"Port {port} is asked for twice, also as {seen[port]}."
        seen.setdefault(port, field)
    if {8000, 8001} & {*request.listener_ports}:
        found["listener_ports"] = "Inside its container the gateway itself listens on 8000 and 8001."
    return found


def _hosts(request: PlatformRequest) -> dict[str, str]:
    return {
        "gateway_host": _host(
            request.gateway_host,
            allowed=request.secure or request.plain_http_beyond_loopback,
            remedy="Give a certificate and its key, or allow plain HTTP beyond loopback in so many words.",
        ),
        "team_host": _host(
            request.team_host,
            allowed=request.plain_team_beyond_loopback,
            remedy="Passwords and data could be read on the way: allow it in so many words.",
        ),
    }


def _host(host: str, *, allowed: bool, remedy: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return "Give an IP address of the engine's machine, such as 0.0.0.0 for all."
    return "" if address.is_loopback or allowed else remedy


def _address(request: PlatformRequest) -> str:
    if not request.public_address:
        return "" if not everywhere(request.gateway_host) else (
            "Say under which address clients reach the gateway, such as https://relevo.example.com:18080."
        )  # fmt: skip
    parts = urlsplit(request.public_address)
    if parts.scheme in {"http", "https"} and parts.hostname:
        return ""
    return "Start with http:// or https:// and name a host."


def _origins(listed: Sequence[str]) -> str:
    for text in listed:
        try:
            origin_of(text)
        except InvalidInput as error:
            return f"{error.message}. {error.remedy}"
    return ""


def everywhere(host: str) -> bool:
    """Whether a host stands for all addresses of a machine."""
    return host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not listened on

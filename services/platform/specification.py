"""What a part is in containers: image, command, environment, ports, volumes, limits."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from services.containers.interface import INNER_PORT
from services.containers.model import (
    PLATFORM_LABEL,
    ROLE_LABEL,
    ContainerRole,
    ContainerSpec,
    Mount,
    Port,
    ResourceLimits,
    RestartPolicy,
)
from services.platform.parts import MEGABYTE, SPOOL, Part, memory_of
from services.platform.request import PlatformRequest
from services.platform.secrets import PlatformSecrets
from services.store.roles import StoreRole

PART_LABEL = "relevo.part"
REQUEST_LABEL = "relevo.request"
SPECIFICATION_LABEL = "relevo.specification"
STATE_CONTAINER, ONE_OFF = "keys", "one-off"
"""What stands in the place of a part's name in the labels of the other containers of a platform."""
HEAP_SHARE = 0.43
"""Of the store's memory; the rest is for what Cassandra keeps outside its heap."""
SERVICE_PORT = 8001
CERTIFICATE, KEY = "certificate.pem", "key.pem"
HOME, BALANCER_HOME, USER = "/var/lib/relevo", "/opt/relevo/balancer", 10001
"""Where the images keep what is theirs, and the user that they run as."""
_ANY = "0.0.0.0"  # noqa: S104 - inside a container; what is published is the request's to say
_MOST_PROCESSES = 2048
"""Of one part, its threads among them: far more than any has, far fewer than a machine bears."""
_CQL_PORT, _REGISTRY_PORT, _DATALAKE_PORT = 9042, 5000, 3306


@dataclass(frozen=True, slots=True)
class Plan:
    """What all specifications of one platform are made of.

    Attributes:
        certificate: contents of the gateway's files by name; empty without TLS.
    """

    request: PlatformRequest
    secrets: PlatformSecrets
    certificate: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The platform's name."""
        return self.request.name


def container_name(platform: str, part: str) -> str:
    """A part's container, and its host name on the platform's network."""
    return f"{platform}-{part}"


def inner_gateway(request: PlatformRequest) -> str:
    """Where services on the platform's network reach its gateways."""
    port = SERVICE_PORT if request.gateway_secure else INNER_PORT
    return f"http://{container_name(request.name, 'gateway')}:{port}"


def store_options(platform: str) -> tuple[str, ...]:
    """How a service on the platform's network names its store."""
    host = container_name(platform, "cassandra")
    return ("--store", f"cassandra:{host}:{_CQL_PORT}", "--cassandra-user", StoreRole.SERVICES.value)


def labels_of(platform: str, part: str, role: ContainerRole = ContainerRole.NONE) -> dict[str, str]:
    """By which a platform's containers and volumes are found."""
    found = {PLATFORM_LABEL: platform, PART_LABEL: part}
    return found | {ROLE_LABEL: role.value} if role else found


def specification(plan: Plan, part: Part, image: str) -> ContainerSpec:
    """The container of a part; a label tells later whether it is still what is wanted."""
    limit = memory_of(part, plan.request)
    spec = ContainerSpec(
        name=container_name(plan.name, part.name),
        image=image,
        command=_command(plan, part),
        environment=_environment(plan, part, limit),
        labels=labels_of(plan.name, part.name, part.role),
        ports=_ports(plan.request, part),
        mounts=()
        if in_swarm(plan.request, part)
        else tuple(Mount(target, volume) for volume, target in volumes_of(plan.name, part)),
        network=plan.name,
        aliases=(container_name(plan.name, "gateway"),) if part.role is ContainerRole.GATEWAY else (),
        limits=ResourceLimits(memory=limit, processes=_MOST_PROCESSES),
        stop_seconds=part.stop_seconds,
        is_unprivileged=True,
    )
    marked = {SPECIFICATION_LABEL: _digest(plan, part, spec)}
    return replace(spec, labels={**spec.labels, **marked})


def state_container(plan: Plan, image: str) -> ContainerSpec:
    """The container that is never started and holds the secrets and the request."""
    asked = msgspec.json.encode(plan.request).decode()
    return ContainerSpec(
        name=container_name(plan.name, STATE_CONTAINER),
        image=image,
        environment=plan.secrets.environment(),
        labels={**labels_of(plan.name, STATE_CONTAINER), REQUEST_LABEL: asked},
        restart=RestartPolicy.NEVER,
    )


def in_swarm(request: PlatformRequest, part: Part) -> bool:
    """Whether a part is a service of the Swarm: its tasks keep nothing on a machine's disk."""
    return request.swarm and part.role is ContainerRole.GATEWAY


def volumes_of(platform: str, part: Part) -> list[tuple[str, str]]:
    """A part's volumes: name, and where it is seen inside."""
    return [(f"{platform}-{suffix}", target) for suffix, target in part.volumes]


def files_of(plan: Plan, part: Part) -> tuple[str, Mapping[str, bytes]]:
    """What is written into the container before it is started: folder, and contents by name."""
    if part.role is ContainerRole.GATEWAY and plan.request.gateway_secure:
        return HOME, plan.certificate
    if part.role is ContainerRole.BALANCER and plan.certificate:
        return BALANCER_HOME, {CERTIFICATE: b"\n".join(plan.certificate.values())}
    return "", {}


def _command(plan: Plan, part: Part) -> tuple[str, ...]:
    if part.role is ContainerRole.SUPERVISOR:
        return ("supervisor", *store_options(plan.name))
    if part.role is not ContainerRole.GATEWAY:
        return ()
    request = plan.request
    words: tuple[str, ...] = (
        "gateway", *store_options(plan.name), "--spool", SPOOL, "--host", _ANY, "--port", str(INNER_PORT),
        "--listener-host", _ANY, "--durability", request.durability,
        "--public-address", request.address(), "--service-address", inner_gateway(request),
    )  # fmt: skip
    words += tuple(word for origin in request.allowed_origins for word in ("--allow-origin", origin))
    if request.balanced:
        # The balancer alone, not the whole network: a version's own code runs there, too.
        words += ("--forwarded-by", container_name(request.name, "balancer"))
    if not request.gateway_secure:
        return (*words, "--plain-http-beyond-loopback")
    secured = ("--certificate", f"{HOME}/{CERTIFICATE}", "--key", f"{HOME}/{KEY}")
    return (*words, *secured, "--service-port", str(SERVICE_PORT))


def _environment(plan: Plan, part: Part, limit: int) -> dict[str, str]:
    secrets = plan.secrets
    match part.role:
        case ContainerRole.STORE:
            return {"MAX_HEAP_SIZE": f"{int(limit * HEAP_SHARE) // MEGABYTE}M", **secrets.environment()}
        case ContainerRole.GATEWAY | ContainerRole.SUPERVISOR:
            return {"RELEVO_SECRET": secrets.secret, "RELEVO_CASSANDRA_PASSWORD": secrets.services}
        case ContainerRole.DATALAKE:
            return {
                "MARIADB_DATABASE": "datalake", "MARIADB_USER": "relevo",
                "MARIADB_PASSWORD": secrets.datalake, "MARIADB_ROOT_PASSWORD": secrets.datalake_root,
            }  # fmt: skip
        case ContainerRole.BALANCER:
            return _balanced(plan.request)
        case _:
            return {}


def _balanced(request: PlatformRequest) -> dict[str, str]:
    found = {
        "RELEVO_GATEWAYS": container_name(request.name, "gateway"),
        "RELEVO_PORTS": " ".join(map(str, (INNER_PORT, *sorted(request.listener_ports)))),
    }
    return found | {"RELEVO_CERTIFICATE": f"{BALANCER_HOME}/{CERTIFICATE}"} if request.secure else found


def _ports(request: PlatformRequest, part: Part) -> tuple[Port, ...]:
    team = request.team_host
    match part.role:
        case ContainerRole.STORE:
            return (Port(_CQL_PORT, request.cassandra_port, team),)
        case ContainerRole.REGISTRY:
            return (Port(_REGISTRY_PORT, request.registry_port, team),)
        case ContainerRole.DATALAKE:
            return (Port(_DATALAKE_PORT, request.datalake_port, team),)
        case ContainerRole.GATEWAY if not request.balanced:
            return _client_ports(request)
        case ContainerRole.BALANCER:
            return _client_ports(request)
        case _:
            return ()


def _client_ports(request: PlatformRequest) -> tuple[Port, ...]:
    host = request.gateway_host
    listeners = (Port(port, port, host) for port in sorted(request.listener_ports))
    return (Port(INNER_PORT, request.gateway_port, host), *listeners)


def _digest(plan: Plan, part: Part, spec: ContainerSpec) -> str:
    """Equal for what is wanted equally; keyed, so that it tells nothing of the secrets it covers.

    The image is left out: another one is an upgrade, which is asked for in so many words.
    """
    _, contents = files_of(plan, part)
    files = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    content = msgspec.json.encode((replace(spec, image=""), files), order="deterministic")
    return hmac.new(plan.secrets.secret.encode(), content, hashlib.sha256).hexdigest()

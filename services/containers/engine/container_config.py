"""From our plain description of a container to what the engine wants to be told."""

import re
from collections.abc import Mapping
from typing import Any

from docker import types

from services.containers.engine.log_rotation import LOG_DRIVER, LOG_ROTATION
from services.containers.model import ContainerSpec, Mount, Port, ResourceLimits
from services.errors import InvalidInput

_LEAST_MEMORY = 6 << 20
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - Docker's own default for a published port
_UNPRIVILEGED: Mapping[str, Any] = {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges"]}
_VARIABLE = re.compile(r"[^=\0]+")


def container_config(client: Any, spec: ContainerSpec) -> dict[str, Any]:
    """The body of the request that makes the container.

    Raises:
        InvalidInput: a port, a limit or a variable's name is none.
    """
    for name in spec.environment:
        if not _VARIABLE.fullmatch(name):
            raise InvalidInput(f"“{name}” cannot be the name of a variable")
    for port in spec.ports:
        _check(port)
    host = client.create_host_config(
        port_bindings=_bindings(spec),
        mounts=[_mount(mount) for mount in spec.mounts],
        restart_policy={"Name": spec.restart.value},
        init=True,
        log_config=types.LogConfig(type=LOG_DRIVER, config=dict(LOG_ROTATION)),
        **_limits(spec.limits),
        **(_UNPRIVILEGED if spec.is_unprivileged else {}),
    )
    networking = None
    if spec.network:
        host["NetworkMode"] = spec.network
        settings = client.create_endpoint_config(aliases=list(spec.aliases) or None)
        networking = client.create_networking_config({spec.network: settings})
    found: dict[str, Any] = client.create_container_config(
        image=spec.image,
        entrypoint=list(spec.entrypoint) or None,
        command=list(spec.command) or None,
        environment=dict(spec.environment),
        labels=dict(spec.labels),
        ports=[(port.container_port, port.protocol) for port in spec.ports],
        host_config=host,
        networking_config=networking,
        user=spec.user or None,
        working_dir=spec.working_folder or None,
    )
    found["StopTimeout"] = spec.stop_seconds
    return found


def _check(port: Port) -> None:
    for number, least in ((port.container_port, 1), (port.host_port, 0)):
        if not least <= number <= 65535:
            raise InvalidInput(f"{number} is not a port: those go from 1 to 65535")


def _bindings(spec: ContainerSpec) -> dict[str, list[tuple[str, int | None]]]:
    found: dict[str, list[tuple[str, int | None]]] = {}
    for port in spec.ports:
        where = (port.host_address or _EVERYWHERE, port.host_port or None)
        found.setdefault(f"{port.container_port}/{port.protocol}", []).append(where)
    return found


def _mount(mount: Mount) -> Any:
    kind = "bind" if mount.folder else "volume"
    return types.Mount(mount.target, mount.source, type=kind, read_only=mount.read_only)


def _limits(limits: ResourceLimits) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if limits.memory:
        if limits.memory < _LEAST_MEMORY:
            raise InvalidInput(f"A limit of {limits.memory} bytes of memory is too small: at least 6 MB")
        # The same for memory and swap together: a container at its limit does not slow its machine down.
        found |= {"mem_limit": limits.memory, "memswap_limit": limits.memory}
    if limits.processors:
        found["nano_cpus"] = int(limits.processors * 1e9)
    if limits.processes:
        found["pids_limit"] = limits.processes
    return found

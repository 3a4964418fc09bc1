"""A service's whole definition, as a Swarm's manager takes it."""

from collections.abc import Mapping, Sequence
from typing import Any

import docker.types

from services.containers.engine.log_rotation import LOG_DRIVER, LOG_ROTATION
from services.containers.model import Mount, Port, ResourceLimits

_NANOSECONDS = 1_000_000_000
_NO_LIMITS = ResourceLimits()
_WATCHED_SECONDS = 5
"""How long a new task must hold out before the next one is replaced."""


class ServiceDefinition:
    """The arguments with which the client library makes or changes a service.

    Args:
        secrets: names of the Swarm's secrets; each becomes a file of its variable's name.
        replaced_first: whether a new task has to be healthy before the old one stops; impossible where
            both would need the same port of a machine.
    """

    def __init__(
        self,
        name: str,
        image: str,
        *,
        command: Sequence[str] = (),
        environment: Mapping[str, str],
        secrets: Mapping[str, tuple[str, str]],
        labels: Mapping[str, str],
        network: str,
        ports: Sequence[Port] = (),
        mounts: Sequence[Mount] = (),
        limits: ResourceLimits = _NO_LIMITS,
        replicas: int = 1,
        placement: Sequence[str] = (),
        stop_seconds: int = 20,
    ) -> None:
        self.name, self.image = name, image
        references = [
            docker.types.SecretReference(identifier, secret, filename=variable, mode=0o444)
            for variable, (identifier, secret) in secrets.items()
        ]
        container = docker.types.ContainerSpec(
            image,
            args=list(command) or None,
            env=dict(environment),
            labels=dict(labels),
            mounts=[_mount(mount) for mount in mounts],
            stop_grace_period=stop_seconds * _NANOSECONDS,
            secrets=references,
            init=True,
        )
        # Two tasks that want the same port of a machine cannot stand side by side.
        update_order = "stop-first" if ports else "start-first"
        steps = {"parallelism": 1, "monitor": _WATCHED_SECONDS * _NANOSECONDS, "order": update_order}
        self.arguments: dict[str, Any] = {
            "task_template": docker.types.TaskTemplate(
                container,
                resources=docker.types.Resources(
                    cpu_limit=int(limits.processors * _NANOSECONDS) or None, mem_limit=limits.memory or None
                ),
                restart_policy=docker.types.RestartPolicy(condition="any", delay=_NANOSECONDS),
                placement=docker.types.Placement(constraints=list(placement) or None),
                networks=[network],
                log_driver=docker.types.DriverConfig(LOG_DRIVER, options=dict(LOG_ROTATION)),
            ),
            "name": name,
            "labels": dict(labels),
            "mode": docker.types.ServiceMode("replicated", replicas=replicas),
            "update_config": docker.types.UpdateConfig(failure_action="rollback", **steps),
            "rollback_config": docker.types.RollbackConfig(failure_action="pause", **steps),
            # Names lead to every task's own address: no virtual address, which needs the kernel's help.
            "endpoint_spec": docker.types.EndpointSpec(mode="dnsrr", ports=[_port(port) for port in ports]),
        }


def _mount(mount: Mount) -> docker.types.Mount:
    kind = "bind" if mount.folder else "volume"
    return docker.types.Mount(mount.target, mount.source, type=kind, read_only=mount.read_only)


def _port(port: Port) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Protocol": port.protocol, "TargetPort": port.container_port, "PublishMode": "host",
    }  # fmt: skip
    return {**found, "PublishedPort": port.host_port} if port.host_port else found

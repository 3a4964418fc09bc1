"""The container that a service is: the same on one Docker Engine and as each task of a Swarm's service."""

from collections.abc import Mapping

from msgspec.structs import replace

from services.containers.interface import ENDPOINT_VARIABLE, ServiceSpec
from services.containers.model import (
    PLATFORM_LABEL,
    PROJECT_LABEL,
    ROLE_LABEL,
    SERVICE_LABEL,
    VERSION_LABEL,
    ContainerRole,
    ContainerSpec,
)

MOST_PROCESSES = 512
"""Of one service, its threads among them, where nothing else is asked for."""


def container_spec(
    spec: ServiceSpec,
    *,
    platform: str,
    name: str,
    network: str,
    endpoint: str,
    environment: Mapping[str, str],
) -> ContainerSpec:
    """A service of a platform as the container to make.

    Args:
        spec: the service; its own labels never hide whose it is.
        platform: its name, by which its containers are found again.
        name: of the container, or of the Swarm's service.
        network: on which the platform's parts find each other.
        endpoint: the address to register; told to a service that listens.
        environment: the runtime's variables, which the service's own come on top of.
    """
    labels = {**spec.labels, PLATFORM_LABEL: platform, SERVICE_LABEL: spec.name}
    if spec.project:
        labels |= {
            ROLE_LABEL: ContainerRole.MODEL,
            PROJECT_LABEL: spec.project,
            VERSION_LABEL: spec.version,
        }
    endpoint_variable = {ENDPOINT_VARIABLE: endpoint} if spec.listens else {}
    return ContainerSpec(
        name=name,
        image=spec.image,
        command=spec.command,
        environment={**environment, **spec.environment, **endpoint_variable},
        labels=labels,
        ports=spec.ports,
        mounts=spec.mounts,
        network=network,
        limits=replace(spec.limits, processes=spec.limits.processes or MOST_PROCESSES),
        restart=spec.restart,
        is_unprivileged=True,
    )

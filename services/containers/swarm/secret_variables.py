"""From a container's specification to a service of a Swarm; what looks like a secret becomes one."""

import hashlib
from collections.abc import Mapping, Sequence

from services.containers.model import PLATFORM_LABEL, SERVICE_LABEL, ContainerSpec
from services.containers.swarm.cluster import Cluster
from services.containers.swarm.service_definition import ServiceDefinition

_SECRET_MARKS = ("SECRET", "TOKEN", "PASSWORD")


def define_service(
    cluster: Cluster, spec: ContainerSpec, *, service: str, replicas: int, placement: Sequence[str] = ()
) -> ServiceDefinition:
    """The definition of a service whose tasks are such containers.

    Variables that look like secrets are kept in the Swarm; tasks find each in the file that
    `<VARIABLE>_FILE` names, so what a manager shows of the service holds none.

    Args:
        cluster: keeps the secrets.
        spec: of each task; its name is the service's.
        service: the service's label, by which `forget_secrets` finds what was kept for it.
        replicas: how many tasks.
        placement: Docker's constraint expressions.
    """
    labels = {**spec.labels, SERVICE_LABEL: service}
    hidden = {name: value for name, value in spec.environment.items() if is_secret(name)}
    shown = {name: value for name, value in spec.environment.items() if name not in hidden}
    return ServiceDefinition(
        spec.name,
        spec.image,
        command=spec.command,
        environment={**shown, **{f"{name}_FILE": f"/run/secrets/{name}" for name in hidden}},
        secrets={
            name: _secret_reference(cluster, spec.name, name, value, labels)
            for name, value in hidden.items()
        },
        labels=labels,
        network=spec.network,
        ports=spec.ports,
        mounts=spec.mounts,
        limits=spec.limits,
        replicas=replicas,
        placement=placement,
        stop_seconds=spec.stop_seconds,
    )


def forget_secrets(cluster: Cluster, platform: str, service: str = "") -> None:
    """Remove what was kept for a service that is gone, or for all of a platform."""
    labels = {PLATFORM_LABEL: platform} | ({SERVICE_LABEL: service} if service else {})
    for secret in cluster.secrets(labels):
        cluster.forget_secret(secret)


def is_secret(variable: str) -> bool:
    """Whether a variable's name says that its value is a secret."""
    return any(word in variable for word in _SECRET_MARKS)


def _secret_reference(
    cluster: Cluster, name: str, variable: str, value: str, labels: Mapping[str, str]
) -> tuple[str, str]:
    # A secret cannot be changed: another value is another secret.
    mark = hashlib.sha256(value.encode()).hexdigest()[:8]
    kept = {label: labels[label] for label in (PLATFORM_LABEL, SERVICE_LABEL) if label in labels}
    return cluster.keep_secret(f"{name}-{variable.lower()}-{mark}", value, kept)

"""A platform's gateways as a service of a Swarm: replicas on its machines, behind the balancer."""

import time

from services.containers.engine.engine import Engine
from services.containers.interface import Progress
from services.containers.model import PLATFORM_LABEL, Container, ContainerSpec, SwarmState
from services.containers.swarm.cluster import Cluster
from services.containers.swarm.secret_variables import define_service, forget_secrets
from services.containers.swarm.waiting import wait_for_replicas, wait_for_update
from services.errors import Refused, Unavailable

TASK_LABEL = "com.docker.swarm.task.id"
"""By which Docker itself marks a container that a Swarm runs."""
_SERVICE_NAME_LABEL = "com.docker.swarm.service.name"
_UPDATE_SECONDS = 300.0
_END_SECONDS = 60.0
_LOOK_SECONDS = 0.5


def check_swarm(engine: Engine) -> None:
    """Refused, with what to do, if this engine manages no Swarm."""
    if engine.info().swarm is not SwarmState.MANAGER:
        raise Refused(
            "This Docker Engine does not manage a Swarm",
            remedy="Choose a manager of the Swarm as host, or make one: docker swarm init.",
        )


def ensure_network(engine: Engine, name: str) -> bool:
    """Make the network that spans the Swarm's machines unless it is there; whether it was made."""
    return Cluster(engine).ensure_network(name, {PLATFORM_LABEL: name})


def place_service(
    engine: Engine, spec: ContainerSpec, replicas: int, seconds: float, progress: Progress
) -> str:
    """Make or change a part's service and wait for all its replicas; the identifier of one's container.

    Raises:
        Unavailable: they did not become healthy; of a change, the Swarm went back, as was then seen.
    """
    cluster = Cluster(engine)
    order = define_service(cluster, spec, service=spec.name, replicas=replicas)
    known = [service for service in cluster.services({}) if service.name == spec.name]
    if known:
        cluster.update(order)
        wait_for_update(cluster, known[0], spec.image, _UPDATE_SECONDS, progress)
    else:
        cluster.create(order)
        try:
            wait_for_replicas(cluster, spec.name, seconds, progress)
        except BaseException:
            cluster.remove(spec.name)
            raise
    tasks = [task for task in cluster.tasks(spec.name) if task.state == "running"]
    return tasks[0].container


def is_task(container: Container) -> bool:
    """Whether a Swarm runs this container: only its manager starts and stops it."""
    return TASK_LABEL in container.labels


def remove_services(engine: Engine, platform: str, progress: Progress, *, models: bool) -> None:
    """Remove a platform's services and wait until their containers are gone.

    Args:
        engine: one that manages no Swarm has nothing to remove.
        platform: whose.
        progress: may raise Cancelled.
        models: whether the services of its versions go too.
    """
    if engine.info().swarm is not SwarmState.MANAGER:
        return
    cluster = Cluster(engine)
    gone = [
        service
        for service in cluster.services({PLATFORM_LABEL: platform})
        if models or "relevo.project" not in service.labels
    ]
    for service in gone:
        progress(None, f"Removing the service {service.name}")
        cluster.remove(service.name)
    names = {service.name for service in gone}
    deadline = time.monotonic() + _END_SECONDS
    while any(_service_of(container) in names for container in engine.containers()):
        progress(None, "Waiting until their containers have ended")
        if time.monotonic() > deadline:
            raise Unavailable(
                "Containers of removed services still run", remedy="Look at the machines' engines."
            )
        time.sleep(_LOOK_SECONDS)
    for name in names:
        forget_secrets(cluster, platform, name)


def _service_of(container: Container) -> str:
    return container.labels.get(_SERVICE_NAME_LABEL, "")

"""Waiting for a Swarm to bring what was asked: all replicas, or a roll-back seen to have happened."""

import time

from services.containers.interface import Progress
from services.containers.swarm.cluster import Cluster
from services.containers.swarm.model import SwarmService, SwarmTask
from services.errors import Unavailable

_POLL_SECONDS = 0.5
_STOPPED_HALF_WAY = frozenset({"rollback_paused", "paused"})
_FAILURES_A_REPLICA = 3


def running_tasks(tasks: list[SwarmTask]) -> int:
    """How many tasks run and are meant to."""
    return sum(task.runs for task in tasks)


def wait_for_replicas(cluster: Cluster, name: str, seconds: float, progress: Progress) -> None:
    """Return once all replicas of a service are healthy.

    Raises:
        Unavailable: they are not in time, or keep failing; details hold why and their last words.
    """
    deadline = time.monotonic() + seconds
    while True:
        service, tasks = cluster.service(name), cluster.tasks(name)
        running_now = running_tasks(tasks)
        if running_now >= service.replicas:
            return
        progress(
            running_now / service.replicas, f"{running_now} of {service.replicas} replicas of {name} run"
        )
        failures = [task for task in tasks if task.error]
        if time.monotonic() > deadline or len(failures) > _FAILURES_A_REPLICA * service.replicas:
            raise Unavailable(
                f"{name} has {running_now} of {service.replicas} replicas running",
                remedy="Its log says why.",
                details="\n".join([*(task.error for task in failures[:1]), cluster.logs(name, 20)]),
            )
        time.sleep(_POLL_SECONDS)


def wait_for_update(
    cluster: Cluster, before: SwarmService, image: str, seconds: float, progress: Progress
) -> None:
    """Return once an update has replaced every task.

    Args:
        cluster: asked twice a second.
        before: the service as it was.
        image: of the new tasks.
        seconds: how long it may take.
        progress: told how many are new; may raise Cancelled.

    Raises:
        Unavailable: the Swarm went back, as was then seen, or stopped half-way.
    """
    deadline = time.monotonic() + seconds
    while True:
        now, tasks = cluster.service(before.name), cluster.tasks(before.name)
        fresh = sum(task.state == "running" and task.image == image for task in tasks)
        progress(min(1.0, fresh / max(1, now.replicas)), f"{fresh} of {now.replicas} replicas are new")
        of_this_update = now.update_began is not None and now.update_began != before.update_began
        if of_this_update and now.update == "completed":
            return
        if of_this_update and now.update == "rollback_completed":
            raise _rolled_back(before, tasks)
        if (of_this_update and now.update in _STOPPED_HALF_WAY) or time.monotonic() > deadline:
            raise Unavailable(
                f"Replacing {before.name} stopped half-way: {now.update_message or now.update}",
                remedy="Look at its tasks; replace it again with the version before.",
                details=_errors(tasks),
            )
        time.sleep(_POLL_SECONDS)


def _rolled_back(before: SwarmService, tasks: list[SwarmTask]) -> Unavailable:
    """The roll-back as it was seen to have happened, not as it was reported."""
    old = running_tasks([task for task in tasks if task.image == before.image])
    return Unavailable(
        f"The new {before.name} did not become healthy; the Swarm went back: {old} of {before.replicas} "
        "replicas of the one before run",
        remedy="The tasks' errors say why.",
        details=_errors(tasks),
    )


def _errors(tasks: list[SwarmTask]) -> str:
    return "\n".join(dict.fromkeys(f"{task.image}: {task.error}" for task in tasks if task.error))

"""Waiting for a container to be healthy, and what it said if it is not."""

import time
from collections.abc import Callable

from services.containers.engine.containers import Containers
from services.containers.engine.logs import Logs
from services.containers.model import Container, ContainerHealth, ContainerState
from services.errors import RelevoError, Unavailable

_POLL_SECONDS = 0.2
_LAST_LINES = 15
_MOST_RESTARTS = 3
_ENDED = frozenset({ContainerState.EXITED, ContainerState.DEAD})
_FINE = frozenset({ContainerHealth.HEALTHY, ContainerHealth.NONE})


def wait_healthy(
    containers: Containers, logs: Logs, identifier: str, seconds: float, check: Callable[[], None]
) -> None:
    """Wait until its health check says healthy; without one, until it runs.

    Raises:
        Unavailable: it ended, or was not healthy in time; details hold its last words.
    """
    deadline = time.monotonic() + seconds
    before: int | None = None
    while True:
        check()
        container = containers.get(identifier)
        if container.state is ContainerState.RUNNING and container.health in _FINE:
            return
        before = container.restarts if before is None else before
        reason = _failure_reason(container, before)
        if not reason and time.monotonic() > deadline:
            reason = f"was not healthy within {seconds:.0f} s"
        if reason:
            raise Unavailable(
                f"{container.name} {reason}",
                remedy="Its log says why.",
                details=container.error or _last_lines(logs, container),
            )
        time.sleep(_POLL_SECONDS)


def _failure_reason(container: Container, before: int) -> str:
    """Why waiting is in vain, if it is; `before`: how often it was started again when waiting began."""
    if container.state in _ENDED:
        return f"ended with exit code {container.exit_code}"
    loops = container.state is ContainerState.RESTARTING and container.restarts >= _MOST_RESTARTS
    if loops or container.restarts >= before + _MOST_RESTARTS:
        return (
            "ends again and again"
            if container.exit_code is None
            else (f"ends again and again, last with exit code {container.exit_code}")
        )
    return ""


def _last_lines(logs: Logs, container: Container) -> str:
    try:
        lines = logs.read(container.identifier, _LAST_LINES, since=None)
    except RelevoError:
        return ""  # it went away altogether; what is known already matters more
    return "\n".join(line.text for line in lines)

"""Waiting for a container to be healthy, and what it said if it is not."""

import time
from collections.abc import Callable

from services.containers.engine.containers import Containers
from services.containers.engine.logs import Logs
from services.containers.model import Container, ContainerState, Health
from services.errors import RelevoError, Unavailable

_LOOK_SECONDS = 0.2
_LAST_LINES = 15
_ENDED = frozenset({ContainerState.EXITED, ContainerState.DEAD})
_FINE = frozenset({Health.HEALTHY, Health.NONE})


def wait_healthy(
    containers: Containers, logs: Logs, identifier: str, seconds: float, check: Callable[[], None]
) -> None:
    """Wait until its health check says healthy; without one, until it runs.

    Raises:
        Unavailable: it ended, or was not healthy in time; details hold its last words.
    """
    deadline = time.monotonic() + seconds
    first: int | None = None
    while True:
        check()
        container = containers.get(identifier)
        if container.state is ContainerState.RUNNING and container.health in _FINE:
            return
        first = container.restarts if first is None else first
        fate = _fate(container, again=container.restarts > first + 1)
        if not fate and time.monotonic() > deadline:
            fate = f"was not healthy within {seconds:.0f} s"
        if fate:
            raise Unavailable(
                f"{container.name} {fate}",
                remedy="Its log says why.",
                details=container.error or _last_words(logs, container),
            )
        time.sleep(_LOOK_SECONDS)


def _fate(container: Container, *, again: bool) -> str:
    if container.state in _ENDED:
        return f"ended with exit code {container.exit_code}"
    return f"ends again and again, last with exit code {container.exit_code}" if again else ""


def _last_words(logs: Logs, container: Container) -> str:
    try:
        lines = logs.read(container.identifier, _LAST_LINES, since=None)
    except RelevoError:
        return ""  # it went away altogether; what is known already matters more
    return "\n".join(line.text for line in lines)

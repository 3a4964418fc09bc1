"""What is done with one part of a platform that is up: its log read, itself restarted, wherever it runs."""

from services.containers.interface import ContainerHost, Progress
from services.containers.kinds import orchestrator_on
from services.containers.model import Container
from services.errors import NotFound
from services.platform.discovery import require_platform

_STOP_SECONDS = 60
_HEALTHY_SECONDS = 180.0


def part_log(engine: ContainerHost, platform: str, part: str, lines: int) -> list[str]:
    """The last lines that a part wrote, or a model service by its container's name.

    Raises:
        NotFound: there is no such platform or part; names those that there are.
    """
    container = _find(engine, platform, part)
    orchestrator = orchestrator_on(engine) if container.orchestrated else None
    if orchestrator is not None:
        return orchestrator.logs(container.name, lines).splitlines()
    found = engine.logs(container.identifier, lines)
    return [f"{line.at:%Y-%m-%d %H:%M:%S} {line.text}" for line in found]


def restart_part(engine: ContainerHost, platform: str, part: str, progress: Progress) -> None:
    """Restart a part and wait until it is healthy; replicas one by one.

    Raises:
        NotFound: as for `part_log`.
        Unavailable: it did not become healthy.
    """
    container = _find(engine, platform, part)
    text = f"Restarting {part}"
    progress(None, text)
    orchestrator = orchestrator_on(engine) if container.orchestrated else None
    if orchestrator is not None:
        orchestrator.restart(container.name, progress)
        return
    engine.restart(container.identifier, _STOP_SECONDS)
    engine.wait_healthy(container.identifier, _HEALTHY_SECONDS, lambda: progress(None, text))


def _find(engine: ContainerHost, platform: str, part: str) -> Container:
    discovered = require_platform(engine, platform)
    containers = discovered.parts | {container.name: container for container in discovered.models}
    if part not in containers:
        raise NotFound(
            f"the platform {platform} has no part {part}",
            remedy=f"It has: {', '.join(containers) or 'none'}.",
        )
    return containers[part]

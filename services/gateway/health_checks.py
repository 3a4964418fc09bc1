"""Asks services how they are, so that a version's health is known before a client's first request."""

import asyncio
import logging
from collections.abc import Callable

from services.gateway.messages import VersionStatus
from services.gateway.routing_table import RoutingTable
from services.registry.model import Mode, Version

_logger = logging.getLogger(__name__)
_AT_ONCE = 8
"""Services asked at the same time: hundreds take a moment longer rather than a burst of sockets."""

Name = tuple[str, str]
"""Project and version."""


class HealthChecker:
    """Asks `/health` of each version that is in production, round after round; on the loop.

    Args:
        routing_table: whom to ask.
        on_up: told the project and version of a service each time it says that it is well.
        pause: seconds from one round to the next while all answer.
        short_pause: the same, while one does not.
        patience: seconds that an answer may take.
    """

    def __init__(
        self,
        routing_table: RoutingTable,
        on_up: Callable[[str, str], None],
        *,
        pause: float = 10.0,
        short_pause: float = 1.0,
        patience: float = 3.0,
    ) -> None:
        self._routing_table = routing_table
        self._on_up = on_up
        self._pause = pause
        self._short_pause = short_pause
        self._patience = patience
        self._up: dict[Name, bool] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start asking; once, in the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def complete_status(self, project: str, version: str, status: VersionStatus) -> VersionStatus:
        """The status with what rounds found: requests may not have told yet, or not lately."""
        up = self._up.get((project, version))
        if up is None or status.health == "down" or (up and status.health == "ok"):
            return status
        return VersionStatus("ok" if up else "down", status.skipped, status.lag, status.errors)

    async def _run(self) -> None:
        while True:
            try:
                settled = await self._round()
            except Exception:
                _logger.exception("asking services for their health failed in a way that it should not")
                settled = True
            await asyncio.sleep(self._pause if settled else self._short_pause)

    async def _round(self) -> bool:
        """Ask all once; whether all answered."""
        versions = [
            version
            for project in self._routing_table.projects()
            for version in project.versions
            if version.mode is not Mode.RETIRED and version.endpoint
        ]
        names = {(version.project, version.name) for version in versions}
        self._up = {name: up for name, up in self._up.items() if name in names}
        await asyncio.gather(*(self._ask(version) for version in versions))
        return bool(versions) and all(self._up.get(name, False) for name in names)

    async def _ask(self, version: Version) -> None:
        async with self._places:
            service = self._routing_table.service(version)
            up = await service.is_up(self._patience) if service is not None else None
        name = (version.project, version.name)
        if up is None:
            return
        self._up[name] = up
        if up:
            self._on_up(*name)

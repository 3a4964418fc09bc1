"""Asks services how they are, so that a version's health is known before a client's first request."""

import asyncio
import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

from services.gateway.messages import VersionStatus
from services.gateway.metrics import Metrics
from services.gateway.outages import Outages
from services.gateway.routing_table import RoutingTable
from services.registry.model import Mode, Version

_logger = logging.getLogger(__name__)
_AT_ONCE = 8
"""Challengers asked at the same time: hundreds take a moment longer rather than a burst of sockets."""
_NO_SERVICE = "no service has registered yet"

Name = tuple[str, str]
"""Project and version."""


class HealthChecker:
    """Asks `/health` of each version that is in production, again and again; on the loop.

    A champion that does not answer is known as an outage within four seconds: it is asked every
    `champion_pause`, whatever others do. Challengers are asked in rounds.

    Args:
        routing_table: whom to ask.
        metrics: told of a service each time it says that it is well; knows when one answered a prediction.
        outages: told who does not answer, and who does again.
        champion_pause: seconds from one question to a champion to the next.
        pause: seconds from one round of challengers to the next while all answer.
        short_pause: the same, while one does not.
        patience: seconds that an answer may take.
        start_seconds: how long a service that has not answered yet may take to start, after the gateway
            did or the version was registered, before that counts as an outage.
    """

    def __init__(
        self,
        routing_table: RoutingTable,
        metrics: Metrics,
        outages: Outages,
        *,
        champion_pause: float = 1.5,
        pause: float = 10.0,
        short_pause: float = 1.0,
        patience: float = 2.0,
        start_seconds: float = 15.0,
    ) -> None:
        self._routing_table = routing_table
        self._metrics = metrics
        self._outages = outages
        self._champion_pause = champion_pause
        self._pause = pause
        self._short_pause = short_pause
        self._patience = patience
        self._start_seconds = start_seconds
        self._began = time.monotonic()
        self._up: dict[Name, bool] = {}
        self._seen_up: set[Name] = set()
        self._asking: dict[Name, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start asking; once, in the running loop."""
        self._began = time.monotonic()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._ask_champions()), loop.create_task(self._ask_challengers())]

    async def stop(self) -> None:
        """Ask no more."""
        tasks = [*self._tasks, *self._asking.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def complete_status(self, project: str, version: str, status: VersionStatus) -> VersionStatus:
        """The status with what questions found: requests may not have told yet, or not lately."""
        up = self._up.get((project, version))
        if up is None or status.health == "down" or (up and status.health == "ok"):
            return status
        return VersionStatus("ok" if up else "down", status.skipped, status.lag, status.errors)

    async def ask(self, version: Version) -> str:
        """Ask a version's service now; why it does not answer, in words, empty if it does."""
        service = self._routing_table.service(version)
        if service is None:
            return _NO_SERVICE
        up, why = await service.health(self._patience)
        if up and self._metrics.is_broken(version.project, version.name):
            return "its last answer broke the contract"
        return "" if up else why

    async def _ask_champions(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                for version in self._in_production(Mode.CHAMPION):
                    name = (version.project, version.name)
                    if name not in self._asking:
                        task = self._asking[name] = loop.create_task(self._ask(version))
                        task.add_done_callback(partial(self._asked, name))
            except Exception:
                _logger.exception("asking champions for their health failed in a way that it should not")
            await asyncio.sleep(self._champion_pause)

    def _asked(self, name: Name, _task: asyncio.Task[None]) -> None:
        self._asking.pop(name, None)

    async def _ask_challengers(self) -> None:
        while True:
            try:
                settled = await self._round()
            except Exception:
                _logger.exception("asking services for their health failed in a way that it should not")
                settled = True
            await asyncio.sleep(self._pause if settled else self._short_pause)

    async def _round(self) -> bool:
        """Ask all challengers once; whether all answered."""
        self._forget_others()
        challengers = [one for one in self._in_production(Mode.CHALLENGER) if one.endpoint]
        await asyncio.gather(*(self._ask_in_turn(version) for version in challengers))
        return bool(challengers) and all(
            self._up.get((one.project, one.name), False) for one in challengers
        )

    def _in_production(self, mode: Mode) -> Iterable[Version]:
        return [
            version
            for project in self._routing_table.projects()
            for version in project.versions
            if version.mode is mode
        ]

    def _forget_others(self) -> None:
        """Keep nothing of versions that are gone or retired."""
        champions, challengers = self._in_production(Mode.CHAMPION), self._in_production(Mode.CHALLENGER)
        names = {(version.project, version.name) for version in (*champions, *challengers)}
        self._up = {name: up for name, up in self._up.items() if name in names}
        self._seen_up &= names

    async def _ask_in_turn(self, version: Version) -> None:
        async with self._places:
            await self._ask(version)

    async def _ask(self, version: Version) -> None:
        name = (version.project, version.name)
        service = self._routing_table.service(version)
        if service is None:
            self._does_not_answer(version, _NO_SERVICE)
            return
        asked_at = time.monotonic()
        up, why = await service.health(self._patience)
        if up is None:
            # A service that answers predictions meanwhile is busy, not silent.
            if self._metrics.answered_since(*name, asked_at):
                return
            self._does_not_answer(version, why)
            return
        self._up[name] = up
        if up:
            self._seen_up.add(name)
            self._metrics.seen_up(*name)
            if not self._metrics.is_broken(*name):
                self._outages.end(*name)
        else:
            self._does_not_answer(version, why)

    def _does_not_answer(self, version: Version, why: str) -> None:
        if (version.project, version.name) in self._seen_up or not self._may_be_starting(version):
            self._outages.begin(version, why)

    def _may_be_starting(self, version: Version) -> bool:
        """Whether neither gateway nor version is old enough for its service to have started."""
        age = (datetime.now(UTC) - version.created_at).total_seconds()
        return min(time.monotonic() - self._began, max(age, 0.0)) < self._start_seconds

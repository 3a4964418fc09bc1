"""Asks a challenger for the rows of the log that it has not answered; one gateway at a time does it."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from itertools import groupby

from services.errors import RelevoError
from services.gateway.mirroring.backlog import Backlog, Key, MissingRow
from services.gateway.mirroring.catch_up_reader import CatchUpReader
from services.gateway.mirroring.challenger_rows import LoggedInputs, Row
from services.gateway.mirroring.shadow import Shadow
from services.gateway.recorder import Recorder
from services.registry.model import Project, Version

_logger = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 0.25, 5.0


class CatchUp:
    """Follows the log for one challenger; on the loop, with the store's calls in a thread.

    Args:
        shadow: whom to ask.
        reading: the log.
        recorder: takes the answers.
        project: as the gateway's snapshot has it now; None if it is gone.
        pool: for what blocks.
        look_seconds: how often the log is looked at.
    """

    def __init__(
        self,
        shadow: Shadow,
        reading: CatchUpReader,
        recorder: Recorder,
        *,
        project: Callable[[], Project | None],
        pool: Executor,
        look_seconds: float,
    ) -> None:
        self._shadow = shadow
        self._reading = reading
        self._recorder = recorder
        self._project = project
        self._pool = pool
        self._look_seconds = look_seconds

    @property
    def behind(self) -> int:
        """Rows known to lack an answer, where this gateway is the one that catches them up."""
        return 0 if self._reading.backlog is None else len(self._reading.backlog)

    @property
    def skipped(self) -> int:
        """Rows of the log for which the challenger could not be asked."""
        return self._reading.skipped

    async def run(self) -> None:
        """Catch up until cancelled; then keep how far it came."""
        loop = asyncio.get_running_loop()
        wait = 0.0
        try:
            while True:
                try:
                    busy = await self._look()
                    wait = 0.0 if busy else self._look_seconds
                except RelevoError as error:
                    _logger.info("catching up waits: %s", error)
                    wait = min(_LONGEST_WAIT, max(_FIRST_WAIT, 2 * wait))
                await asyncio.sleep(wait)
        finally:
            await asyncio.shield(loop.run_in_executor(self._pool, self._reading.close))

    async def _look(self) -> bool:
        """Read on and ask for what is due; whether there may be more at once."""
        project = self._project()
        version = None if project is None else project.version(self._shadow.challenger.version)
        if project is None or version is None or not self._recorder.caught_up:
            return False
        loop = asyncio.get_running_loop()
        try:
            read = await loop.run_in_executor(self._pool, self._reading.read_on, project, version)
        except RelevoError:
            if self._reading.backlog is not None:
                self._reading.backlog.wait_again(time.monotonic())
            raise
        backlog = self._reading.backlog
        if backlog is None:
            return False
        due = backlog.due(time.monotonic(), time.time_ns() // 1_000_000, self._shadow.rows_at_once)
        if due:
            due = await loop.run_in_executor(self._pool, self._reading.unanswered, due)
            await self._ask(project, version, backlog, due)
        return read or bool(due)

    async def _ask(
        self, project: Project, version: Version, backlog: Backlog, due: list[MissingRow]
    ) -> None:
        for batch, group in groupby(due, key=lambda missing: missing.batch):
            members = list(group)
            keys = [missing.key for missing in members]
            await self._ask_batch(
                LoggedInputs(project, batch.version, version.signature).rows(
                    batch, [missing.row for missing in members]
                ),
                keys,
                backlog,
            )

    async def _ask_batch(self, rows: list[Row], keys: list[Key], backlog: Backlog) -> None:
        """Ask for rows of one batch, record the answers as late, and note them once they are recorded."""
        outcome = await self._shadow.ask(rows)
        ids = b"".join([high.to_bytes(8, "big") + low.to_bytes(8, "big") for high, low in keys])
        backlog.refuse(keys[place] for place in outcome.refused)
        parts = [part for part, _ in outcome.answered]
        recorded = self._shadow.answers(ids, rows, outcome, late=True)
        for part, (origin, answers) in zip(parts, recorded, strict=True):
            await self._recorder.record_and_wait(origin, answers)
            backlog.answer(keys[part.start : part.stop])

"""One challenger's queue: rows wait here behind the answers, for a short time and in a bounded number."""

import asyncio
import logging
from collections import deque
from typing import NamedTuple

from services.errors import RelevoError
from services.gateway.mirroring.challenger_rows import InputSelection, Row
from services.gateway.mirroring.shadow import Shadow
from services.gateway.recorder import Recorder
from services.gateway.records import AnsweredRows, AnswerOrigin, RecordingLimits
from services.registry.model import Field

_logger = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0


class OfferedRows(NamedTuple):
    """Rows as they were answered, and until when they are asked here."""

    fields: tuple[Field, ...]
    answers: AnsweredRows
    deadline: float


class LiveQueue:
    """Asks one challenger for what is offered, in order; on the loop.

    Args:
        shadow: whom to ask.
        recorder: takes the answers.
        limits: how many rows, for how long.
    """

    def __init__(self, shadow: Shadow, recorder: Recorder, limits: RecordingLimits) -> None:
        self.shadow = shadow
        self._recorder = recorder
        self._limits = limits
        self._queue: deque[OfferedRows] = deque()
        self._there = asyncio.Event()
        self._selections: dict[tuple[Field, ...], InputSelection] = {}
        self.rows = 0

    def offer(self, origin: AnswerOrigin, answers: AnsweredRows) -> None:
        """Take rows, or leave them to the catching up if there are too many."""
        count = len(answers.predicted)
        if self.rows + count > self._limits.mirror_rows:
            return
        deadline = asyncio.get_running_loop().time() + self._limits.mirror_seconds
        self._queue.append(OfferedRows(origin.fields, answers, deadline))
        self.rows += count
        self._there.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        wait = 0.0
        while True:
            await self._there.wait()
            lot = self._next_lot()
            if not lot:
                self._there.clear()
                continue
            try:
                await self._ask(lot)
                wait = 0.0
            except RelevoError:  # the shadow has counted and told it
                self._queue.extendleft(reversed(lot))
                self.rows += sum(len(offered.answers.predicted) for offered in lot)
                wait = min(_LONGEST_WAIT, max(_FIRST_WAIT, 2 * wait))
                await asyncio.sleep(wait)

    async def _ask(self, lot: list[OfferedRows]) -> None:
        shape = self.shadow.shape
        ids: list[bytes] = []
        rows: list[Row] = []
        for fields, answers, _ in lot:
            select = self._selection(fields)
            for place, given in enumerate(answers.rows):
                row = select(given)
                if shape.lacks(row):
                    self.shadow.skipped += 1
                else:
                    rows.append(row)
                    ids.append(answers.ids[16 * place : 16 * place + 16])
        if rows:
            outcome = await self.shadow.ask(rows)
            self.shadow.skipped += len(outcome.refused)
            for origin, answered in self.shadow.answers(b"".join(ids), rows, outcome, late=False):
                self._recorder.record(origin, answered, _warn_if_unrecorded)

    def _next_lot(self) -> list[OfferedRows]:
        """The oldest rows that are still to be asked here, as many as one call should hold."""
        now = asyncio.get_running_loop().time()
        lot: list[OfferedRows] = []
        count = 0
        while self._queue and (not lot or count < self.shadow.rows_at_once):
            offered = self._queue.popleft()
            self.rows -= len(offered.answers.predicted)
            if offered.deadline >= now:
                lot.append(offered)
                count += len(offered.answers.predicted)
        return lot

    def _selection(self, given: tuple[Field, ...]) -> InputSelection:
        """Kept by the given fields as long as the challenger wants the same."""
        wanted = self.shadow.shape.fields
        selection = self._selections.get(given)
        if selection is None or selection.wanted is not wanted:
            selection = self._selections[given] = InputSelection(given, wanted)
        return selection


def _warn_if_unrecorded(error: RelevoError | None) -> None:
    if error is not None:
        _logger.warning("a challenger's answers were not recorded and will be asked again: %s", error)

"""Which rows of the log a challenger has not answered, and where a cursor may stand meanwhile."""

import math
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.store.batches import LabelBatch, PredictionBatch
from services.store.identifiers import milliseconds
from services.store.interface import LogEntry

_ANSWERED_AHEAD = 200_000
"""Answers remembered in case the row that was asked stands behind them in the log."""

_BEYOND, _PAST = 2, 5
"""Graces after which an answer would have been met in the log, or a request is long past."""

Mask = NDArray[np.bool_]
Key = tuple[int, int]
Cursor = tuple[int, int]


@dataclass(slots=True)
class _Stretch:
    """A piece of one writer's log: the cursor behind it, rows that lack an answer, and for good."""

    advance: Cursor | None = None
    missing: int = 0
    skipped: int = 0


@dataclass(slots=True, eq=False)
class MissingRow:
    """A row that lacks the challenger's answer.

    Attributes:
        key: the id's halves.
        batch: in which it stands.
        row: its place there.
        read_at: when it was read, by the caller's clock.
    """

    key: Key
    batch: PredictionBatch
    row: int
    read_at: float
    made: int
    writer: str
    stretch: _Stretch


@dataclass(slots=True)
class _Writer:
    read: Cursor
    safe: Cursor
    stretches: deque[_Stretch] = field(default_factory=lambda: deque([_Stretch()]))
    newest: int = 0


class Backlog:
    """Follows the log for one challenger; no input or output.

    Args:
        version: of the challenger.
        cursors: up to which every row is known to be answered or not wanted.
        since: Unix milliseconds; rows asked before are not wanted.
        grace: seconds that an answer may take to appear in the log.
        skipped: rows up to the cursors for which the challenger could not be asked.

    Attributes:
        skipped: the same, up to `safe_cursors`.
    """

    def __init__(
        self, version: str, cursors: dict[str, Cursor], since: int, *, grace: float, skipped: int = 0
    ) -> None:
        self._version = version
        self._since = since
        self._grace = grace
        self.skipped = skipped
        self._quiet_until = -math.inf
        self._writers = {name: _Writer(cursor, cursor) for name, cursor in cursors.items()}
        self._missing: OrderedDict[Key, MissingRow] = OrderedDict()
        self._answered: OrderedDict[Key, None] = OrderedDict()

    def __len__(self) -> int:
        """How many rows lack an answer."""
        return len(self._missing)

    @property
    def skipped_so_far(self) -> int:
        """Rows read so far for which the challenger could not be asked."""
        stretches = (stretch for writer in self._writers.values() for stretch in writer.stretches)
        return self.skipped + sum(stretch.skipped for stretch in stretches)

    def read_cursors(self) -> dict[str, Cursor]:
        """Where to go on reading."""
        return {name: writer.read for name, writer in self._writers.items()}

    def safe_cursors(self) -> dict[str, Cursor]:
        """Up to where everything is answered or not wanted: where another reader may begin."""
        return {name: writer.safe for name, writer in self._writers.items()}

    def note_entry(self, entry: LogEntry, now: float, lacking: Mask | None = None) -> None:
        """Note an entry of the log, in the order in which it was read.

        Args:
            entry: as read.
            now: by the caller's clock.
            lacking: shape (n,): rows that the challenger can not be asked for.
        """
        writer = self._writers.setdefault(entry.writer, _Writer((-1, -1), (-1, -1)))
        if isinstance(entry.batch, PredictionBatch):
            if entry.batch.version == self._version:
                self.answer(_keys(entry.batch))
            else:
                self._note_predictions(entry.writer, entry.batch, now, lacking)
        if entry.advance is not None:
            writer.read = entry.advance
            writer.stretches[-1].advance = entry.advance
            writer.stretches.append(_Stretch())
            self._advance(writer)

    def refuse(self, keys: Iterable[Key]) -> None:
        """These rows will never be answered."""
        for key in keys:
            self._missing[key].stretch.skipped += 1
            self.answer([key])

    def answer(self, keys: Iterable[Key]) -> None:
        """These rows are answered."""
        touched = set()
        for key in keys:
            missing = self._missing.pop(key, None)
            if missing is None:
                self._answered[key] = None
            else:
                missing.stretch.missing -= 1
                touched.add(missing.writer)
        while len(self._answered) > _ANSWERED_AHEAD:
            self._answered.popitem(last=False)
        for name in touched:
            self._advance(self._writers[name])

    def due(self, now: float, clock: int, most: int) -> list[MissingRow]:
        """Rows whose answer will not come by itself, oldest first, at most so many.

        Either enough time went by since the row was read, or its writer's log has been read so far
        beyond it that the answer would have been met, or the request is long past (then whoever asks
        looks into the store once more).

        Args:
            now: by the caller's clock, seconds.
            clock: Unix milliseconds.
            most: rows.
        """
        found: list[MissingRow] = []
        grace = 1000 * self._grace
        for missing in self._missing.values() if now >= self._quiet_until else ():
            beyond = self._writers[missing.writer].newest - missing.made > _BEYOND * grace
            past = not missing.batch.brought and clock - missing.made > _PAST * grace
            if beyond or past or missing.read_at + self._grace <= now:
                found.append(missing)
                if len(found) == most:
                    break
        return found

    def wait_again(self, now: float) -> None:
        """The log could not be read for a while: give what is on its way time to appear."""
        self._quiet_until = now + self._grace

    def _note_predictions(
        self, name: str, batch: PredictionBatch, now: float, lacking: Mask | None
    ) -> None:
        writer = self._writers[name]
        made = milliseconds(batch.ids)
        wanted_rows = wanted(batch, self._since)
        if not batch.brought and len(batch):
            writer.newest = max(writer.newest, int(made.max()))
        stretch = writer.stretches[-1]
        if lacking is not None:
            stretch.skipped += int((wanted_rows & lacking).sum())
            wanted_rows &= ~lacking
        keys = _keys(batch)
        for row in np.flatnonzero(wanted_rows).tolist():
            key = keys[row]
            if key in self._answered:
                del self._answered[key]
            elif key not in self._missing:
                self._missing[key] = MissingRow(key, batch, row, now, int(made[row]), name, stretch)
                stretch.missing += 1

    def _advance(self, writer: _Writer) -> None:
        while writer.stretches[0].missing == 0 and writer.stretches[0].advance is not None:
            done = writer.stretches.popleft()
            writer.safe = done.advance or writer.safe
            self.skipped += done.skipped


def wanted(batch: PredictionBatch, since: int) -> Mask:
    """Which rows, shape (n,), every challenger should see: those that a policy's version answered.

    Shadow answers have propensity 0, and rows whose client asked for one version by name NaN. Brought
    ids may tell any time, so `since`, Unix milliseconds, does not count for them.
    """
    chosen: Mask = batch.propensity > 0
    return chosen if batch.brought else chosen & (milliseconds(batch.ids) >= since)


def _keys(batch: PredictionBatch | LabelBatch) -> list[Key]:
    return [(high, low) for high, low in batch.ids.tolist()]

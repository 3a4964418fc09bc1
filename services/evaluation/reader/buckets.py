"""Summaries by stream and time: five minutes long for a day, hours, then days."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.evaluation.join.encoding import Outcomes
from services.evaluation.join.id_table import Keys, Positions
from services.evaluation.join.joiner import JoinedRows, PredictionRows
from services.evaluation.model import Span
from services.evaluation.reader.bucket import TOTAL_SAMPLED, Cell, Slot
from services.evaluation.summaries import priorities
from services.registry.model import Mode
from services.store.batches import Column, take

FIVE_MINUTES, HOUR, DAY = 300, 3_600, 86_400
FINE_FOR = 25 * HOUR
HOURS_FOR = 8 * DAY
_SPANS = {Span.HOUR: (HOUR, FIVE_MINUTES), Span.DAY: (DAY, FIVE_MINUTES), Span.WEEK: (7 * DAY, HOUR)}


class Stream(NamedTuple):
    """Predictions of one version at one revision in one mode."""

    version: str
    revision: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class Window:
    """A span that ends at a moment (Unix seconds); whole buckets count."""

    span: Span
    now: float

    @property
    def start(self) -> int:
        """The start of its first bucket, Unix seconds; 0 for all time."""
        if self.span is Span.ALL:
            return 0
        seconds, width = _SPANS[self.span]
        return int(self.now - seconds) // width * width


@dataclass(slots=True, eq=False)
class WindowSums:
    """What is kept of each stream from a moment on, brought up to date with every row.

    Attributes:
        start: the window's start, Unix seconds.
        cells: by stream.
    """

    start: int
    cells: dict[int, Cell] = field(default_factory=dict)

    def cell(self, stream: int) -> Cell:
        """The stream's, made on first use."""
        return self.cells.setdefault(stream, Cell())


@dataclass(slots=True, eq=False)
class Cells:
    """All summaries of one project.

    Attributes:
        streams: in the order in which they were met; positions in it stand for them.
        hours_before, days_before: Unix seconds; a row's bucket follows from its request's time by them.
        slots: by (stream, bucket's start).
        totals: by stream, over all time.
        sums: without inputs, of the spans that were looked at.
        changes: grows whenever anything changed.
    """

    streams: list[Stream] = field(default_factory=list)
    hours_before: int = 0
    days_before: int = 0
    slots: dict[tuple[int, int], Slot] = field(default_factory=dict)
    totals: dict[int, Slot] = field(default_factory=dict)
    sums: dict[Span, WindowSums] = field(default_factory=dict)
    changes: int = 0

    def stream(self, stream: Stream) -> int:
        """The stream's position."""
        if stream not in self.streams:
            self.streams.append(stream)
        return self.streams.index(stream)

    def count(self, stream: int, keys: Keys, inputs: dict[str, Column]) -> None:
        """Count predictions of one stream and their inputs."""
        at = keys.seconds()
        priority = priorities(keys.ids())
        for start, rows in self._groups(at):
            part = {name: take(column, rows) for name, column in inputs.items()}
            for cell in self._cells(stream, start):
                cell.count(priority[rows], at[rows].astype(np.float64), part)
            for cell in self._sums(stream, start):
                cell.predictions += len(rows)
        self.changes += 1

    def join(self, parts: list[JoinedRows], outcomes: dict[str, Outcomes]) -> None:
        """Put in, or take out, predictions with their true values."""
        for part in parts:
            for number in np.unique(part.rows.streams).tolist():
                chosen = part.rows.streams == number
                self._join(
                    number, part.rows.take(chosen), part.labels[chosen], part.sign, outcomes[part.version]
                )
        self.changes += bool(parts)

    def _join(
        self, stream: int, rows: PredictionRows, labels: NDArray[np.float64], sign: int, outcomes: Outcomes
    ) -> None:
        ids = rows.keys.ids()
        for start, chosen in self._groups(rows.keys.seconds()):
            part = outcomes.labelled(
                ids[chosen], labels[chosen], rows.predicted[chosen], rows.scores[chosen]
            )
            for cell in (*self._cells(stream, start), *self._sums(stream, start)):
                cell.join(part, sign, outcomes.empty)

    def _groups(self, at: Positions) -> Iterator[tuple[int, Positions]]:
        """Bucket starts, and the rows that fall into each."""
        starts = self.starts(at)
        order = np.argsort(starts, kind="stable")
        found, firsts = np.unique(starts[order], return_index=True)
        yield from zip(found.tolist(), np.split(order, firsts[1:]), strict=True)

    def starts(self, at: Positions) -> Positions:
        """The start of the bucket that each moment (Unix seconds) falls into."""
        width = np.where(at < self.days_before, DAY, np.where(at < self.hours_before, HOUR, FIVE_MINUTES))
        result: Positions = at // width * width
        return result

    def _cells(self, stream: int, start: int) -> tuple[Cell, Cell]:
        slot = self.slots.setdefault((stream, start), Slot())
        total = self.totals.setdefault(stream, Slot(sampled=TOTAL_SAMPLED))
        return slot.change(), total.change()

    def _sums(self, stream: int, start: int) -> list[Cell]:
        return [sums.cell(stream) for sums in self.sums.values() if start >= sums.start]

    def age(self, now: float) -> None:
        """Merge buckets that have become old into longer ones."""
        hours_before = max(self.hours_before, int(now - FINE_FOR) // HOUR * HOUR)
        days_before = max(self.days_before, int(now - HOURS_FOR) // DAY * DAY)
        if (hours_before, days_before) == (self.hours_before, self.days_before):
            return
        self.hours_before, self.days_before = hours_before, days_before
        starts = np.array([start for _, start in self.slots], dtype=np.int64)
        for key, start in zip(list(self.slots), self.starts(starts).tolist(), strict=True):
            if start != key[1]:
                moved = self.slots.pop(key)
                self.slots.setdefault((key[0], start), Slot()).change().merge(moved.look())

    def within(self, window: Window, chosen: Callable[[Stream], bool]) -> list[Cell]:
        """The cells of the chosen streams whose requests fall into a window."""
        if window.span is Span.ALL:
            return [slot.look() for number, slot in self.totals.items() if chosen(self.streams[number])]
        since = window.start
        return [
            slot.look()
            for (number, start), slot in self.slots.items()
            if start >= since and chosen(self.streams[number])
        ]

    def summed(self, window: Window, chosen: Callable[[Stream], bool]) -> list[Cell]:
        """One cell a chosen stream for a window; their inputs may be missing.

        Costs no more than the number of streams while the window's first bucket stays the same.
        """
        if window.span is Span.ALL:
            return self.within(window, chosen)
        sums = self.sums.get(window.span)
        if sums is None or sums.start != window.start:
            sums = self.sums[window.span] = self._summed(window.start)
        return [cell for number, cell in sums.cells.items() if chosen(self.streams[number])]

    def _summed(self, since: int) -> WindowSums:
        sums = WindowSums(since)
        for (number, start), slot in self.slots.items():
            if start >= since:
                sums.cell(number).merge(slot.look(), inputs=False)
        return sums

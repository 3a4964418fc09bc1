"""Summaries by stream and time: five minutes long for a day, hours, then days."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from services.evaluation.join.encoding import OutcomeEncoder
from services.evaluation.join.id_table import Positions
from services.evaluation.join.joiner import Joined
from services.evaluation.join.rows import JoinedRows, VersionRows
from services.evaluation.model import Span
from services.evaluation.reader.bucket import TOTAL_SAMPLED, Bucket, LazyBucket
from services.evaluation.summaries import priorities
from services.registry.model import Mode
from services.store.batches import take

FIVE_MINUTES, HOUR, DAY = 300, 3_600, 86_400
FINE_FOR = 25 * HOUR
HOURS_FOR = 8 * DAY
_SPANS = {Span.HOUR: (HOUR, FIVE_MINUTES), Span.DAY: (DAY, FIVE_MINUTES), Span.WEEK: (7 * DAY, HOUR)}


class PredictionStream(NamedTuple):
    """Predictions of one version at one revision in one mode."""

    version: str
    revision: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class TimeWindow:
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
        buckets: by stream.
    """

    start: int
    buckets: dict[int, Bucket] = field(default_factory=dict)

    def bucket(self, stream: int) -> Bucket:
        """The stream's, made on first use."""
        return self.buckets.setdefault(stream, Bucket())


@dataclass(slots=True, eq=False)
class Buckets:
    """All summaries of one project.

    Attributes:
        streams: in the order in which they were met; positions in it stand for them.
        hours_before, days_before: Unix seconds; a row's bucket follows from its request's time by them.
        by_time: by (stream, bucket's start).
        totals: by stream, over all time.
        sums: without inputs, of the spans that were looked at.
        changes: grows whenever anything changed.
    """

    streams: list[PredictionStream] = field(default_factory=list)
    hours_before: int = 0
    days_before: int = 0
    by_time: dict[tuple[int, int], LazyBucket] = field(default_factory=dict)
    totals: dict[int, LazyBucket] = field(default_factory=dict)
    sums: dict[Span, WindowSums] = field(default_factory=dict)
    changes: int = 0

    def count(self, joined: Joined, encoders: Mapping[str, OutcomeEncoder], now: float) -> None:
        """Count what a join found.

        Args:
            joined: new predictions, and pairs to put in or take out.
            encoders: by version: how its numbers become classes again.
            now: Unix seconds; buckets that have become old by then are merged into longer ones first.
        """
        self._age(now)
        for part in joined.predictions:
            self._count_predictions(part)
        for pairs in joined.pairs:
            for number in np.unique(pairs.rows.streams).tolist():
                self._count_pairs(number, pairs, encoders[pairs.version])
        self.changes += bool(joined.predictions or joined.pairs)

    def _count_predictions(self, part: VersionRows) -> None:
        """Count predictions of one stream and their inputs."""
        stream, at = int(part.rows.streams[0]), part.rows.keys.seconds()
        priority = priorities(part.rows.keys.ids())
        for start, rows in self._groups(at):
            inputs = {name: take(column, rows) for name, column in part.inputs.items()}
            for bucket in self._kept_buckets(stream, start):
                bucket.count_predictions(priority[rows], at[rows].astype(np.float64), inputs)
            for bucket in self._window_buckets(stream, start):
                bucket.predictions += len(rows)

    def _count_pairs(self, stream: int, pairs: JoinedRows, encoder: OutcomeEncoder) -> None:
        """Put in, or take out, those of one stream."""
        of_stream = pairs.rows.streams == stream
        rows, labels = pairs.rows.take(of_stream), pairs.labels[of_stream]
        ids = rows.keys.ids()
        for start, chosen in self._groups(rows.keys.seconds()):
            part = encoder.labelled(
                ids[chosen], labels[chosen], rows.predicted[chosen], rows.scores[chosen]
            )
            for bucket in (*self._kept_buckets(stream, start), *self._window_buckets(stream, start)):
                bucket.count_pairs(part, pairs.sign, encoder.signature)

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

    def _kept_buckets(self, stream: int, start: int) -> tuple[Bucket, Bucket]:
        stored = self.by_time.setdefault((stream, start), LazyBucket())
        total = self.totals.setdefault(stream, LazyBucket(sampled=TOTAL_SAMPLED))
        return stored.modify(), total.modify()

    def _window_buckets(self, stream: int, start: int) -> list[Bucket]:
        return [sums.bucket(stream) for sums in self.sums.values() if start >= sums.start]

    def _age(self, now: float) -> None:
        """Merge buckets that have become old into longer ones."""
        hours_before = max(self.hours_before, int(now - FINE_FOR) // HOUR * HOUR)
        days_before = max(self.days_before, int(now - HOURS_FOR) // DAY * DAY)
        if (hours_before, days_before) == (self.hours_before, self.days_before):
            return
        self.hours_before, self.days_before = hours_before, days_before
        starts = np.array([start for _, start in self.by_time], dtype=np.int64)
        for key, start in zip(list(self.by_time), self.starts(starts).tolist(), strict=True):
            if start != key[1]:
                moved = self.by_time.pop(key)
                self.by_time.setdefault((key[0], start), LazyBucket()).modify().merge(moved.read())

    def within(self, window: TimeWindow, chosen: Callable[[PredictionStream], bool]) -> list[Bucket]:
        """The buckets of the chosen streams whose requests fall into a window."""
        if window.span is Span.ALL:
            return [stored.read() for number, stored in self.totals.items() if chosen(self.streams[number])]
        since = window.start
        return [
            stored.read()
            for (number, start), stored in self.by_time.items()
            if start >= since and chosen(self.streams[number])
        ]

    def summed(self, window: TimeWindow, chosen: Callable[[PredictionStream], bool]) -> list[Bucket]:
        """One bucket a chosen stream for a window; their inputs may be missing.

        Costs no more than the number of streams while the window's first bucket stays the same.
        """
        if window.span is Span.ALL:
            return self.within(window, chosen)
        sums = self.sums.get(window.span)
        if sums is None or sums.start != window.start:
            sums = self.sums[window.span] = self._summed(window.start)
        return [bucket for number, bucket in sums.buckets.items() if chosen(self.streams[number])]

    def _summed(self, since: int) -> WindowSums:
        sums = WindowSums(since)
        for (number, start), stored in self.by_time.items():
            if start >= since:
                sums.bucket(number).merge(stored.read(), inputs=False)
        return sums

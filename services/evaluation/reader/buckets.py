"""What is kept of each stream of predictions by time: five minutes long for a day, hours, then days.

In: what a join found is counted. Out: the sums of a span, by stream. A stored bucket is decoded only
when it is looked at.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np

from services.errors import Corrupt
from services.evaluation.join.id_table import Positions
from services.evaluation.join.joiner import Joined
from services.evaluation.join.outcomes import OutcomeEncoder
from services.evaluation.join.rows import JoinedRows, VersionRows
from services.evaluation.model import Floats, Span
from services.evaluation.summaries import (
    InputSummary,
    LabelledRows,
    Summary,
    check_summary,
    priorities,
    summary_for,
    summary_from_bytes,
)
from services.registry.model import Mode, Signature
from services.store.batches import Column, take

FIVE_MINUTES, HOUR, DAY = 300, 3_600, 86_400
FINE_FOR = 25 * HOUR
HOURS_FOR = 8 * DAY
_SPANS = {Span.HOUR: (HOUR, FIVE_MINUTES), Span.DAY: (DAY, FIVE_MINUTES), Span.WEEK: (7 * DAY, HOUR)}
SAMPLED = 128
"""Rows of each input that a bucket keeps for drawing."""
TOTAL_SAMPLED = 4_000


class BucketState(msgspec.Struct, frozen=True, array_like=True):
    """A bucket as it is stored."""

    predictions: int
    joined: bytes | None
    inputs: dict[str, bytes]


Decoded = TypeVar("Decoded")

_DECODER = msgspec.msgpack.Decoder(BucketState)


@dataclass(slots=True, eq=False)
class Bucket:
    """Counts and summaries.

    Attributes:
        sampled: rows of each input kept for drawing.
        predictions: rows predicted.
        joined: summary of those with a true value; None while there were none.
        inputs: by column.
    """

    sampled: int = SAMPLED
    predictions: int = 0
    joined: Summary | None = None
    inputs: dict[str, InputSummary] = field(default_factory=dict)

    def count_predictions(self, priority: Floats, at: Floats, inputs: dict[str, Column]) -> None:
        """Count predictions: `priorities` of their ids, their requests' Unix seconds, their inputs."""
        self.predictions += len(at)
        for name, column in inputs.items():
            self._input(name).add_values(priority, at, column)

    def count_pairs(self, rows: LabelledRows, sign: int, signature: Signature) -> None:
        """Put in (+1) or take out (-1) rows with a true value."""
        if self.joined is None:
            self.joined = summary_for(signature)
        if sign > 0:
            self.joined.add_rows(rows)
        else:
            self.joined.remove_rows(rows)

    def merge(self, other: "Bucket", *, inputs: bool = True) -> None:
        """Count all that the other has counted; its inputs only if wanted."""
        self.predictions += other.predictions
        if other.joined is not None:
            if self.joined is None:
                self.joined = other.joined.copy()
            else:
                self.joined.merge(other.joined)
        for name, summary in other.inputs.items() if inputs else ():
            self._input(name).merge(summary)

    def _input(self, name: str) -> InputSummary:
        known = self.inputs.get(name)
        if known is None:
            known = self.inputs[name] = InputSummary(self.sampled)
        return known

    def pack(self) -> bytes:
        """Everything, for `unpack_bucket`."""
        joined = None if self.joined is None else self.joined.to_bytes()
        inputs = {name: summary.to_bytes() for name, summary in self.inputs.items()}
        return msgspec.msgpack.encode(BucketState(self.predictions, joined, inputs))


class DamagedSummary(Corrupt):
    """A stored summary is not what was stored: all of them are made anew from the log."""


def _unpack_bucket(packed: bytes, sampled: int) -> Bucket:
    state = _DECODER.decode(packed)
    return Bucket(
        sampled,
        state.predictions,
        None if state.joined is None else summary_from_bytes(state.joined),
        {name: InputSummary.from_bytes(content) for name, content in state.inputs.items()},
    )


def _check_bucket(packed: bytes) -> None:
    """Decode all but the arrays."""
    state = _DECODER.decode(packed)
    if state.joined is not None:
        check_summary(state.joined)
    for content in state.inputs.values():
        InputSummary.check(content)


class LazyBucket:
    """A bucket, its packed form, or both.

    Everything here raises DamagedSummary if what was stored is no bucket.

    Args:
        packed: what `Bucket.pack` gave; None for an empty bucket.
        sampled: see `Bucket`.
        origin: what is summed there, in words, for messages about what was stored.
    """

    __slots__ = ("_bucket", "_origin", "_packed", "_proven", "_sampled")

    def __init__(self, packed: bytes | None = None, *, sampled: int = SAMPLED, origin: str = "") -> None:
        self._sampled = sampled
        self._packed = packed
        self._origin = origin
        self._bucket = Bucket(sampled) if packed is None else None
        self._proven = packed is None

    def check(self) -> None:
        """Look whether it can be decoded, except for its arrays: much cheaper than reading it."""
        self._decoded(_check_bucket)

    def prove(self) -> None:
        """Look whether it can be decoded, arrays included."""
        if not self._proven:
            self._decoded(lambda packed: _unpack_bucket(packed, self._sampled))
            self._proven = True

    def read(self) -> Bucket:
        """The bucket, to read only."""
        if self._bucket is None:
            self._bucket = self._decoded(lambda packed: _unpack_bucket(packed, self._sampled))
            self._proven = True
        return self._bucket

    def _decoded(self, decode: Callable[[bytes], Decoded]) -> Decoded:
        try:
            return decode(self._packed or b"")
        except (Corrupt, msgspec.MsgspecError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise DamagedSummary(
                f"the stored summary of {self._origin} cannot be decoded", details=repr(error)
            ) from error

    def modify(self) -> Bucket:
        """The bucket, to change."""
        bucket = self.read()
        self._packed = None
        return bucket

    def pack(self) -> bytes:
        """The packed form; cheap when the bucket did not change since. What was stored is proved first."""
        self.prove()
        if self._packed is None:
            self._packed = self.read().pack()
        return self._packed


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

    def streams_of(self, version: str) -> list[int]:
        """The numbers of a version's streams."""
        return [number for number, stream in enumerate(self.streams) if stream.version == version]

    def within(self, window: TimeWindow, streams: Collection[int]) -> list[Bucket]:
        """The buckets of these streams whose requests fall into a window."""
        if window.span is Span.ALL:
            return [stored.read() for number, stored in self.totals.items() if number in streams]
        since = window.start
        return [
            stored.read()
            for (number, start), stored in self.by_time.items()
            if start >= since and number in streams
        ]

    def summed(self, window: TimeWindow) -> WindowSums:
        """One bucket a stream for a window; their inputs may be missing.

        Costs no more than the number of streams while the window's first bucket stays the same.
        """
        if window.span is Span.ALL:
            return WindowSums(0, {number: stored.read() for number, stored in self.totals.items()})
        sums = self.sums.get(window.span)
        if sums is None or sums.start != window.start:
            sums = self.sums[window.span] = self._summed(window.start)
        return sums

    def _summed(self, since: int) -> WindowSums:
        sums = WindowSums(since)
        for (number, start), stored in self.by_time.items():
            if start >= since:
                sums.bucket(number).merge(stored.read(), inputs=False)
        return sums

    def inputs(self, column: str, versions: Iterable[str], window: TimeWindow) -> list[InputSummary]:
        """An input's summaries that hold each request once: the champions' rows, or else one version's.

        Args:
            column: the input's.
            versions: which to look at where no champion has it, the likeliest first.
            window: which requests.
        """
        champions = [number for number, stream in enumerate(self.streams) if stream.mode is Mode.CHAMPION]
        for streams in (champions, *(self.streams_of(version) for version in versions)):
            buckets = self.within(window, streams)
            if found := [bucket.inputs[column] for bucket in buckets if column in bucket.inputs]:
                return found
        return []

"""How a log is read past gaps, packing and several writers; the same for every driver."""

import logging
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Protocol

import numpy as np

from services.errors import Corrupt
from services.store.batches import Batch, LabelBatch, decode
from services.store.interface import Cursors, LogEntry, Segment

_log = logging.getLogger(__name__)


class LogSource(Protocol):
    """What a driver gives of one project's log."""

    def listed(self, after: Cursors) -> list[Segment]:
        """Segments by writer and number; those before a writer's cursor may be left out."""

    def segment(self, writer: str, number: int) -> Segment | None:
        """One segment as it is now."""

    def blobs(self, writer: str, number: int, after: int) -> Iterator[tuple[int, bytes]]:
        """(sequence, blob) of an unpacked segment, in order, from behind `after`."""

    def chunks(self, segment: Segment) -> Iterator[bytes]:
        """All chunks of a packed segment, in order; Corrupt if one is missing."""

    def plan(self, segments: list[Segment], after: Cursors) -> None:
        """What will be read soon, in this order; a driver may fetch ahead."""


def whole_chunks(segment: Segment, rows: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
    """A packed segment's chunks from (chunk, data) in order; Corrupt if one is missing."""
    found = 0
    for chunk, data in rows:
        if chunk != found:
            break
        found += 1
        yield data
    if found != segment.chunks:
        raise Corrupt(f"segment {segment.number} of {segment.writer} lacks chunk {found}")


def _decoded(segment: Segment, blob: bytes) -> Batch:
    """The batch in a blob; an empty one where nobody can read it, so that all else is read."""
    try:
        return decode(blob)
    except Corrupt as error:
        _log.warning(
            "a batch in segment %d of writer %s is passed over: %s", segment.number, segment.writer, error
        )
        return LabelBatch(np.empty((0, 2), np.uint64), np.empty(0), np.empty(0, np.int64))


def _packed(source: LogSource, segment: Segment, after: int) -> Iterator[LogEntry]:
    """A packed segment's rows behind `after`; the last entry lets the cursor pass the segment."""
    held: LogEntry | None = None
    for chunk in source.chunks(segment):
        batch = _decoded(segment, chunk)
        if after >= 0 and batch.sequences is not None:
            fresh = batch.sequences > after
            if not fresh.all():
                batch = batch.take(fresh)
        if not len(batch):
            continue
        if held is not None:
            yield held
        held = LogEntry(segment.writer, segment.number, batch, None)
    if held is not None:
        yield LogEntry(segment.writer, segment.number, held.batch, (segment.number, segment.last_sequence))


def _unpacked(source: LogSource, segment: Segment, after: int) -> Iterator[LogEntry]:
    """A segment's batches behind `after`, up to a gap."""
    expected = after + 1
    for sequence, blob in source.blobs(segment.writer, segment.number, after):
        if sequence != expected:
            return
        yield LogEntry(segment.writer, segment.number, _decoded(segment, blob), (segment.number, sequence))
        expected += 1


class _SegmentReading:
    """One segment read from a cursor; `complete` once it has been read to its end."""

    def __init__(self, source: LogSource, segment: Segment, after: int) -> None:
        self._source, self._segment, self._after = source, segment, after

    @property
    def complete(self) -> bool:
        return self._segment.closed and self._after >= self._segment.last_sequence

    def entries(self) -> Iterator[LogEntry]:
        if self.complete:
            return
        if not self._segment.chunks:
            for entry in _unpacked(self._source, self._segment, self._after):
                yield entry
                if entry.advance is not None:
                    self._after = entry.advance[1]
            self._look_again()
        if self._segment.chunks and not self.complete:
            yield from _packed(self._source, self._segment, self._after)
            self._after = self._segment.last_sequence

    def _look_again(self) -> None:
        """A closed segment that ended early may have been packed while it was read."""
        if self._segment.closed and not self.complete:
            now = self._source.segment(self._segment.writer, self._segment.number)
            self._segment = now or self._segment


def read_log(source: LogSource, after: Cursors, limit: int | None) -> Iterator[LogEntry]:
    """What `LogStore.read` promises, over any source."""
    wanted = [segment for segment in source.listed(after) if _is_new(segment, after)]
    source.plan(wanted, after)
    rows = 0
    for writer, segments in groupby(wanted, key=lambda segment: segment.writer):
        cursor = after.get(writer, (-1, -1))
        for segment in segments:
            reading = _SegmentReading(source, segment, cursor[1] if segment.number == cursor[0] else -1)
            for entry in reading.entries():
                yield entry
                rows += len(entry.batch)
                if limit is not None and rows >= limit and entry.advance is not None:
                    return
            if not reading.complete:
                break


def _is_new(segment: Segment, after: Cursors) -> bool:
    number, sequence = after.get(segment.writer, (-1, -1))
    if segment.number != number:
        return segment.number > number
    return not segment.closed or sequence < segment.last_sequence

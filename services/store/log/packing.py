"""A closed segment's batches as few compressed chunks, and the log of segments over any driver."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.errors import Conflict, Corrupt, InvalidInput, NotFound
from services.store.batches import Batch, Categorical, Column, LabelBatch, PredictionBatch, decode, encode
from services.store.interface import Cursors, LogEntry, Position, Segment
from services.store.log.reading import LogSource, read_log

BLOB_LIMIT = 1_000_000
"""Bytes; no blob or chunk in a store is longer."""

_Kind = tuple[object, ...]


def kind_of(batch: Batch) -> _Kind:
    """Batches of one kind can be put into one: predictions sort before the labels that follow them."""
    if isinstance(batch, LabelBatch):
        return (1, isinstance(batch.labels, Categorical))
    classes = batch.predicted.categories if isinstance(batch.predicted, Categorical) else None
    inputs = tuple((name, isinstance(column, Categorical)) for name, column in batch.inputs.items())
    scores = None if batch.scores is None else batch.scores.shape[1]
    flags = (batch.version, batch.revision, batch.mode, batch.late, batch.brought)
    return (0, *flags, inputs, classes, scores)


def _concat_texts(columns: Sequence[Categorical]) -> Categorical:
    index: dict[str, int] = {}
    codes: list[NDArray[np.int32]] = []
    for column in columns:
        lookup = [index.setdefault(text, len(index)) for text in column.categories]
        codes.append(np.array([*lookup, -1], dtype=np.int32)[column.codes])
    return Categorical(np.concatenate(codes), tuple(index))


def concat_columns(columns: Sequence[Column]) -> Column:
    """Columns of one type, one behind the other."""
    texts = [column for column in columns if isinstance(column, Categorical)]
    if texts:
        return _concat_texts(texts)
    return np.concatenate([column for column in columns if not isinstance(column, Categorical)])


def concat_predictions(batches: Sequence[PredictionBatch]) -> PredictionBatch:
    """Batches of one kind, one behind the other; there is at least one."""
    if len(batches) == 1:
        return batches[0]
    scores = [batch.scores for batch in batches if batch.scores is not None]
    first = batches[0]
    return replace(
        first,
        ids=np.concatenate([batch.ids for batch in batches]),
        inputs={name: concat_columns([batch.inputs[name] for batch in batches]) for name in first.inputs},
        predicted=concat_columns([batch.predicted for batch in batches]),
        scores=np.concatenate(scores) if scores else None,
        latency_ms=np.concatenate([batch.latency_ms for batch in batches]),
        propensity=np.concatenate([batch.propensity for batch in batches]),
    )


def _concat_batches(batches: Sequence[Batch]) -> Batch:
    labels = [batch for batch in batches if isinstance(batch, LabelBatch)]
    if not labels:
        return concat_predictions([batch for batch in batches if isinstance(batch, PredictionBatch)])
    return LabelBatch(
        np.concatenate([batch.ids for batch in labels]),
        concat_columns([batch.labels for batch in labels]),
        np.concatenate([batch.labelled_at for batch in labels]),
    )


def _compact(column: Column) -> Column:
    """Without the categories that no row uses, so that a chunk carries only its own texts."""
    if not isinstance(column, Categorical):
        return column
    used = np.unique(column.codes[column.codes >= 0])
    lookup = np.full(len(column.categories) + 1, -1, dtype=np.int32)
    lookup[used] = np.arange(len(used), dtype=np.int32)
    return Categorical(lookup[column.codes], tuple(column.categories[code] for code in used.tolist()))


def _compacted(batch: Batch) -> Batch:
    if isinstance(batch, LabelBatch):
        return replace(batch, labels=_compact(batch.labels))
    return replace(batch, inputs={name: _compact(column) for name, column in batch.inputs.items()})


def _chunks(batch: Batch) -> Iterator[bytes]:
    blob = encode(_compacted(batch), "zstd")
    if len(blob) <= BLOB_LIMIT or len(batch) <= 1:
        yield blob
        return
    half = len(batch) // 2
    yield from _chunks(batch.take(np.arange(half)))
    yield from _chunks(batch.take(np.arange(half, len(batch))))


def pack_batches(batches: Iterable[tuple[int, Batch]], last_sequence: int) -> list[bytes]:
    """Chunks of at most `BLOB_LIMIT` bytes that hold all rows, with each row's sequence.

    Args:
        batches: (sequence, batch) in order, contiguous from 0 to `last_sequence`.
        last_sequence: as said when the segment was closed.

    Raises:
        Conflict: a batch is missing; nothing may be packed then.
    """
    groups: dict[_Kind, list[tuple[int, Batch]]] = {}
    expected = 0
    for sequence, batch in batches:
        if sequence != expected:
            break
        expected += 1
        groups.setdefault(kind_of(batch), []).append((sequence, batch))
    if expected != last_sequence + 1:
        raise Conflict(
            f"the segment lacks batch {expected} of {last_sequence}; it is packed once all are there"
        )
    chunks: list[bytes] = []
    for kind in sorted(groups, key=lambda kind: kind[0] == 1):
        members = groups[kind]
        whole = _concat_batches([batch for _, batch in members])
        sequences = np.repeat(
            np.array([sequence for sequence, _ in members], dtype=np.int32),
            np.array([len(batch) for _, batch in members]),
        )
        chunks.extend(_chunks(replace(whole, sequences=sequences)))
    return chunks


def checked_blob(blob: bytes) -> bytes:
    """The batch as it may be appended; InvalidInput if it is longer than `BLOB_LIMIT`."""
    if len(blob) > BLOB_LIMIT:
        raise InvalidInput(
            f"a batch of {len(blob):,} bytes is too long for the log ({BLOB_LIMIT:,} at most)"
        )
    return blob


class PackableLog(LogSource, Protocol):
    """What a driver does to one project's log while a segment of it is packed."""

    def write_chunks(self, segment: Segment, chunks: Sequence[bytes]) -> None:
        """Store these chunks in place of any that a packing left which did not come to its end."""

    def count_chunks(self, segment: Segment, count: int) -> None:
        """Say how many chunks there are; from now on they are what is read."""

    def drop_blobs(self, segment: Segment) -> None:
        """Drop what the chunks replace; called only once their count has been looked at."""


def pack_segment(log: PackableLog, segment: Segment) -> Segment:
    """The segment once it is packed: what `LogStore.pack` promises, in an order that a crash cannot harm.

    Raises:
        NotFound: the writer has no such segment.
        Conflict: it is still open, or lacks a batch.
    """
    now = log.segment(segment.writer, segment.number)
    if now is None:
        raise NotFound(f"writer {segment.writer!r} has no segment {segment.number}")
    if not now.closed:
        raise Conflict(f"segment {now.number} of {now.writer} is still open")
    if now.last_sequence < 0:
        return now
    if not now.chunks:
        blobs = log.blobs(now.writer, now.number, -1)
        chunks = pack_batches(((place, decode(blob)) for place, blob in blobs), now.last_sequence)
        log.write_chunks(now, chunks)
        log.count_chunks(now, len(chunks))
    log.drop_blobs(now)
    return log.segment(segment.writer, segment.number) or now


class SegmentedLog(ABC):
    """Lists, reads and packs over what a driver gives of one project's log."""

    @abstractmethod
    def _source(self, project: str) -> PackableLog:
        """One project's log, for one reading."""

    def segments(self, project: str) -> list[Segment]:
        """See `LogStore`."""
        return self._source(project).listed({})

    def read(self, project: str, after: Cursors, *, limit: int | None = None) -> Iterator[LogEntry]:
        """See `LogStore`."""
        return read_log(self._source(project), after, limit)

    def pack(self, project: str, segment: Segment) -> Segment:
        """See `LogStore`."""
        return pack_segment(self._source(project), segment)

    def unreadable(self, project: str) -> int:
        """See `LogStore`."""
        source, found = self._source(project), 0
        for segment in source.listed({}):
            blobs = (blob for _, blob in source.blobs(segment.writer, segment.number, -1))
            for blob in source.chunks(segment) if segment.chunks else blobs:
                found += not _is_readable(blob)
        return found

    def is_passed(self, project: str, position: Position) -> bool:
        """See `LogStore`."""
        source = self._source(project)
        segment = source.segment(position.writer, position.segment)
        if segment is not None and segment.chunks:
            return not any(_holds(chunk, position.sequence) for chunk in source.chunks(segment))
        if segment is not None and _is_beyond(segment, position.sequence):
            return True
        for sequence, blob in source.blobs(position.writer, position.segment, position.sequence - 1):
            return sequence == position.sequence and not len(decode(blob))
        return False


def _holds(chunk: bytes, sequence: int) -> bool:
    """Whether a packed chunk has rows of a sequence."""
    sequences = decode(chunk).sequences
    return sequences is not None and bool((sequences == sequence).any())


def _is_readable(blob: bytes) -> bool:
    try:
        decode(blob)
    except Corrupt:
        return False
    return True


def _is_beyond(segment: Segment, sequence: int) -> bool:
    return segment.closed and sequence > segment.last_sequence

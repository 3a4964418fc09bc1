"""Takes new entries of the log in: read, looked up, encoded, joined, counted; a row passes each step once.

A slice is what was read after the cursors, up to a place where they can stand.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from services.errors import Cancelled
from services.evaluation.join.encoding import LoggedLabels, StreamBatch, encode
from services.evaluation.join.id_table import concat_keys, keys_of
from services.evaluation.join.past_rows import LiveTables, look_up_past
from services.evaluation.reader.buckets import PredictionStream
from services.evaluation.reader.state import ReaderState
from services.store.batches import LabelBatch, PredictionBatch
from services.store.interface import Cursors, LogEntry
from services.store.log.packing import concat_predictions, kind_of

_log = logging.getLogger(__name__)

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class PlacedLabels:
    """Labels, their writer, and the place in its log at which they stand, or end."""

    writer: str
    place: tuple[int, int]
    batch: LabelBatch


@dataclass(slots=True, eq=False)
class LogSlice:
    """Batches by kind, in each writer's order, and the cursors up to which they reach."""

    cursors: dict[str, tuple[int, int]]
    predictions: list[PredictionBatch] = field(default_factory=list)
    labels: list[PlacedLabels] = field(default_factory=list)
    rows: int = 0

    def append_entries(self, entries: list[LogEntry], advance: tuple[int, int]) -> None:
        """Append entries of one writer that reach up to a place in its log."""
        for entry in entries:
            self.rows += len(entry.batch)
            if isinstance(entry.batch, PredictionBatch):
                self.predictions.append(entry.batch)
            else:
                self.labels.append(PlacedLabels(entry.writer, advance, entry.batch))
        self.cursors[entries[0].writer] = advance

    def versions(self) -> set[str]:
        """The versions whose predictions are in it."""
        return {batch.version for batch in self.predictions}


def read_slice(
    entries: Iterable[LogEntry], after: Cursors, cancelled: Callable[[], bool] | None
) -> LogSlice:
    """Collect what can be counted.

    Chunks of a packed segment count together, once its last one has come; if that is missing they are
    left for the next reading.

    Raises:
        Cancelled: `cancelled` said so between two entries; nothing was counted.
    """
    slice_ = LogSlice(dict(after))
    waiting: dict[str, list[LogEntry]] = {}
    for entry in entries:
        if cancelled is not None and cancelled():
            raise Cancelled
        waiting.setdefault(entry.writer, []).append(entry)
        if entry.advance is not None:
            slice_.append_entries(waiting.pop(entry.writer), entry.advance)
    return slice_


def ingest(state: ReaderState, live: LiveTables, slice_: LogSlice, now: float) -> None:
    """Count everything in a slice and move the cursors.

    Args:
        state: knows every version that is counted.
        live: the project's live tables, for what is no longer held.
        slice_: what was read after the state's cursors.
        now: Unix seconds.

    Raises:
        RelevoError: the store failed; then nothing was counted.
    """
    predictions = list(_of_streams(state, slice_.predictions))
    labels = [
        LoggedLabels(_position(state.writers, placed.writer), *placed.place, placed.batch)
        for placed in slice_.labels
    ]
    ids = [*(one.batch.ids for one in predictions), *(one.batch.ids for one in labels)]
    keys = concat_keys([keys_of(part) for part in ids])
    past = look_up_past(
        live, keys.take(keys.before(state.joiner.horizon)), state.encoders,
        counted=state.cursors, read=slice_.cursors,
    )  # fmt: skip
    changed = list(_of_streams(state, past.predictions))
    joined = state.joiner.join(encode(state.encoders, predictions, labels, past, changed), state.writers)
    state.buckets.count(joined, state.encoders, now)
    for part in joined.predictions:
        state.newest_request = max(state.newest_request, int(part.rows.keys.milliseconds().max()))
    for one in labels:
        if len(one.batch):
            state.newest_label = max(state.newest_label, int(one.batch.labelled_at.max()))
    state.cursors = slice_.cursors


def _of_streams(state: ReaderState, batches: Iterable[PredictionBatch]) -> Iterator[StreamBatch]:
    """Batches of the same kind as one."""
    groups: dict[tuple[object, ...], list[PredictionBatch]] = {}
    for batch in batches:
        if batch.version not in state.encoders:
            _log.warning("rows of version %s are left out: it is not registered", batch.version)
            continue
        groups.setdefault(kind_of(batch), []).append(batch)
    for members in groups.values():
        first = members[0]
        stream = PredictionStream(first.version, first.revision, first.mode)
        yield StreamBatch(_position(state.buckets.streams, stream), concat_predictions(members))


def _position(names: list[Name], name: Name) -> int:
    """Where a name stands among those that were met; a new one comes last."""
    if name not in names:
        names.append(name)
    return names.index(name)

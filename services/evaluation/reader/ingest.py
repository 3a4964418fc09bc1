"""Takes new entries of the log in: a slice is read, then asked about, then counted all at once.

A slice is what was read after the cursors, up to a place where they can stand.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from services.errors import Cancelled
from services.evaluation.join.encoding import OutcomeEncoder
from services.evaluation.join.id_table import Keys, concat_keys, keys_of
from services.evaluation.join.joiner import PredictionRows, concat_predictions
from services.evaluation.join.label_history import LiveTables, PastLabels, look_up_labels
from services.evaluation.join.labels import LabelRows, concat_labels, winners
from services.evaluation.reader.buckets import PredictionStream
from services.evaluation.reader.state import ReaderState
from services.store.batches import Categorical, Column, LabelBatch, PredictionBatch
from services.store.interface import Cursors, LogEntry
from services.store.packing import concat_columns

_log = logging.getLogger(__name__)
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class PlacedLabels:
    """Labels and where they stand.

    Attributes:
        sequence: of all rows, where the batch has no `sequences`.
    """

    writer: str
    segment: int
    sequence: int
    batch: LabelBatch


@dataclass(slots=True, eq=False)
class LogSlice:
    """Batches by kind, in each writer's order, and the cursors up to which they reach."""

    cursors: dict[str, tuple[int, int]]
    predictions: list[PredictionBatch] = field(default_factory=list)
    labels: list[PlacedLabels] = field(default_factory=list)
    rows: int = 0

    def append_entries(self, entries: list[LogEntry], advance: tuple[int, int]) -> None:
        """Take entries of one writer that reach up to a place in its log."""
        for entry in entries:
            self.rows += len(entry.batch)
            if isinstance(entry.batch, PredictionBatch):
                self.predictions.append(entry.batch)
            else:
                self.labels.append(PlacedLabels(entry.writer, *advance, entry.batch))
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


@dataclass(frozen=True, slots=True, eq=False)
class _Predictions:
    """Rows of one stream that have the same inputs."""

    version: str
    rows: PredictionRows
    inputs: dict[str, Column]


def ingest(state: ReaderState, live: LiveTables, slice_: LogSlice) -> None:
    """Count everything in a slice and move the cursors.

    Raises:
        RelevoError: the store failed; then nothing was counted.
    """
    predictions = list(_predictions(state, slice_.predictions))
    labels = _labels(state, slice_.labels)
    past_labels = state.joiner.is_past(labels.keys)
    past_keys = [part.rows.keys.take(state.joiner.is_past(part.rows.keys)) for part in predictions]
    past_keys.append(labels.keys.take(past_labels))
    past = look_up_labels(
        live, concat_keys(past_keys), state.texts, settled=state.cursors, reading=slice_.cursors
    )
    changed = list(_past_predictions(state, live, past.changed()))
    fresh = [(part.version, _count(state, part, past)) for part in predictions]
    state.joiner.add_labels(labels.take(~past_labels), state.writers)
    for version, keys in fresh:
        state.joiner.join_held(version, keys)
    for part in changed:
        state.joiner.change_past(part.version, part.rows, past)
    state.buckets.count_pairs(state.joiner.joined, state.outcomes())
    state.joiner.joined.clear()
    state.joiner.shrink()
    if len(labels):
        state.newest_label = max(state.newest_label, int(labels.labelled_at.max()))
    state.cursors = slice_.cursors


def _count(state: ReaderState, part: _Predictions, past: PastLabels) -> Keys:
    """Count what was not counted before, and return its ids."""
    fresh = state.joiner.add_predictions(part.version, part.rows, past)
    rows = part.rows.take(fresh)
    if not len(rows):
        return rows.keys
    chosen = np.flatnonzero(fresh)
    inputs = {
        name: column.take(chosen) if isinstance(column, Categorical) else column[chosen]
        for name, column in part.inputs.items()
    }
    state.buckets.count_predictions(int(rows.streams[0]), rows.keys, inputs)
    state.newest_request = max(state.newest_request, int(rows.keys.high.max()) >> 16)
    return rows.keys


def _predictions(state: ReaderState, batches: list[PredictionBatch]) -> Iterator[_Predictions]:
    """Batches of the same stream and inputs as one."""
    groups: dict[tuple[object, ...], list[PredictionBatch]] = {}
    for batch in batches:
        if batch.version not in state.joiner.versions:
            _log.warning("rows of version %s are left out: it is not registered", batch.version)
            continue
        kinds = tuple((name, isinstance(column, Categorical)) for name, column in batch.inputs.items())
        groups.setdefault((batch.version, batch.revision, batch.mode, kinds), []).append(batch)
    for members in groups.values():
        version = members[0].version
        outcomes = state.joiner.versions[version].outcomes
        rows = concat_predictions(_rows(state, batch, outcomes) for batch in members)
        inputs = {
            name: concat_columns([batch.inputs[name] for batch in members]) for name in members[0].inputs
        }
        yield _Predictions(version, rows, inputs)


def _rows(state: ReaderState, batch: PredictionBatch, outcomes: OutcomeEncoder) -> PredictionRows:
    stream = state.buckets.stream(PredictionStream(batch.version, batch.revision, batch.mode))
    return PredictionRows(
        keys_of(batch.ids),
        np.full(len(batch), stream, dtype=np.int32),
        outcomes.predicted(batch.predicted),
        outcomes.scores(batch),
        np.full(len(batch), batch.brought or batch.late, dtype=np.bool_),
    )


def _labels(state: ReaderState, placed: list[PlacedLabels]) -> LabelRows:
    """The label that counts for each id, among those in the slice."""
    outcomes = next(iter(state.joiner.versions.values())).outcomes
    parts = [_label_rows(state, one, outcomes) for one in placed]
    return winners(concat_labels([_no_labels(), *parts]), state.writers)


def _label_rows(state: ReaderState, placed: PlacedLabels, outcomes: OutcomeEncoder) -> LabelRows:
    batch = placed.batch
    count = len(batch)
    sequences = batch.sequences
    if sequences is None:
        sequences = np.full(count, placed.sequence, dtype=np.int32)
    return LabelRows(
        keys_of(batch.ids),
        outcomes.labels(batch.labels),
        batch.labelled_at,
        np.full(count, state.writer_number(placed.writer), dtype=np.int32),
        np.full(count, placed.segment, dtype=np.int32),
        sequences,
    )


def _no_labels() -> LabelRows:
    whole = np.empty(0, dtype=np.int32)
    return LabelRows(
        concat_keys([]), np.empty(0), np.empty(0, dtype=np.int64), whole, whole.copy(), whole.copy()
    )


def _past_predictions(state: ReaderState, live: LiveTables, keys: Keys) -> Iterator[_Predictions]:
    """What the live tables have predicted for these ids."""
    for version, known in state.joiner.versions.items():
        for start in range(0, len(keys), _AT_ONCE):
            ids = keys.take(np.arange(start, min(start + _AT_ONCE, len(keys)))).ids()
            for batch in live.store.prediction_batches(live.project, version, ids):
                yield _Predictions(version, _rows(state, batch, known.outcomes), {})

"""What the store knows of ids that are no longer held: the label before, the label now, and of what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from services.evaluation.join.id_table import Keys, first_of_each
from services.store.batches import PredictionBatch
from services.store.interface import Cursors, LabelEntry, LiveStore

Label = float | str | None

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class LiveTables:
    """Where to look: the store, and the project's name."""

    store: LiveStore
    project: str


@dataclass(frozen=True, slots=True, eq=False)
class PastRows:
    """Past ids, each once, with the label of each.

    Attributes:
        before: labels as they counted before the rows that are being read now; None where there is none.
        after: labels as they count with these.
        predictions: what was predicted for the ids whose label is another now.
    """

    keys: Keys
    before: list[Label]
    after: list[Label]
    predictions: list[PredictionBatch]


def look_up_past(
    live: LiveTables, keys: Keys, versions: Iterable[str], *, counted: Cursors, read: Cursors
) -> PastRows:
    """Ask the store for the labels of these ids, and for the predictions whose label has changed.

    Args:
        live: the project's live tables.
        keys: ids, in any order, repeated or not.
        versions: whose predictions are asked for.
        counted: up to where everything was counted before.
        read: up to where everything has been read now.
    """
    keys = keys.take(first_of_each(keys))
    before: list[Label] = []
    after: list[Label] = []
    for part in _in_parts(keys):
        histories = live.store.labels(live.project, part.ids())
        before += [_winner(history, counted) for history in histories]
        after += [_winner(history, read) for history in histories]
    changed = keys.take(
        np.array([now is not None and was != now for was, now in zip(before, after, strict=True)], np.bool_)
    )
    predictions = [
        batch
        for version in versions
        for part in _in_parts(changed)
        for batch in live.store.prediction_batches(live.project, version, part.ids())
    ]
    return PastRows(keys, before, after, predictions)


def _in_parts(keys: Keys) -> list[Keys]:
    return [
        keys.take(np.arange(start, min(start + _AT_ONCE, len(keys))))
        for start in range(0, len(keys), _AT_ONCE)
    ]


def _winner(history: list[LabelEntry], cursors: Cursors) -> Label:
    """The label that counts among those at or before the cursors; None if there is none."""
    read = [entry for entry in history if _is_read(entry, cursors)]
    return max(read, key=lambda entry: (entry.labelled_at, entry.source)).label if read else None


def _is_read(entry: LabelEntry, cursors: Mapping[str, tuple[int, int]]) -> bool:
    source = entry.source
    return (source.segment, source.sequence) <= cursors.get(source.writer, (-1, -1))

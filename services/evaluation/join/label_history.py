"""What the store knows of ids that are no longer held: which label counted before, and which now."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.evaluation.join.encoding import LabelTexts
from services.evaluation.join.id_table import IdTable, Keys, first_of_each
from services.store.batches import Floats
from services.store.interface import Cursors, LabelEntry, LiveStore

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class LiveTables:
    """Where to look: the store, and the project's name."""

    store: LiveStore
    project: str


class PastLabels:
    """Labels of past ids, as they counted before the rows that are being read now, and with them."""

    def __init__(self) -> None:
        self._table = IdTable({"before": (np.float64, 0), "after": (np.float64, 0)})

    def put(self, keys: Keys, before: Floats, after: Floats) -> None:
        """Add ids that are not here yet; NaN where there is no label."""
        self._table.insert(keys, {"before": before, "after": after})

    def before(self, keys: Keys) -> tuple[NDArray[np.bool_], Floats]:
        """A mask of the ids that had a label before, and the labels."""
        return self._column(keys, "before")

    def after(self, keys: Keys) -> tuple[NDArray[np.bool_], Floats]:
        """A mask of the ids that have a label now, and the labels."""
        return self._column(keys, "after")

    def changed(self) -> Keys:
        """The ids whose label is another now."""
        keys, columns = self._table.since(0)
        return keys.take(~(columns["before"] == columns["after"]) & ~np.isnan(columns["after"]))

    def _column(self, keys: Keys, name: str) -> tuple[NDArray[np.bool_], Floats]:
        places = self._table.find(keys)
        values = np.full(len(keys), np.nan)
        here = places >= 0
        values[here] = self._table.read(places[here], name)
        return ~np.isnan(values), values


def look_up_labels(
    live: LiveTables, keys: Keys, texts: LabelTexts, *, settled: Cursors, reading: Cursors
) -> PastLabels:
    """Ask the store's label history for these ids.

    Args:
        live: the project's live tables.
        keys: ids, in any order, repeated or not.
        texts: codes of label texts.
        settled: up to where everything was told before.
        reading: up to where everything has been read now.
    """
    answer = PastLabels()
    keys = keys.take(first_of_each(keys))
    for start in range(0, len(keys), _AT_ONCE):
        part = keys.take(np.arange(start, min(start + _AT_ONCE, len(keys))))
        histories = live.store.labels(live.project, part.ids())
        before = [_winner(history, settled) for history in histories]
        after = [_winner(history, reading) for history in histories]
        answer.put(part, texts.codes_of(before), texts.codes_of(after))
    return answer


def _winner(history: list[LabelEntry], cursors: Cursors) -> float | str | None:
    """The label that counts among those at or before the cursors; None if there is none."""
    read = [entry for entry in history if _is_read(entry, cursors)]
    return max(read, key=lambda entry: (entry.labelled_at, entry.source)).label if read else None


def _is_read(entry: LabelEntry, cursors: Mapping[str, tuple[int, int]]) -> bool:
    source = entry.source
    return (source.segment, source.sequence) <= cursors.get(source.writer, (-1, -1))

"""Labels by id: of several for one id the latest `labelled_at` counts, whatever came first."""

import numpy as np
from numpy.typing import NDArray

from services.evaluation.join.id_table import IdTable, Keys
from services.evaluation.join.rows import Integers, LabelRows, concat_labels
from services.store.batches import Floats


def winners(rows: LabelRows, writers: list[str]) -> LabelRows:
    """One row an id: the latest `labelled_at`; among equals the last in the log, by writer's name first."""
    if not len(rows):
        return rows
    ranks = _ranks(writers)
    order = np.lexsort((
        rows.sequences, rows.segments, ranks[rows.writers], rows.labelled_at, rows.keys.low, rows.keys.high,
    ))  # fmt: skip
    high, low = rows.keys.high[order], rows.keys.low[order]
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    return rows.take(order[last])


class LabelTable:
    """The label that counts for each held id; a row costs 44 bytes."""

    def __init__(self) -> None:
        self.table = IdTable({
            "value": (np.float64, 0), "labelled_at": (np.int64, 0), "writer": (np.int32, 0),
            "segment": (np.int32, 0), "sequence": (np.int32, 0),
        })  # fmt: skip

    def update(self, rows: LabelRows, writers: list[str]) -> tuple[Keys, Floats, Floats]:
        """Take labels and return the ids whose label changed, its value before (NaN if none) and after."""
        known = self.table.find(rows.keys)
        there = known >= 0
        candidates = [rows, self.at(rows.keys.take(there), known[there])]
        best = winners(concat_labels(candidates), writers)
        places = self.table.find(best.keys)
        old = places >= 0
        before = np.full(len(best), np.nan)
        before[old] = self.table.read(places[old], "value")
        for name, values in _columns(best).items():
            self.table.write(places[old], name, values[old])
        fresh = best.take(~old)
        self.table.insert(fresh.keys, _columns(fresh))
        changed = ~(before == best.values)
        return best.keys.take(changed), before[changed], best.values[changed]

    def at(self, keys: Keys, places: NDArray[np.int64]) -> LabelRows:
        """The rows at places that `table.find(keys)` gave."""
        names = ("value", "labelled_at", "writer", "segment", "sequence")
        return LabelRows(keys, *(self.table.read(places, name) for name in names))

    def put(self, rows: LabelRows) -> None:
        """Add rows whose ids are not here yet."""
        self.table.insert(rows.keys, _columns(rows))


def _columns(rows: LabelRows) -> dict[str, NDArray[np.generic]]:
    return {
        "value": rows.values, "labelled_at": rows.labelled_at, "writer": rows.writers,
        "segment": rows.segments, "sequence": rows.sequences,
    }  # fmt: skip


def _ranks(writers: list[str]) -> Integers:
    ranks = np.empty(len(writers), dtype=np.int32)
    ranks[sorted(range(len(writers)), key=writers.__getitem__)] = np.arange(len(writers), dtype=np.int32)
    return ranks


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

    def _column(self, keys: Keys, name: str) -> tuple[NDArray[np.bool_], Floats]:
        places = self._table.find(keys)
        values = np.full(len(keys), np.nan)
        here = places >= 0
        values[here] = self._table.read(places[here], name)
        return ~np.isnan(values), values

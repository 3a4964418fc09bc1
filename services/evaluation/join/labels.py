"""Labels by id: of several for one id the latest `labelled_at` counts, whatever came first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.evaluation.join.id_table import IdTable, Keys, concat_keys
from services.store.batches import Floats

Integers = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class LabelRows:
    """Labels and where they stand in the log, n rows in each writer's order.

    Attributes:
        values: shape (n,), numbers or codes of texts.
        labelled_at: shape (n,), microseconds.
        writers: shape (n,), positions in the list of writers' names.
        segments, sequences: shape (n,).
    """

    keys: Keys
    values: Floats
    labelled_at: NDArray[np.int64]
    writers: Integers
    segments: Integers
    sequences: Integers

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.keys)

    def take(self, rows: NDArray[np.generic]) -> "LabelRows":
        """The rows chosen by a mask or by positions."""
        return LabelRows(
            self.keys.take(rows), self.values[rows], self.labelled_at[rows], self.writers[rows],
            self.segments[rows], self.sequences[rows],
        )  # fmt: skip


def concat_labels(parts: list[LabelRows]) -> LabelRows:
    """Rows one behind the other; there is at least one part."""
    return LabelRows(
        concat_keys([part.keys for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.labelled_at for part in parts]),
        np.concatenate([part.writers for part in parts]),
        np.concatenate([part.segments for part in parts]),
        np.concatenate([part.sequences for part in parts]),
    )


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

"""A memory of the ids met last, each with a number: bounded, the oldest forgotten first."""

import numpy as np
from numpy.typing import NDArray

from services.evaluation.join.id_table import IdTable, Keys, concat_keys, first_of_each
from services.store.batches import Floats

REMEMBERED = 200_000
"""Ids remembered at least, once so many have been met; twice as many at most. Each costs 24 bytes."""


class RecentIds:
    """Ids in two generations: when the younger one is full, it takes the place of the older one.

    Args:
        capacity: how many ids a generation takes.
    """

    def __init__(self, capacity: int = REMEMBERED) -> None:
        self._capacity = capacity
        self._younger = _table()
        self._older = _table()

    @property
    def rows(self) -> int:
        """How many ids are remembered."""
        return self._younger.rows + self._older.rows

    def remember(self, keys: Keys, values: Floats | None = None) -> None:
        """Remember ids that are not remembered yet; those that are keep their number."""
        if values is None:
            values = np.full(len(keys), np.nan)
        fresh = first_of_each(keys) & ~self.contains(keys)
        self._younger.insert(keys.take(fresh), {"value": values[fresh]})
        if self._younger.rows >= self._capacity:
            self._older, self._younger = self._younger, _table()

    def contains(self, keys: Keys) -> NDArray[np.bool_]:
        """A mask of the ids that are remembered."""
        return (self._younger.find(keys) >= 0) | (self._older.find(keys) >= 0)

    def values(self, keys: Keys) -> tuple[NDArray[np.bool_], Floats]:
        """A mask of the ids that are remembered, and the numbers given with them (NaN elsewhere)."""
        known = np.zeros(len(keys), dtype=np.bool_)
        values = np.full(len(keys), np.nan)
        for table in (self._older, self._younger):
            places = table.find(keys)
            here = places >= 0
            values[here] = table.read(places[here], "value")
            known |= here
        return known, values

    def all(self) -> tuple[Keys, Floats]:
        """Everything remembered."""
        parts = [table.since(0) for table in (self._older, self._younger)]
        return concat_keys([keys for keys, _ in parts]), np.concatenate(
            [columns["value"] for _, columns in parts]
        )


def _table() -> IdTable:
    return IdTable({"value": (np.float64, 0)})

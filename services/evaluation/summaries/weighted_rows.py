"""Rows kept as they are: a signed multiset of short rows of numbers."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.errors import Corrupt
from services.evaluation.model import Floats
from services.evaluation.summaries.serialization import pack_array, unpack_array

Weights = NDArray[np.int64]


class WeightedRows:
    """Rows of `width` numbers, each with a weight: how often it was added less how often removed.

    Arrays given and handed out are shared and must not be written to.
    """

    __slots__ = ("_chunks", "_unsettled", "stored", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self.stored = 0
        self._chunks: list[tuple[Floats, Weights]] = []
        self._unsettled = False

    @property
    def net(self) -> int:
        """Rows added less rows removed."""
        return sum(int(weights.sum()) for _, weights in self._chunks)

    def append(self, values: Floats, weights: Weights) -> None:
        """Take rows, shape (n, width), with their weights, shape (n,)."""
        if not len(values):
            return
        self._chunks.append((values, weights))
        self.stored += len(values)
        self._unsettled = self._unsettled or bool((weights < 0).any())

    def extend(self, other: Self) -> None:
        """Take all rows of another."""
        for values, weights in other._chunks:
            self.append(values, weights)

    def copy(self) -> Self:
        """An independent copy that shares the arrays."""
        copy: Self = type(self)(self.width)
        copy.extend(self)
        return copy

    def arrays(self) -> tuple[Floats, Weights]:
        """All rows, shape (n, width), and weights, shape (n,); added and removed pairs cancelled."""
        if not self._chunks:
            return np.empty((0, self.width)), np.empty(0, dtype=np.int64)
        if len(self._chunks) > 1:
            self._replace(
                np.concatenate([values for values, _ in self._chunks]),
                np.concatenate([weights for _, weights in self._chunks]),
            )
        if self._unsettled:
            self._replace(*_cancelled(*self._chunks[0]))
            self._unsettled = bool((self._chunks[0][1] < 0).any())
        return self._chunks[0]

    def _replace(self, values: Floats, weights: Weights) -> None:
        self._chunks = [(values, weights)]
        self.stored = len(values)

    def pack(self) -> list[bytes]:
        """The rows as bytes, for `unpack`: equal ones as one, in an order of their own."""
        values, weights = _cancelled(*self.arrays())
        return [pack_array(values), pack_array(weights)]

    @classmethod
    def unpack(cls, width: int, parts: list[bytes]) -> Self:
        """The rows that `pack` wrote; Corrupt if they are damaged."""
        kept = cls(width)
        values = unpack_array(parts[0], np.float64).reshape(-1, width)
        weights = unpack_array(parts[1], np.int64)
        if len(values) != len(weights):
            raise Corrupt(f"a stored summary has {len(values)} rows and {len(weights)} weights")
        kept.append(values, weights)
        return kept


def _cancelled(values: Floats, weights: Weights) -> tuple[Floats, Weights]:
    """Equal rows (bit by bit) as one, with the sum of their weights; those that sum to 0 are gone."""
    bits = np.ascontiguousarray(values).view(np.uint64)
    key = np.zeros(len(bits), dtype=np.uint64)
    for column in range(bits.shape[1]):
        key = (key ^ bits[:, column]) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    if not len(bits):
        return values, weights
    order = np.argsort(key, kind="stable")
    bits = bits[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (bits[1:] != bits[:-1]).any(axis=1)
    sums = np.add.reduceat(weights[order], np.flatnonzero(first))
    remaining = sums != 0
    return values[order[first][remaining]], sums[remaining]

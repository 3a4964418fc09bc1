"""A sample that every reader agrees on: the rows whose ids have the smallest priorities."""

from typing import Self

import numpy as np

from services.evaluation.model import Floats
from services.evaluation.summaries.weighted_rows import WeightedRows, Weights


class Sample:
    """The `size` rows with the smallest priorities, of any number added (a bottom-k sample).

    Half as many again are held, so that rows can be removed without leaving the sample short.

    Args:
        size: how many rows `rows` gives at most.
        width: numbers in a row.
    """

    __slots__ = ("_kept", "_limit", "size", "width")

    def __init__(self, size: int, width: int) -> None:
        self.size = size
        self.width = width
        self._kept = WeightedRows(width + 1)
        self._limit = 1.0

    def add_rows(self, priority: Floats, values: Floats, sign: int) -> None:
        """Add (+1) or take out (-1) rows, shape (n, width), by their ids' `priorities`, shape (n,)."""
        chosen = priority < self._limit
        rows = np.column_stack([priority[chosen], values[chosen]])
        self._kept.append(rows, np.full(len(rows), sign, dtype=np.int64))
        self._shorten()

    def merge(self, other: Self) -> None:
        """Add the other's rows; both then hold for all that either has seen."""
        self._kept.extend(other._kept)
        self._limit = min(self._limit, other._limit)
        self._shorten()

    def copy(self) -> Self:
        """An independent copy."""
        copy: Self = type(self)(self.size, self.width)
        copy._kept = self._kept.copy()
        copy._limit = self._limit
        return copy

    def rows(self) -> Floats:
        """The sample, shape (at most size, width), in order of priority."""
        values, weights = self._kept.arrays()
        values = values[(weights > 0) & (values[:, 0] < self._limit)]
        order = np.argsort(values[:, 0], kind="stable")[: self.size]
        return values[order, 1:]

    def _shorten(self) -> None:
        if self._kept.stored <= 2 * self.size:
            return
        values, weights = self._kept.arrays()
        held = self.size + self.size // 2
        if len(values) > held:
            self._limit = min(self._limit, float(np.partition(values[:, 0], held)[held]))
        self._keep(values, weights)

    def _keep(self, values: Floats, weights: Weights) -> None:
        chosen = values[:, 0] < self._limit
        self._kept = WeightedRows(self.width + 1)
        self._kept.append(values[chosen], weights[chosen])

    def pack(self) -> tuple[float, list[bytes]]:
        """Its limit and rows, for `unpack`."""
        self._keep(*self._kept.arrays())
        return self._limit, self._kept.pack()

    @classmethod
    def unpack(cls, size: int, width: int, limit: float, parts: list[bytes]) -> Self:
        """The sample that `pack` wrote."""
        sample = cls(size, width)
        sample._limit = limit
        sample._kept = WeightedRows.unpack(width + 1, parts)
        return sample

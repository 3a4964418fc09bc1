"""Points of few distinct real values, placed side by side so that no version covers another."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.evaluation.model import Pairs

Floats = NDArray[np.float64]

MOST_VALUES = 25
"""With more distinct values, columns would be too narrow to be told apart."""
FEWEST_ROWS_A_VALUE = 3
"""With fewer rows a value, points rarely cover one another."""
BAND = 0.7
"""Share of the gap between two values that is used; the rest keeps the values apart."""
COLUMN = 0.8
"""Share of a version's part of the band that its points fill."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Dodge:
    """How points are placed around the values that they stand for.

    Attributes:
        values: the distinct real values, ascending.
        versions: from left to right.
    """

    values: tuple[float, ...]
    versions: tuple[str, ...]

    @classmethod
    def of(cls, pairs: Mapping[str, Pairs]) -> "Dodge | None":
        """The spread that these pairs need; None where single points can be seen as they are."""
        found: set[float] = set()
        rows = 0
        for one in pairs.values():
            real = one.real[np.isfinite(one.real) & np.isfinite(one.predicted)]
            rows += int(real.size)
            for part in (real[:1000], real):
                found.update(np.unique(part).tolist())
                if len(found) > MOST_VALUES:
                    return None
        if len(found) < 2 or rows < FEWEST_ROWS_A_VALUE * len(found):
            return None
        return cls(tuple(sorted(found)), tuple(pairs))

    def placed(self, version: str, pairs: Pairs) -> Floats:
        """Where a version's points stand along x, shape (n,).

        A point's place within its column follows from its prediction alone, so that a refresh moves no
        point (Fibonacci hashing, Knuth, The Art of Computer Programming, volume 3, section 6.4).
        """
        width = BAND * self.gap / len(self.versions)
        middle = (self.versions.index(version) - (len(self.versions) - 1) / 2) * width
        bits = np.ascontiguousarray(pairs.predicted, dtype=np.float64).view(np.uint64)
        share = ((bits ^ (bits >> np.uint64(32))) * _GOLDEN >> np.uint64(11)).astype(np.float64) / 2.0**53
        return pairs.real + middle + (share - 0.5) * width * COLUMN

    @property
    def gap(self) -> float:
        """The smallest distance between two values."""
        return float(np.diff(self.values).min())

    def value(self, x: float) -> float:
        """The real value that a place along x stands for."""
        return min(self.values, key=lambda value: abs(value - x))

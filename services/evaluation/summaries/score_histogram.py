"""Scores counted in equal ranges: what is left of more rows than are kept one by one."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.evaluation.model import Floats

Codes = NDArray[np.int64]
_MOST_RANGES = 1 << 16
_MOST_COUNTS = 1 << 19
_BLOCK = 1 << 15


def ranges_for(classes: int) -> int:
    """How many equal ranges divide [0, 1]: a power of two, 65,536 for up to eight classes."""
    ranges = _MOST_RANGES
    while ranges > 64 and ranges * classes > _MOST_COUNTS:
        ranges //= 2
    return ranges


class ScoreHistogram:
    """For each class, rows of the rest and rows of the class by range of their score.

    Scores below 0 or above 1 count in the first or last range. Numbers of ranges are powers of two,
    so that a histogram for fewer classes becomes exactly the one for more.

    Args:
        classes: those that have a score.

    Attributes:
        counts: shape (classes, 2, ranges), int64: index 0 for the rest, 1 for the class.
        others: rows by their class, for classes that have no score.
    """

    __slots__ = ("classes", "counts", "others")

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self.counts = np.zeros((len(classes), 2, ranges_for(len(classes))), dtype=np.int64)
        self.others: dict[str, int] = {}

    def add_scores(self, codes: Codes, names: list[str], scores: Floats, weight: int) -> None:
        """Count rows.

        Args:
            codes: shape (n,), the class of each row, into `names`.
            names: `classes`, then any others.
            scores: shape (n, classes), finite.
            weight: how often each row counts; negative takes it out.
        """
        ranges = self.counts.shape[2]
        for code in range(len(self.classes)):
            places = _flat_places(codes == code, scores[:, code], ranges)
            if len(places) * 8 < ranges:
                np.add.at(self.counts[code].reshape(-1), places, weight)
            else:
                self.counts[code] += weight * np.bincount(places, minlength=2 * ranges).reshape(2, ranges)
        if len(names) > len(self.classes):
            self._add_others(np.bincount(codes, minlength=len(names)).tolist(), names, weight)

    def merge(self, other: Self) -> None:
        """Add the counts of one with the same classes."""
        self.counts += other.counts
        for name, rows in other.others.items():
            self.others[name] = self.others.get(name, 0) + rows

    def copy(self) -> Self:
        """An independent copy."""
        copy: Self = type(self)(self.classes)
        copy.merge(self)
        return copy

    def placed(self, classes: tuple[str, ...]) -> Self:
        """The same rows among more classes; those of new classes were scored 0."""
        placed = type(self)(classes)
        ranges = placed.counts.shape[2]
        placed.counts[:, 0, 0] = self.counts[:1].sum()
        placed.others = {name: rows for name, rows in self.others.items() if name not in classes}
        for code, name in enumerate(classes):
            if name in self.classes:
                own = self.counts[self.classes.index(name)]
                placed.counts[code] = own.reshape(2, ranges, -1).sum(axis=2)
            else:
                placed.counts[code, :, 0] += np.array([-1, 1]) * self.others.get(name, 0)
        return placed

    def _add_others(self, rows: list[int], names: list[str], weight: int) -> None:
        for code in range(len(self.classes), len(names)):
            if rows[code]:
                self.others[names[code]] = self.others.get(names[code], 0) + weight * rows[code]


def _flat_places(of_class: NDArray[np.bool_], scores: Floats, ranges: int) -> NDArray[np.int64]:
    """Each row's place in a flat (2, ranges) table, in blocks that stay in the processor's cache."""
    places = np.empty(len(scores), dtype=np.int64)
    for start in range(0, len(scores), _BLOCK):
        block = slice(start, start + _BLOCK)
        scaled = scores[block] * ranges
        np.clip(scaled, 0, ranges - 1, out=scaled)
        places[block] = scaled
        places[block] += of_class[block] * ranges
    return places

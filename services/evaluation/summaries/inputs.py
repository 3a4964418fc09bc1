"""What evaluation keeps of one input column."""

import hashlib
import math
from typing import Self

import msgspec
import numpy as np

from services.evaluation.exact_sums import (
    LARGEST,
    UNIT_BITS,
    ExactSums,
    product,
    ratio,
    spread,
    without_dust,
)
from services.evaluation.model import Floats, Measure, Series
from services.evaluation.summaries import serialization
from services.evaluation.summaries.sample import Sample
from services.store.batches import Categorical, Column

SAMPLED = 2_000
MOST_CATEGORIES = 1_000


class InputState(msgspec.Struct, frozen=True, array_like=True, tag="input-1"):
    """An input summary as it is stored."""

    sampled: int
    count: int
    missing: int
    minimum: float
    maximum: float
    totals: list[bytes]
    categories: dict[str, int]
    is_text: bool
    limit: float
    sample: list[bytes]


_DECODER = msgspec.msgpack.Decoder(InputState)


class InputSummary:
    """Count, range, mean and variance, or counts of texts, and a sample over time; mergeable.

    Of a text input, the 1,000 texts with the smallest hashes are counted, exactly; a column with more
    (free text) has the others in `count` alone. Numbers beyond 1e140 count as missing.

    Args:
        sampled: how many rows `series` gives at most.

    Attributes:
        count: rows with a value.
        missing: rows without.
        minimum, maximum: of the numbers; infinity and minus infinity while there are none.
    """

    __slots__ = ("_categories", "_is_text", "_sample", "_sums", "count", "maximum", "minimum", "missing")

    def __init__(self, sampled: int = SAMPLED) -> None:
        self.count = 0
        self.missing = 0
        self.minimum = math.inf
        self.maximum = -math.inf
        self._sums = ExactSums([0] * 3)
        self._categories: dict[str, int] = {}
        self._is_text = False
        self._sample = Sample(sampled, width=2)

    def add_values(self, priority: Floats, at: Floats, column: Column) -> None:
        """Count n rows.

        Args:
            priority: shape (n,), the `priorities` of the rows' ids.
            at: shape (n,), Unix seconds (or row numbers, for a training set).
            column: shape (n,), the values.
        """
        if isinstance(column, Categorical):
            values, valid = self._add_texts(column)
        else:
            values, valid = column, np.abs(column) <= LARGEST
            self._add_numbers(values[valid])
        rows = int(valid.sum())
        self.count += rows
        self.missing += len(valid) - rows
        self._sample.add_rows(priority, np.column_stack([at, np.where(valid, values, np.nan)]), 1)

    def merge(self, other: Self) -> None:
        """Count all rows of the other, of the same column, too."""
        self.count += other.count
        self.missing += other.missing
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self._sums.merge(other._sums)
        self._is_text = self._is_text or other._is_text
        self._count_texts(other._categories)
        self._sample.merge(other._sample)

    def copy(self) -> Self:
        """An independent copy."""
        copy: Self = type(self)(self._sample.size)
        copy.merge(self)
        return copy

    def mean(self) -> Measure:
        """The mean of the numbers."""
        if self._is_text or not self.count:
            return Measure(None, self._no_numbers())
        return Measure(ratio(self._sums.totals[0], self.count << UNIT_BITS))

    def variance(self) -> Measure:
        """The sample variance (divided by n - 1) of the numbers."""
        if self._is_text or self.count < 2:
            return Measure(None, self._no_numbers() or "it takes at least two values")
        total, squares, errors = self._sums.totals
        numerator = spread(self.count, total, total, squares + errors)
        return Measure(ratio(numerator, (self.count * (self.count - 1)) << (2 * UNIT_BITS)))

    def categories(self) -> dict[str, int]:
        """How often each text occurred, most frequent first; empty for numbers."""
        counted = [(text, self._categories[text]) for text in self._smallest()]
        return dict(sorted(counted, key=lambda pair: (-pair[1], pair[0])))

    def series(self) -> Series:
        """The sample over time, oldest first; texts as codes into `categories`, in their order."""
        rows = self._sample.rows()
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        texts = tuple(self.categories())
        values = _as_codes(rows[:, 1], texts) if self._is_text else rows[:, 1].copy()
        return Series(rows[:, 0].copy(), values, texts)

    def to_bytes(self) -> bytes:
        """Everything, for `from_bytes`."""
        limit, sample = self._sample.pack()
        return serialization.encode(
            InputState(
                self._sample.size,
                self.count,
                self.missing,
                self.minimum,
                self.maximum,
                [serialization.pack_integer(total) for total in self._sums.totals],
                self._categories,
                self._is_text,
                limit,
                sample,
            )
        )

    @staticmethod
    def check(packed: bytes) -> None:
        """Look whether `to_bytes` packed it, without decoding its arrays; Corrupt if not."""
        serialization.decode(packed, _DECODER)

    @classmethod
    def from_bytes(cls, packed: bytes) -> Self:
        """The summary that `to_bytes` packed; Corrupt if it is not one."""
        state = serialization.decode(packed, _DECODER)
        summary = cls(state.sampled)
        summary.count, summary.missing = state.count, state.missing
        summary.minimum, summary.maximum = state.minimum, state.maximum
        summary._sums = serialization.unpack_sums(state.totals, 3)
        summary._categories, summary._is_text = state.categories, state.is_text
        summary._sample = Sample.unpack(state.sampled, 2, state.limit, state.sample)
        return summary

    def _add_numbers(self, numbers: Floats) -> None:
        if len(numbers):
            self.minimum = min(self.minimum, float(numbers.min()))
            self.maximum = max(self.maximum, float(numbers.max()))
            summed = without_dust(numbers)
            self._sums.add_values(np.stack([summed, *product(summed, summed)]), 1)

    def _add_texts(
        self, column: Categorical
    ) -> tuple[Floats, "np.ndarray[tuple[int], np.dtype[np.bool_]]"]:
        """Count texts; each row's text as its hash, which needs no common list of codes."""
        self._is_text = True
        counts = np.bincount(column.codes + 1, minlength=len(column.categories) + 1)[1:].tolist()
        self._count_texts(dict(zip(column.categories, counts, strict=True)))
        hashes = np.array([*map(_hash, column.categories), np.nan])
        return hashes[column.codes], column.codes >= 0

    def _count_texts(self, counts: dict[str, int]) -> None:
        for text, rows in counts.items():
            if rows:
                self._categories[text] = self._categories.get(text, 0) + rows
        if len(self._categories) > 2 * MOST_CATEGORIES:
            self._categories = {text: self._categories[text] for text in self._smallest()}

    def _smallest(self) -> list[str]:
        """The texts that are counted whatever the order of merging (a bottom-k sample of texts)."""
        if len(self._categories) <= MOST_CATEGORIES:
            return list(self._categories)
        return sorted(self._categories, key=_hash)[:MOST_CATEGORIES]

    def _no_numbers(self) -> str:
        if self._is_text:
            return "the input is a text"
        return "" if self.count else "there is no value yet"


def _hash(text: str) -> float:
    """A number in [0, 1) for a text, the same everywhere."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "little") >> 11) * 2.0**-53


def _as_codes(hashes: Floats, texts: tuple[str, ...]) -> Floats:
    codes = {_hash(text): float(code) for code, text in enumerate(texts)}
    return np.array([codes.get(value, math.nan) for value in hashes.tolist()])

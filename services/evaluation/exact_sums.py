"""Sums of doubles without any rounding, so that order, merging and removal leave no trace."""

import math
from collections.abc import Iterable
from typing import Self

import numpy as np

from services.evaluation.model import Floats

UNIT_BITS = 1074
"""Totals are whole multiples of 2**-1074, the smallest double."""
LARGEST = 1e140
"""Squares of anything larger could not be added up; no measured quantity comes near it."""
_SMALLEST = 1e-130
_BLOCK_BITS = 11
_BLOCK = 1 << _BLOCK_BITS
_SPLITTER = 2.0**27 + 1.0


class ExactSums:
    """Running exact sums of several quantities, each a Python integer in units of 2**-1074.

    Args:
        totals: one start value per quantity.
    """

    __slots__ = ("totals",)

    def __init__(self, totals: Iterable[int]) -> None:
        self.totals = list(totals)

    def add_values(self, values: Floats, sign: int) -> None:
        """Add (+1) or take out (-1) finite values, shape (quantities, rows), below 1e290 in size."""
        for start in range(0, values.shape[1], _BLOCK):
            self._add_block(values[:, start : start + _BLOCK], sign)

    def merge(self, other: Self) -> None:
        """Add the other's totals."""
        self.totals = [mine + theirs for mine, theirs in zip(self.totals, other.totals, strict=True)]

    def copy(self) -> Self:
        """An independent copy."""
        return type(self)(self.totals)

    def value(self, quantity: int) -> float:
        """One total, rounded once to the nearest double."""
        return self.totals[quantity] / (1 << UNIT_BITS)

    def _add_block(self, rest: Floats, sign: int) -> None:
        """Split off the leading bits of all values on one grid, whose sum no double rounds; repeat.

        The error-free extraction of Rump, Ogita and Oishi (Accurate floating-point summation I, 2008).
        """
        while (largest := np.maximum(rest.max(axis=1), -rest.min(axis=1))).any():
            grid = np.ldexp(1.0, np.frexp(largest)[1] + (_BLOCK_BITS + 1))[:, np.newaxis]
            leading = (rest + grid) - grid
            for quantity, part in enumerate(leading.sum(axis=1).tolist()):
                self.totals[quantity] += sign * _in_units(part)
            rest = rest - leading


def _in_units(value: float) -> int:
    numerator, denominator = value.as_integer_ratio()
    return numerator << (UNIT_BITS + 1 - denominator.bit_length())


def without_dust(values: Floats) -> Floats:
    """The values, with 0 for those below 1e-130 in size, of whose squares no double holds all digits."""
    return np.where(np.abs(values) < _SMALLEST, 0.0, values)


def product(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """`left * right` as an unevaluated sum of two doubles, without error (Dekker 1971).

    Exact for sizes between 1e-130 and 1e140, and 0.
    """
    rounded = left * right
    left_high, left_low = _halves(left)
    right_high, right_low = _halves(right)
    error = ((left_high * right_high - rounded) + left_high * right_low + left_low * right_high) + (
        left_low * right_low
    )
    return rounded, error


def _halves(values: Floats) -> tuple[Floats, Floats]:
    scaled = values * _SPLITTER
    high = scaled - (scaled - values)
    return high, values - high


def spread(rows: int, first: int, second: int, mixed: int) -> int:
    """`rows * sum(xy) - sum(x) * sum(y)` from exact totals, in units of 2**-2148.

    Args:
        rows: how many pairs.
        first: total of x.
        second: total of y.
        mixed: total of x times y; all three in units of 2**-1074.
    """
    return ((rows * mixed) << UNIT_BITS) - first * second


def ratio(numerator: int, denominator: int) -> float:
    """A quotient of exact totals, rounded once; infinity where no double is large enough."""
    try:
        return numerator / denominator
    except OverflowError:
        return math.inf

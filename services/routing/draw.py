"""A row's version, drawn from a policy's probabilities by the row's prediction id alone.

So all replicas agree, a retry under the same id meets the same version, and every choice of the past can be
made again with its exact propensity.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.routing.interface import ArmProbabilities

Ids = NDArray[np.uint64]
"""Shape (n, 2): the big-endian high and low halves of each prediction id."""

_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Which version answers each of n rows.

    Attributes:
        versions: the names of the arms that `arms` indexes.
        arms: shape (n,): the index of each row's version.
        propensity: shape (n,), float32: the probability with which that version was chosen.
    """

    versions: tuple[str, ...]
    arms: NDArray[np.int64]
    propensity: NDArray[np.float32]


def choose(arms: ArmProbabilities, ids: Ids) -> Choice:
    """One draw for each row, seeded by its prediction id; `ids` has shape (n, 2)."""
    bounds = np.cumsum(arms.probabilities)
    # The sum may be a little below 1: what is drawn beyond it goes to the last version that can be chosen.
    last = int(np.flatnonzero(arms.probabilities)[-1])
    chosen = np.minimum(np.searchsorted(bounds, uniform(ids), side="right"), last).astype(np.int64)
    return Choice(arms.versions, chosen, arms.probabilities[chosen].astype(np.float32))


def uniform(ids: Ids) -> NDArray[np.float64]:
    """A number in [0, 1) for each id, shape (n,): the id's halves mixed by SplitMix64's finalizer.

    Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
    """
    mixed = _mixed(_mixed(ids[:, 0] + _INCREMENT) ^ ids[:, 1])
    uniforms: NDArray[np.float64] = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return uniforms


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(30))) * _FIRST
    values = (values ^ (values >> np.uint64(27))) * _SECOND
    return values ^ (values >> np.uint64(31))

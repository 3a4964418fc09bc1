"""Labelled rows as summaries take them, and the numbers that stand for a row's id."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.evaluation.model import Floats
from services.store.batches import Categorical, Column
from services.store.identifiers import Ids


@dataclass(frozen=True, slots=True, eq=False)
class LabelledRows:
    """Predictions of one version joined with their true values, n rows.

    Attributes:
        ids: shape (n, 2), the prediction ids; `row_ids` for a training set.
        labels: shape (n,), the true values; a missing one (NaN, code -1) leaves its row out.
        predicted: shape (n,); a missing one leaves its row out.
        scores: shape (n, k), a probability per class of `predicted.categories`; None for regression
            and where the model gives none. A row with a score that is not finite counts for all
            metrics but AUC.
    """

    ids: Ids
    labels: Column
    predicted: Column
    scores: Floats | None = None

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.ids)


def row_ids(numbers: NDArray[np.floating] | NDArray[np.integer]) -> Ids:
    """Ids, shape (n, 2), that stand for the row numbers of a training set."""
    ids = np.zeros((len(numbers), 2), dtype=np.uint64)
    ids[:, 1] = numbers.astype(np.int64).view(np.uint64)
    return ids


def priorities(ids: Ids) -> Floats:
    """A number in [0, 1) for each id, shape (n,): the same for every reader, and as if random.

    Both halves go through the finaliser of SplitMix64 (Steele, Lea and Flood 2014); the top 53 bits
    become the number.
    """
    return (_mixed(ids[:, 1] ^ _mixed(ids[:, 0])) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return result


def as_classes(column: Column, classes: tuple[str, ...]) -> Categorical:
    """A column of class labels as texts, whichever way the target is stored.

    Integers and booleans are stored as numbers: a number becomes the class that is written so (`1`,
    `1.0`, `true`), or its own shortest text where no class is.
    """
    if isinstance(column, Categorical):
        return column
    values, codes = np.unique(column, return_inverse=True)
    present = values[~np.isnan(values)]
    names = {_number(name): name for name in classes}
    categories = tuple(names.get(value, f"{value:.17g}") for value in present.tolist())
    return Categorical(np.where(codes < len(present), codes, -1).astype(np.int32), categories)


def _number(name: str) -> float | None:
    truth = {"true": 1.0, "false": 0.0}.get(name.lower())
    if truth is not None:
        return truth
    try:
        return float(name)
    except ValueError:
        return None

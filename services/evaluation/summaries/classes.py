"""Classes by name: finding the places of one list in another."""

import numpy as np
from numpy.typing import NDArray


def places(categories: tuple[str, ...], names: list[str]) -> NDArray[np.int64]:
    """Where each category stands in `names`, which grows by those it lacks; shape (categories + 1,).

    The last entry is -1, so that indexing by codes leaves a missing one (-1) missing.
    """
    index = {name: place for place, name in enumerate(names)}
    for category in categories:
        if category not in index:
            index[category] = len(names)
            names.append(category)
    return np.array([*(index[category] for category in categories), -1], dtype=np.int64)


def merged_classes(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    """The common order of two lists of classes: as they stand if equal, else all sorted by name."""
    return mine if mine == theirs else tuple(sorted({*mine, *theirs}))

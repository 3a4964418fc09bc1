"""Which prediction ids stand in the store, by primary key."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.errors import NotFound
from services.store.identifiers import Ids
from services.store.interface import Store


def unpack_ids(packed: bytes) -> Ids:
    """Ids of 16 big-endian bytes each, as shape (n, 2)."""
    return np.frombuffer(packed, ">u8").reshape(-1, 2).astype(np.uint64)


def are_predicted(store: Store, project: str, version: str, ids: Ids) -> NDArray[np.bool_]:
    """Whether a version's row of each id, shape (n,), is there; raises what the store raises."""
    try:
        batch = store.predictions(project, version, ids)
    except NotFound:  # it has no rows yet, not even a table
        batch = None
    if batch is None or not len(batch):
        return np.zeros(len(ids), bool)
    known = set(_keys(batch.ids))
    return np.array([key in known for key in _keys(ids)])


def _keys(ids: Ids) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in ids.tolist()]

"""Keeps out of the log what another gateway, or an earlier request, has brought to the store already.

A row can be recorded twice: a client asks again with its own ids, or a gateway dies with a challenger's
answers in its spool and another one asks that challenger again. Readers of the log count copies that
follow one another soon as one. So only rows that are shipped late are looked up, by primary key, and no
answer waits for it.
"""

import time

import numpy as np
from numpy.typing import NDArray

from services.errors import NotFound
from services.gateway.spool.batching import without_unused_categories
from services.gateway.spool.outbox import PlacedBatch
from services.registry.model import Mode
from services.store.batches import PredictionBatch, decode, encode
from services.store.identifiers import Ids, milliseconds
from services.store.interface import Store

_BROUGHT_MILLISECONDS = 1_000
Mask = NDArray[np.bool_]
_Answer = tuple[str, float]
"""A revision and the milliseconds it took: what tells a row's copies apart."""


class Deduplicator:
    """Looks rows up in a store; may be used from several threads.

    Args:
        store: where to look.
        seconds: the age from which on a row is looked up; readers remember at least so long.
    """

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._milliseconds = 1000 * seconds

    def without_duplicates(self, placed: PlacedBatch) -> PlacedBatch:
        """The batch without the rows that somebody else has brought; the same one if there are none.

        A row with this batch's own answer was brought by an earlier attempt, and is not yet in the log.
        Raises what the store raises.
        """
        batch = decode(placed.blob)
        if not isinstance(batch, PredictionBatch):
            return placed
        old = self._may_repeat(batch)
        if not old.any():
            return placed
        repeated = old.copy()
        repeated[old] = self._is_answered(placed.project, batch.take(old))
        if not repeated.any():
            return placed
        kept = without_unused_categories(batch.take(~repeated))
        return placed._replace(rows=len(kept), blob=encode(kept))

    def _may_repeat(self, batch: PredictionBatch) -> Mask:
        """Which rows, shape (n,), may be copies of what readers no longer remember."""
        if not batch.brought and batch.mode is not Mode.CHALLENGER:
            return np.zeros(len(batch), np.bool_)
        now = time.time_ns() / 1_000_000
        # A row under an id that a client brought stands once, whoever recorded it first.
        age = min(self._milliseconds, _BROUGHT_MILLISECONDS) if batch.brought else self._milliseconds
        old: Mask = now - milliseconds(batch.ids) > age
        return old

    def _is_answered(self, project: str, batch: PredictionBatch) -> Mask:
        """Which rows, shape (n,), the version's table has with another answer."""
        there = self._answers(project, batch.version, batch.ids)
        own = zip(_keys(batch.ids), batch.latency_ms.tolist(), strict=True)
        return np.array([
            key in there and there[key] != (batch.revision, latency) for key, latency in own
        ])  # fmt: skip

    def _answers(self, project: str, version: str, ids: Ids) -> dict[tuple[int, int], _Answer]:
        try:
            found = self._store.prediction_batches(project, version, ids)
        except NotFound:  # it has no rows yet, not even a table
            return {}
        return {
            key: (batch.revision, latency)
            for batch in found
            for key, latency in zip(_keys(batch.ids), batch.latency_ms.tolist(), strict=True)
        }


def _keys(ids: Ids) -> list[tuple[int, int]]:
    return [(high, low) for high, low in ids.tolist()]

"""Says what labels met: from what this gateway remembers, else from the store, else "not yet"."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.errors import NotFound, RelevoError
from services.gateway.messages import LabelCounts
from services.gateway.prediction_ids import unpack_ids
from services.store.identifiers import Ids
from services.store.interface import LabelEntry, Store

_logger = logging.getLogger(__name__)
_REMEMBERED = 200_000
_LOOKUPS_AT_ONCE = 2
_LOOKUPS_WAITING = 16

Label = float | str
Kept = TypeVar("Kept")


class RecentEntries(Generic[Kept]):
    """The newest entries of a mapping: at least half of `most`, never more than that."""

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._new: dict[bytes, Kept] = {}
        self._old: dict[bytes, Kept] = {}

    def put(self, key: bytes, value: Kept) -> None:
        """Remember, and forget the oldest if there are too many."""
        if len(self._new) >= self._half:
            self._old, self._new = self._new, {}
        self._new[key] = value

    def get(self, key: bytes) -> Kept | None:
        """What is remembered, or None."""
        value = self._new.get(key)
        return self._old.get(key) if value is None else value


@dataclass(frozen=True, slots=True)
class LabelQuery:
    """Labels to be looked up.

    Attributes:
        ids: 16 bytes each, big-endian.
        versions: of the project, the likeliest first.
        moment: labels before it count as earlier ones, microseconds.
    """

    project: str
    ids: tuple[bytes, ...]
    versions: tuple[str, ...]
    moment: int


@dataclass(frozen=True, slots=True)
class LabelMatches:
    """What is known of each id of a question: whether it was predicted, and its label so far."""

    predicted: tuple[bool, ...]
    labels: tuple[Label | None, ...]


class LabelMatcher:
    """Remembers recent predictions and labels, and asks the store about older ones.

    Args:
        store: the open store, or raises Unavailable; called from threads.
        seconds: after which a lookup is given up.
    """

    def __init__(self, store: Callable[[], Store], seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._blocks: list[bytes] = []
        self._block_rows = 0
        self._predicted: RecentEntries[bool] = RecentEntries(_REMEMBERED)
        self._labels: RecentEntries[Label] = RecentEntries(_REMEMBERED)
        self._pool = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, "label-lookup")
        self._waiting = 0

    def remember_predictions(self, ids: bytes) -> None:
        """These ids were predicted; cheap, because most are never asked about."""
        self._blocks.append(ids)
        self._block_rows += len(ids) >> 4
        if self._block_rows > _REMEMBERED:
            self._index_blocks()

    async def count_matches(
        self, question: LabelQuery, labels: Sequence[Label], classes: frozenset[str] | None
    ) -> LabelCounts:
        """What these labels, one for each id of the question in its order, have met."""
        self._index_blocks()
        found = await self._find(question)
        corrected = unmatched = 0
        earlier = dict(zip(question.ids, found.labels, strict=True))
        for key, predicted, label in zip(question.ids, found.predicted, labels, strict=True):
            before = earlier[key]
            corrected += before is not None and before != label
            unmatched += not predicted
            earlier[key] = label
            self._labels.put(key, label)
        unknown = 0 if classes is None else sum(label not in classes for label in labels)
        return LabelCounts(len(labels), corrected, unmatched, unknown)

    def close(self) -> None:
        """End the lookups."""
        self._pool.shutdown(cancel_futures=True)

    def _index_blocks(self) -> None:
        for block in self._blocks:
            for start in range(0, len(block), 16):
                self._predicted.put(block[start : start + 16], True)  # noqa: FBT003 - the value kept
        self._blocks.clear()
        self._block_rows = 0

    async def _find(self, question: LabelQuery) -> LabelMatches:
        predicted = [bool(self._predicted.get(key)) for key in question.ids]
        labels = [self._labels.get(key) for key in question.ids]
        missing = [place for place, label in enumerate(labels) if label is None or not predicted[place]]
        if missing and self._waiting < _LOOKUPS_WAITING:
            asked = LabelQuery(
                question.project,
                tuple(question.ids[place] for place in missing),
                question.versions,
                question.moment,
            )
            found = await self._ask_store(asked)
            for place, there, label in zip(missing, found.predicted, found.labels, strict=True):
                predicted[place] = predicted[place] or there
                labels[place] = label if labels[place] is None else labels[place]
        return LabelMatches(tuple(predicted), tuple(labels))

    async def _ask_store(self, question: LabelQuery) -> LabelMatches:
        """Ask the store; whatever keeps it from answering, the labels stay unmatched for now."""
        nothing = (None,) * len(question.ids)
        unknown = LabelMatches((False,) * len(question.ids), nothing)
        loop = asyncio.get_running_loop()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                return await loop.run_in_executor(self._pool, look_up, self._store, question)
        except TimeoutError:
            _logger.warning("the store was too slow to say what labels of %s match", question.project)
        except RelevoError as error:
            _logger.info("the store cannot say what labels of %s match: %s", question.project, error)
        finally:
            self._waiting -= 1
        return unknown


def look_up(opener: Callable[[], Store], question: LabelQuery) -> LabelMatches:
    """What the store knows; blocks. Raises what the store raises."""
    store = opener()
    ids = unpack_ids(b"".join(question.ids))
    predicted = np.zeros(len(ids), bool)
    for version in question.versions:
        missing = np.flatnonzero(~predicted)
        if not len(missing):
            break
        predicted[missing] = are_predicted(store, question.project, version, ids[missing])
    history = store.labels(question.project, ids)
    labels = tuple(_newest(entries, question.moment) for entries in history)
    return LabelMatches(tuple(predicted.tolist()), labels)


def _newest(entries: list[LabelEntry], before: int) -> Label | None:
    earlier = [entry for entry in entries if entry.labelled_at < before]
    return earlier[-1].label if earlier else None


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

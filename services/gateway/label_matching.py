"""Says what labels met: from what this gateway remembers and from the store, else "not yet".

And when they are given: a label that is told later than the one that is known counts, also where that one
is of a gateway whose clock goes before this one's.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.errors import NotFound, RelevoError
from services.gateway.messages import LabelCounts
from services.gateway.records import Labels
from services.gateway.spool.entries import LabelHeader, encode_part
from services.gateway.spool.spool import EncodedRows
from services.store.identifiers import Ids, unpack_ids
from services.store.interface import LabelEntry, Store

_logger = logging.getLogger(__name__)
_REMEMBERED = 200_000
_LOOKUPS_AT_ONCE = 2
_LOOKUPS_WAITING = 16

Label = float | str
Record = Callable[[Sequence[EncodedRows]], Awaitable[None]]
"""Makes all of these durable, in one transaction."""

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
        writer: this gateway's name in the log.
        moment: from which on the labels of this request are given, see `LabelMatcher.reserve`.
    """

    project: str
    ids: tuple[bytes, ...]
    versions: tuple[str, ...]
    writer: str
    moment: int


@dataclass(frozen=True, slots=True)
class LabelMatches:
    """What is known of each id of a question before the labels that come with it.

    Attributes:
        predicted: whether it was predicted.
        labels: its label; None where there is none.
        moments: when that was given, in microseconds since the Unix epoch; -1 where there is none.
    """

    predicted: tuple[bool, ...]
    labels: tuple[Label | None, ...]
    moments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GivenLabels:
    """Labels with their moments.

    Attributes:
        parts: to be recorded, together all of them.
        moments: of each label, in the order of the request.
    """

    parts: list[Labels]
    moments: list[int]


class LabelMatcher:
    """Remembers recent predictions and labels, and asks the store about older ones.

    A label passes it once: what it meets is found, its moment follows from that, and it is recorded.

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
        self._labels: RecentEntries[tuple[int, Label]] = RecentEntries(_REMEMBERED)
        self._ahead: RecentEntries[int] = RecentEntries(_REMEMBERED)
        self._moment = 0
        self._pool = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, "label-lookup")
        self._waiting = 0

    def remember_predictions(self, ids: bytes) -> None:
        """These ids were predicted; cheap, because most are never asked about."""
        self._blocks.append(ids)
        self._block_rows += len(ids) >> 4
        if self._block_rows > _REMEMBERED:
            self._index_blocks()

    def reserve(self, count: int) -> int:
        """The moment of the first of so many labels, microseconds; each next one is one later.

        Each moment is given once, in the order in which requests come.
        """
        first = max(time.time_ns() // 1_000, self._moment)
        self._moment = first + count
        return first

    async def record(
        self,
        question: LabelQuery,
        labels: Sequence[Label],
        classes: frozenset[str] | None,
        record: Record,
    ) -> LabelCounts:
        """Record labels at moments by which they count, and say what they met; raises what `record` raises.

        Args:
            question: which ids.
            labels: of the ids, in their order.
            classes: that any version knows; None for regression.
            record: where they go.
        """
        found = await self._find(question)
        given = self._give(question, found, labels)
        await record([_encoded(question.project, part) for part in given.parts])
        return self._count_matches(question, found, labels, given.moments, classes)

    def _give(self, question: LabelQuery, found: LabelMatches, labels: Sequence[Label]) -> GivenLabels:
        """The labels with their moments: the reserved ones, or ones behind a later label that is known.

        Args:
            question: which ids.
            found: what `_find` knew of them.
            labels: of the ids, in their order.
        """
        known = [
            max(moment, self._ahead.get(key) or -1)
            for key, moment in zip(question.ids, found.moments, strict=True)
        ]
        ahead = {place for place, moment in enumerate(known) if moment >= question.moment}
        given = GivenLabels([], [0] * len(labels))
        for places, first in (
            ([place for place in range(len(labels)) if place not in ahead], question.moment),
            (sorted(ahead), 1 + max((known[place] for place in ahead), default=0)),
        ):
            if places:
                ids = b"".join([question.ids[place] for place in places])
                given.parts.append(Labels(ids, [labels[place] for place in places], first))  # type: ignore[arg-type]  # of one kind, as they came
            for moment, place in enumerate(places, first):
                given.moments[place] = moment
                if place in ahead:
                    self._ahead.put(question.ids[place], moment)
        return given

    def _count_matches(
        self,
        question: LabelQuery,
        found: LabelMatches,
        labels: Sequence[Label],
        moments: Sequence[int],
        classes: frozenset[str] | None,
    ) -> LabelCounts:
        """What these labels have met; they are remembered.

        Args:
            question: which ids.
            found: what `_find` knew of them before.
            labels: of the ids, in their order.
            moments: when each is given.
            classes: that any version knows; None for regression.
        """
        corrected = unmatched = 0
        earlier = dict(zip(question.ids, found.labels, strict=True))
        rows = zip(question.ids, found.predicted, labels, moments, strict=True)
        for key, predicted, label, moment in rows:
            before = earlier[key]
            corrected += before is not None and before != label
            unmatched += not predicted
            earlier[key] = label
            self._labels.put(key, (moment, label))
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
        """What is known of these ids: from memory, and from the store if it answers in time.

        The store is asked of all: another gateway may have been told a later label.
        """
        self._index_blocks()
        count = len(question.ids)
        stored = StoredLabels((False,) * count, ((),) * count)
        if self._waiting < _LOOKUPS_WAITING:
            stored = await self._ask_store(question, stored)
        predicted, newest = [], []
        for key, there, history in zip(question.ids, stored.predicted, stored.histories, strict=True):
            remembered = self._labels.get(key)
            entries = [(entry.labelled_at, entry.label, entry.source.writer) for entry in history]
            if remembered is not None:
                entries.append((*remembered, question.writer))
            earlier = [entry for entry in entries if not self._came_later(question, entry[0], entry[2])]
            newest.append(max(earlier, key=itemgetter(0), default=(-1, None, "")))
            predicted.append(there or bool(self._predicted.get(key)))
        return LabelMatches(
            tuple(predicted),
            tuple(label for _, label, _ in newest),
            tuple(moment for moment, _, _ in newest),
        )

    def _came_later(self, question: LabelQuery, moment: int, writer: str) -> bool:
        """Whether a label is of a request that this gateway got while it looked this one up."""
        return writer == question.writer and question.moment <= moment < self._moment

    async def _ask_store(self, question: LabelQuery, unknown: "StoredLabels") -> "StoredLabels":
        """Ask the store; whatever keeps it from answering, the labels stay unmatched for now."""
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


def _encoded(project: str, part: Labels) -> EncodedRows:
    header = LabelHeader(project, texts=isinstance(part.labels[0], str))
    return EncodedRows(header, len(part.labels), encode_part(part))


@dataclass(frozen=True, slots=True)
class StoredLabels:
    """What the store knows of each id: whether it was predicted, and its labels, by their moments."""

    predicted: tuple[bool, ...]
    histories: tuple[Sequence[LabelEntry], ...]


def look_up(opener: Callable[[], Store], question: LabelQuery) -> StoredLabels:
    """What the store knows; blocks. Raises what the store raises."""
    store = opener()
    ids = unpack_ids(b"".join(question.ids))
    predicted = np.zeros(len(ids), bool)
    for version in question.versions:
        missing = np.flatnonzero(~predicted)
        if not len(missing):
            break
        predicted[missing] = are_predicted(store, question.project, version, ids[missing])
    return StoredLabels(tuple(predicted.tolist()), tuple(store.labels(question.project, ids)))


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

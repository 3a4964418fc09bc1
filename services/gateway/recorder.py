"""Records answers and labels: what the hot path calls, on the loop, before it answers."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from services.errors import Unavailable
from services.gateway.group_commit import GroupCommit
from services.gateway.label_matching import LabelMatcher, LabelQuery
from services.gateway.messages import LabelCounts, SpoolHealth
from services.gateway.records import (
    AnsweredRows,
    AnswerOrigin,
    Durability,
    OnRecorded,
    RecordingLimits,
)
from services.gateway.shipping.lag import ShippingLag
from services.gateway.shipping.shipper import Shipper, ShipTimer
from services.gateway.spool.entries import encode_part
from services.gateway.spool.spool import EncodedRows, PredictionKind, Spool
from services.store.interface import Store
from services.store.sync_state import SyncState

StoreOpener = Callable[[], Store]
"""Gives the open store, or raises Unavailable; called from threads, again until it succeeds.

Whoever made the opener closes the store, after the recorder has stopped.
"""


class Recorder:
    """The gateway's spool and its shipping. Everything but `open` is called on the loop."""

    def __init__(
        self, spool: Spool, store_opener: StoreOpener, durability: Durability, limits: RecordingLimits
    ) -> None:
        self._spool = spool
        self._durability = durability
        self._limits = limits
        self._lag = ShippingLag()
        self._label_matcher = LabelMatcher(store_opener, limits.lookup_seconds)
        self._started = False
        self._left_over = spool.last if spool.left_over else 0
        self._shipped = 0
        self._shipper = Shipper(
            spool.folder,
            spool.outbox,
            spool.reserve,
            files=spool.files,
            store_opener=store_opener,
            limits=limits,
            shipped=self._from_shipper,
        )

    @classmethod
    def open(
        cls,
        folder: Path,
        store_opener: StoreOpener,
        durability: Durability = Durability.PROCESS,
        limits: RecordingLimits | None = None,
    ) -> Self:
        """Take the spool of a folder, made if needed.

        Raises:
            Conflict: another gateway holds this folder.
            StorageError: its disk is full or read-only.
            Corrupt: the spool cannot be read.
        """
        limits = limits or RecordingLimits()
        return cls(Spool(folder, limits), store_opener, durability, limits)

    def start(self) -> None:
        """Start syncing and shipping; call it once, in the running loop."""
        self._loop = asyncio.get_running_loop()
        gathering = 0.0 if self._durability is Durability.STORE else self._limits.ship_seconds
        self._ship_timer = ShipTimer(self._loop, self._shipper.request, gathering, self._lag)
        if self._left_over:
            self._lag.came(self._left_over)
        self._commits = GroupCommit(self._spool, self._durability, self._limits, self._ship_timer.start)
        self._shipper.start()
        self._started = True

    @property
    def writer(self) -> str:
        """This gateway's name in the log, kept in the spool."""
        return self._spool.outbox.writer

    def health(self) -> SpoolHealth:
        """How full the spool is."""
        return self._spool.health()

    @property
    def lag_seconds(self) -> float:
        """How long the oldest row that is not in the store yet has waited."""
        return self._lag.seconds()

    @property
    def store_sync(self) -> SyncState | None:
        """How the store syncs what it acknowledges; None before it was reached."""
        return self._shipper.store_sync

    @property
    def trouble(self) -> str:
        """Why nothing can be shipped at the moment, in words; empty when all is well."""
        return self._shipper.trouble

    @property
    def caught_up(self) -> bool:
        """Whether the store has all that earlier runs left, and takes what comes."""
        return not self._shipper.trouble and (not self._left_over or self._shipped >= self._left_over)

    def check(self) -> None:
        """Raise StorageError or Unavailable, with the reason, where a record would be refused.

        Ask before the model: what cannot be recorded need not be predicted.
        """
        self._commits.check()
        if self._durability is Durability.STORE and self._shipper.trouble:
            raise Unavailable(
                "the store cannot be reached, and no answer is given before it has the rows",
                details=self._shipper.trouble,
            )

    def record(self, origin: AnswerOrigin, answers: AnsweredRows, done: OnRecorded) -> None:
        """Record answers; everything of one turn of the loop becomes one transaction.

        `done` is called in a later turn: with None once the rows are durable; with StorageError when
        nothing was recorded; with Uncertain when the durability was not reached in time or the disk
        failed meanwhile (the rows are in the spool and will be shipped).

        Raises:
            TypeError: the answers hold what a request cannot.
        """
        self._commits.record(self._encoded(origin, answers), done)

    async def record_and_wait(self, origin: AnswerOrigin, answers: AnsweredRows) -> None:
        """`record`, as a coroutine; raises what `done` would have been given."""
        await self._commits.record_and_wait([self._encoded(origin, answers)])

    def _encoded(self, origin: AnswerOrigin, answers: AnsweredRows) -> EncodedRows:
        """Answers as they are recorded; from now on their labels are known to meet them."""
        item = EncodedRows(
            PredictionKind(origin, answers.brought), len(answers.predicted), encode_part(answers)
        )
        self._label_matcher.remember_predictions(answers.ids)
        return item

    async def record_labels(
        self,
        project: str,
        ids: bytes,
        labels: Sequence[float] | Sequence[str],
        *,
        versions: Sequence[str],
        classes: frozenset[str] | None = None,
    ) -> LabelCounts:
        """Record true values, and say what they met; durable like answers.

        Args:
            project: its validated name.
            ids: 16 bytes each, big-endian.
            labels: numbers, or class names; one for each id. Of two for one id, the later counts.
            versions: of the project, the champion first; looked at for predictions of these ids.
            classes: that any version knows; None for regression.

        Raises:
            StorageError, Unavailable, Uncertain: as `check` and `record`.
        """
        self.check()
        keys = tuple(ids[start : start + 16] for start in range(0, len(ids), 16))
        matcher = self._label_matcher
        question = LabelQuery(project, keys, tuple(versions), self.writer, matcher.reserve(len(keys)))
        return await matcher.record(question, labels, classes, self._commits.record_and_wait)

    async def stop(self, seconds: float = 10.0) -> None:
        """Ship what can be shipped in that time, and leave the rest for the next start."""
        if self._started:
            self._commits.flush()
            self._ship_timer.cancel()
            await asyncio.to_thread(self._shipper.stop, seconds)
            await self._commits.close()
        self._label_matcher.close()
        self._spool.close()

    def _from_shipper(self, number: int, stored: bool) -> None:
        self._loop.call_soon_threadsafe(self._on_shipped, number, stored)

    def _on_shipped(self, number: int, stored: bool) -> None:
        self._shipped = number
        self._lag.shipped(number)
        self._commits.shipped(number, stored=stored)

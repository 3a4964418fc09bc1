"""Group commits: all that arrives in one turn of the loop is one transaction of the spool."""

import asyncio
import logging
from collections.abc import Callable

from services.errors import RelevoError, StorageFull, Uncertain
from services.gateway.recorded import Done, Durability, Limits
from services.gateway.spool.acknowledging import Waiting
from services.gateway.spool.spool import Item, Spool
from services.gateway.spool.syncing import Syncer

_logger = logging.getLogger(__name__)
_RETRY_SECONDS = 1.0


class GroupCommit:
    """Commits on the loop, syncs behind it, and tells who waits; everything is called on the loop.

    Args:
        spool: written by this object alone.
        durability: when a row counts as recorded.
        limits: how long things wait.
        committed: called after each transaction.
    """

    def __init__(
        self, spool: Spool, durability: Durability, limits: Limits, committed: Callable[[], None]
    ) -> None:
        self._spool = spool
        self._durability = durability
        self._limits = limits
        self._committed = committed
        self._loop = asyncio.get_running_loop()
        self._items: list[Item] = []
        self._callbacks: list[Done] = []
        self._waiting = Waiting(self._loop)
        self._sync_timer: asyncio.TimerHandle | None = None
        self._forget_timer: asyncio.Handle | None = None
        self._shipped = 0
        self._failure = ""
        self._syncer = Syncer(spool.path, self._from_syncer)

    def check(self) -> None:
        """StorageFull where a record would be refused."""
        self._spool.check()
        if self._failure:
            raise StorageFull(
                "the spool's disk fails to keep what is written",
                remedy="Look at the disk that holds the gateway's spool folder.",
                details=self._failure,
            )

    def add(self, item: Item, done: Done) -> None:
        """Record with what else comes in this turn; `done` is told when it is durable, or why not."""
        if not self._items:
            self._loop.call_soon(self._commit)
        self._items.append(item)
        self._callbacks.append(done)

    def shipped(self, number: int) -> None:
        """The store has everything up to this entry."""
        self._shipped = number
        if self._durability is Durability.STORE:
            self._waiting.settle(number, None)
        if self._forget_timer is None:
            self._forget()

    async def close(self) -> None:
        """Sync what is there, and tell those who still wait that it cannot be said what they have."""
        for timer in (self._sync_timer, self._forget_timer):
            if timer is not None:
                timer.cancel()
        self._syncer.request(self._spool.last)
        await asyncio.to_thread(self._syncer.close)
        await asyncio.sleep(0)  # so that the thread's last word is heard
        self._waiting.settle(self._spool.last, Uncertain("the gateway stopped before the rows were safe"))

    def flush(self) -> None:
        """Commit at once what this turn has brought so far."""
        self._commit()

    def _commit(self) -> None:
        if not self._items:
            return
        items, callbacks = self._items, self._callbacks
        self._items, self._callbacks = [], []
        try:
            self.check()
            number = self._spool.commit(items)
        except RelevoError as error:
            self._waiting.call(callbacks, error)
            return
        if self._durability is Durability.PROCESS:
            self._waiting.call(callbacks, None)
        else:
            self._waiting.add(number, callbacks)
        self._sync_later(number)
        self._committed()

    def _sync_later(self, number: int) -> None:
        if self._durability is Durability.DISK:
            self._syncer.request(number)
        elif self._sync_timer is None:
            self._sync_timer = self._loop.call_later(self._limits.sync_seconds, self._sync)
        if self._durability is Durability.STORE:
            self._loop.call_later(self._limits.store_seconds, self._give_up, number)

    def _sync(self) -> None:
        self._sync_timer = None
        self._syncer.request(self._spool.last)

    def _from_syncer(self, number: int, error: Exception | None) -> None:
        self._loop.call_soon_threadsafe(self._synced, number, error)

    def _synced(self, number: int, error: Exception | None) -> None:
        if error is None:
            self._failure = ""
            if self._durability is Durability.DISK:
                self._waiting.settle(number, None)
            return
        _logger.error("the spool could not be synced: %s", error)
        self._failure = str(error)
        if self._durability is Durability.DISK:
            self._waiting.settle(number, Uncertain("the spool's disk failed while the rows were written"))
        self._sync_timer = self._loop.call_later(_RETRY_SECONDS, self._sync)

    def _give_up(self, number: int) -> None:
        self._waiting.settle(
            number,
            Uncertain("the store did not take the rows in time; they are kept here and will be shipped"),
        )

    def _forget(self) -> None:
        """Delete a slice of what is shipped, and the next one in another turn."""
        self._forget_timer = None
        try:
            more = self._spool.forget(self._shipped)
        except RelevoError as error:
            _logger.warning("shipped rows cannot be deleted from the spool yet: %s", error)
            self._forget_timer = self._loop.call_later(_RETRY_SECONDS, self._forget)
            return
        if more:
            self._forget_timer = self._loop.call_soon(self._forget)

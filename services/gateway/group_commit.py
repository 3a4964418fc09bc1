"""Group commits: all that arrives in one turn of the loop is one transaction of the spool."""

import asyncio
import errno
import logging
import time
from collections.abc import Callable, Sequence

from services.errors import RelevoError, Uncertain
from services.gateway.records import Done, Durability, Limits
from services.gateway.spool.acknowledging import Exposure, Waiting
from services.gateway.spool.database import DiskTrouble
from services.gateway.spool.spool import Item, Spool
from services.gateway.spool.syncing import Attempt, Syncer

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
        self._exposure = Exposure(limits.sync_seconds)
        self._mend_timer: asyncio.TimerHandle | None = None
        self._forget_timer: asyncio.Handle | None = None
        self._shipped = 0
        self._trouble: DiskTrouble | None = None
        # Half of the time is for gathering, half for the sync itself, before acknowledgements must wait.
        gathering = 0.0 if durability is Durability.DISK else limits.sync_seconds / 2
        self._syncer = Syncer(spool.path, gathering, spool.mend, self._from_syncer)

    def check(self) -> None:
        """StorageFull where a record would be refused."""
        if self._trouble is not None:
            raise self._trouble
        self._spool.check()

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
        for timer in (self._mend_timer, self._forget_timer):
            if timer is not None:
                timer.cancel()
        self._ask_syncer()
        await asyncio.to_thread(self._syncer.close)
        await asyncio.sleep(0)  # so that the thread's last word is heard
        if self._mend_timer is not None:
            self._mend_timer.cancel()
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
            if isinstance(error, DiskTrouble) and self._trouble is None:
                self._fail(self._spool.probe() or error)
            self._waiting.call(callbacks, self._trouble or error)
            return
        self._acknowledge(number, callbacks)
        self._syncer.request(number)
        if self._durability is Durability.STORE:
            self._loop.call_later(self._limits.store_seconds, self._give_up, number)
        self._committed()

    def _acknowledge(self, number: int, callbacks: Sequence[Done]) -> None:
        at_once = self._durability is Durability.PROCESS and self._exposure.allows(number, time.monotonic())
        if at_once:
            self._waiting.call(callbacks, None)
        else:
            self._waiting.add(number, callbacks)

    def _from_syncer(self, attempt: Attempt) -> None:
        self._loop.call_soon_threadsafe(self._synced, attempt)

    def _synced(self, attempt: Attempt) -> None:
        if attempt.error is not None:
            self._fail(attempt.error)
            if self._durability is not Durability.STORE:
                self._waiting.settle(
                    self._spool.last, Uncertain("the spool's disk failed while the rows were written")
                )
            return
        if attempt.mended:
            _logger.warning("the spool's disk takes rows again")
            self._trouble = None
        elif self._trouble is not None:
            return  # it was under way when a write failed; what it says of the disk is not to be trusted
        self._spool.synced(attempt.number)
        self._exposure.synced(attempt.number)
        if self._durability is not Durability.STORE:
            self._waiting.settle(attempt.number, None)

    def _fail(self, error: Exception) -> None:
        """Take nothing more, and use the spool no more, until it is mended."""
        trouble = _trouble(error)
        if self._trouble is None or trouble.message != self._trouble.message:
            _logger.error("%s (%s)", trouble.message, trouble.details)
        self._trouble = trouble
        if self._mend_timer is None:
            self._mend_timer = self._loop.call_later(_RETRY_SECONDS, self._mend)

    def _mend(self) -> None:
        self._mend_timer = None
        self._ask_syncer()

    def _ask_syncer(self) -> None:
        if self._trouble is None:
            self._syncer.request(self._spool.last)
        else:
            self._syncer.request_mending(self._spool.last)

    def _give_up(self, number: int) -> None:
        self._waiting.settle(
            number,
            Uncertain("the store did not take the rows in time; they are kept here and will be shipped"),
        )

    def _forget(self) -> None:
        """Delete a slice of what is shipped, and the next one in another turn."""
        self._forget_timer = None
        try:
            if self._trouble is not None:
                raise self._trouble
            more = self._spool.forget(self._shipped)
        except RelevoError as error:
            _logger.debug("shipped rows cannot be deleted from the spool yet: %s", error)
            self._forget_timer = self._loop.call_later(_RETRY_SECONDS, self._forget)
            return
        if more:
            self._forget_timer = self._loop.call_soon(self._forget)


def _trouble(error: Exception) -> DiskTrouble:
    """What a client is told while the disk takes nothing."""
    if isinstance(error, DiskTrouble):
        return error
    read_only = isinstance(error, OSError) and error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}
    return DiskTrouble(
        "the spool's disk is read-only; nothing was recorded"
        if read_only
        else "the spool's disk fails to keep what is written; nothing more is recorded",
        remedy="Look at the disk that holds the gateway's spool folder; recording goes on by itself.",
        details=str(error),
    )

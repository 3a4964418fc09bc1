"""Group commits: all that arrives in one turn of the loop is one transaction of the spool."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from services.errors import RelevoError, StorageError, Uncertain
from services.gateway.disk_errors import FAILS, HEALTH, DiskFault, disk_error
from services.gateway.records import Durability, OnRecorded, RecordingLimits
from services.gateway.spool.spool import EncodedRows, Spool
from services.gateway.spool.syncing import SyncAttempt, Syncer

_logger = logging.getLogger(__name__)
_RETRY_SECONDS = 1.0


Waiting = OnRecorded | asyncio.Future[None]
"""Who is told that rows are durable, or why not."""


class PendingAcknowledgements:
    """Who waits, in the order of their entries; used on the loop.

    Each callback is called by the loop itself, so that one that fails harms no other.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._held: deque[tuple[int, Sequence[Waiting]]] = deque()

    def hold(self, number: int, waiting: Sequence[Waiting]) -> None:
        """These wait until everything up to the entry is durable."""
        self._held.append((number, waiting))

    def acknowledge(self, up_to: int, error: RelevoError | None) -> None:
        """Everything up to the entry is durable, or will not be in time."""
        while self._held and self._held[0][0] <= up_to:
            self.notify(self._held.popleft()[1], error)

    def notify(self, waiting: Sequence[Waiting], error: RelevoError | None) -> None:
        """Tell these in the next turn of the loop, each with an error of its own: they may raise it."""
        for one in waiting:
            told = None if error is None else error.again()
            if not isinstance(one, asyncio.Future):
                self._loop.call_soon(one, told)
            elif one.done():
                continue  # whoever waited has been cancelled
            elif told is None:
                one.set_result(None)
            else:
                one.set_exception(told)


class UnsyncedAllowance:
    """What was acknowledged and is not synced: never more than what came within a short time.

    So a power cut takes at most the acknowledgements of that time, however slow the disk or busy the
    machine is: beyond it, they wait for the sync.

    Args:
        seconds: that time.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._given: deque[tuple[int, float]] = deque()

    def allows(self, number: int, now: float) -> bool:
        """Whether an entry may be acknowledged before its sync, and if so, note it; `now` is monotonic."""
        if self._given and now - self._given[0][1] > self._seconds:
            return False
        self._given.append((number, now))
        return True

    def synced(self, up_to: int) -> None:
        """Everything up to the entry is on the disk."""
        while self._given and self._given[0][0] <= up_to:
            self._given.popleft()


class GroupCommit:
    """Commits on the loop, syncs behind it, and tells who waits; everything is called on the loop.

    Args:
        spool: written by this object alone.
        durability: when a row counts as recorded.
        limits: how long things wait.
        committed: called after each transaction with the number of its last entry.
    """

    def __init__(
        self,
        spool: Spool,
        durability: Durability,
        limits: RecordingLimits,
        committed: Callable[[int], None],
    ) -> None:
        self._spool = spool
        self._durability = durability
        self._limits = limits
        self._committed = committed
        self._loop = asyncio.get_running_loop()
        self._items: list[EncodedRows] = []
        self._waiting: list[Waiting] = []
        self._pending = PendingAcknowledgements(self._loop)
        self._unsynced = UnsyncedAllowance(limits.sync_seconds)
        self._recovery_timer: asyncio.TimerHandle | None = None
        self._forget_timer: asyncio.Handle | None = None
        self._shipped = 0
        self._trouble: StorageError | None = None
        # Half of the time is for gathering, half for the sync itself, before acknowledgements must wait.
        gathering = 0.0 if durability is Durability.DISK else limits.sync_seconds / 2
        self._syncer = Syncer(spool.path, gathering, spool.recover, self._from_syncer)

    def check(self) -> None:
        """StorageError where a record would be refused."""
        self._check_disk()
        self._spool.check()

    def _check_disk(self) -> None:
        if self._trouble is not None:
            raise self._trouble.again()

    def record(self, item: EncodedRows, done: OnRecorded) -> None:
        """Record with what else comes in this turn; `done` is told when it is durable, or why not."""
        self._add([item], done)

    async def record_and_wait(self, items: Sequence[EncodedRows]) -> None:
        """`record` some, as a coroutine; raises what `done` would have been given."""
        if not items:
            return
        durable: asyncio.Future[None] = self._loop.create_future()
        self._add(items, durable)
        await durable

    def _add(self, items: Sequence[EncodedRows], waiting: Waiting) -> None:
        if not self._items:
            self._loop.call_soon(self._commit)
        self._items.extend(items)
        self._waiting.append(waiting)

    def shipped(self, number: int, *, stored: bool = True) -> None:
        """Nothing up to this entry waits any more; `stored`: the store has all that still waited."""
        self._shipped = number
        if self._durability is Durability.STORE:
            refused = Uncertain("the store cannot take some of these rows; they are set aside here")
            self._pending.acknowledge(number, None if stored else refused)
        if self._forget_timer is None:
            self._forget()

    async def close(self) -> None:
        """Sync what is there, and tell those who still wait that it cannot be said what they have."""
        for timer in (self._recovery_timer, self._forget_timer):
            if timer is not None:
                timer.cancel()
        self._ask_syncer()
        await asyncio.to_thread(self._syncer.close)
        await asyncio.sleep(0)  # so that the thread's last word is heard
        if self._recovery_timer is not None:
            self._recovery_timer.cancel()
        self._pending.acknowledge(
            self._spool.last, Uncertain("the gateway stopped before the rows were safe")
        )

    def flush(self) -> None:
        """Commit at once what this turn has brought so far."""
        self._commit()

    def _commit(self) -> None:
        if not self._items:
            return
        items, waiting = self._items, self._waiting
        self._items, self._waiting = [], []
        try:
            self._check_disk()
            number = self._spool.commit(items)
        except RelevoError as error:
            if isinstance(error, DiskFault) and self._trouble is None:
                self._fail(self._spool.probe() or error)
            self._pending.notify(waiting, self._trouble or error)
            return
        self._acknowledge(number, waiting)
        self._syncer.request(number)
        if self._durability is Durability.STORE:
            self._loop.call_later(self._limits.store_seconds, self._give_up, number)
        self._committed(number)

    def _acknowledge(self, number: int, waiting: Sequence[Waiting]) -> None:
        at_once = self._durability is Durability.PROCESS and self._unsynced.allows(number, time.monotonic())
        if at_once:
            self._pending.notify(waiting, None)
        else:
            self._pending.hold(number, waiting)

    def _from_syncer(self, attempt: SyncAttempt) -> None:
        self._loop.call_soon_threadsafe(self._synced, attempt)

    def _synced(self, attempt: SyncAttempt) -> None:
        if attempt.error is not None:
            self._fail(attempt.error)
            if self._durability is not Durability.STORE:
                self._pending.acknowledge(
                    self._spool.last, Uncertain("the spool's disk failed while the rows were written")
                )
            return
        if attempt.recovered:
            _logger.warning("the spool's disk takes rows again")
            self._trouble = None
        elif self._trouble is not None:
            return  # it was under way when a write failed; what it says of the disk is not to be trusted
        self._spool.synced(attempt.number)
        self._unsynced.synced(attempt.number)
        if self._durability is not Durability.STORE:
            self._pending.acknowledge(attempt.number, None)

    def _fail(self, error: Exception) -> None:
        """Take nothing more, and use the spool no more, until it is recovered."""
        trouble = _trouble(error)
        if self._trouble is None or trouble.message != self._trouble.message:
            _logger.error("%s (%s)", trouble.message, trouble.details)
        self._trouble = trouble
        if self._recovery_timer is None:
            self._recovery_timer = self._loop.call_later(_RETRY_SECONDS, self._recover)

    def _recover(self) -> None:
        self._recovery_timer = None
        self._ask_syncer()

    def _ask_syncer(self) -> None:
        if self._trouble is None:
            self._syncer.request(self._spool.last)
        else:
            self._syncer.request_recovery(self._spool.last)

    def _give_up(self, number: int) -> None:
        self._pending.acknowledge(
            number,
            Uncertain("the store did not take the rows in time; they are kept here and will be shipped"),
        )

    def _forget(self) -> None:
        """Delete a slice of what is shipped, and the next one in another turn."""
        self._forget_timer = None
        try:
            if self._trouble is not None:
                raise self._trouble.again()
            more = self._spool.forget(self._shipped)
        except RelevoError as error:
            _logger.debug("shipped rows cannot be deleted from the spool yet: %s", error)
            self._forget_timer = self._loop.call_later(_RETRY_SECONDS, self._forget)
            return
        if more:
            self._forget_timer = self._loop.call_soon(self._forget)


def _trouble(error: Exception) -> StorageError:
    """What a client is told while the disk takes nothing."""
    if isinstance(error, StorageError):
        return error.again()
    if isinstance(error, OSError):
        return disk_error(error, "nothing was recorded")
    return DiskFault(f"{FAILS}; nothing more is recorded", remedy=HEALTH, details=str(error))

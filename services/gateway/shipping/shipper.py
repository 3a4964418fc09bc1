"""Ships the spool to the store, from a thread of its own; a store that is down only delays it."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from services.errors import RelevoError, StorageError
from services.gateway.disk_errors import DiskFault
from services.gateway.records import RecordingLimits
from services.gateway.shipping.delivery import ParallelDelivery
from services.gateway.shipping.lag import ShippingLag
from services.gateway.spool.batching import assemble_batches, sort_damaged_out
from services.gateway.spool.entries import Entry, EntryReader
from services.gateway.spool.maintenance import DiskReserve, SpoolMaintenance
from services.gateway.spool.outbox import LOT_BYTES, DamagedEntry, Outbox, UnplacedBatch
from services.store.interface import Store
from services.store.sync_state import SyncState

_logger = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_KEEPING_WAIT = 1.0

Shipped = Callable[[int, bool], None]
"""Called from the thread: the entry up to which nothing waits; whether the store has that lot wholly."""


class ShipTimer:
    """Asks for shipping once rows had time to gather; used on the loop.

    Args:
        loop: that loop.
        request: asks for shipping.
        seconds: how long rows gather, so that batches are worth their price; 0 where clients wait.
        lag: told of rows that have come.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        request: Callable[[], None],
        seconds: float,
        lag: ShippingLag,
    ) -> None:
        self._loop = loop
        self._request = request
        self._seconds = seconds
        self._lag = lag
        self._timer: asyncio.TimerHandle | None = None

    def start(self, number: int) -> None:
        """Rows have come, up to this entry; those that come until they are asked for go along."""
        self._lag.came(number)
        if not self._seconds:
            self._request()
        elif self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._end)

    def cancel(self) -> None:
        """Ask for nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        self._timer = None
        self._request()


class Shipper:
    """The thread that assembles entries into batches, delivers these, and drops them.

    Args:
        folder: of the spool.
        outbox: the batches' places; used by the thread alone from `start` until `stop` returns.
        reserve: given up while the spool's disk is full.
        files: held while the entries' database is open in the thread.
        store_opener: called until it succeeds.
        limits: how long to wait, how much side by side.
        shipped: told after each round.

    Attributes:
        trouble: why nothing is shipped at the moment; empty when all is well.
    """

    def __init__(
        self,
        folder: Path,
        outbox: Outbox,
        reserve: DiskReserve,
        *,
        files: threading.Lock,
        store_opener: Callable[[], Store],
        limits: RecordingLimits,
        shipped: Shipped,
    ) -> None:
        self._reader = EntryReader(folder / "entries.sqlite3", files)
        self._outbox = outbox
        self._reserve = reserve
        self._opener = store_opener
        self._limits = limits
        self._shipped = shipped
        self._maintenance = SpoolMaintenance(folder, reserve, files)
        self._delivery: ParallelDelivery | None = None
        self._asked = threading.Event()
        self._ending = threading.Event()
        self._deadline = 0.0
        self._wait = 0.0
        self._set_aside = False
        self._thread = threading.Thread(target=self._run, name="shipping", daemon=True)
        self.trouble = ""

    def start(self) -> None:
        """Begin with what an earlier run left."""
        self._thread.start()
        self._asked.set()

    def request(self) -> None:
        """There is something to ship."""
        self._asked.set()

    def stop(self, seconds: float) -> None:
        """Ship what is there, at most for so long and only while the store takes it; then end."""
        self._deadline = time.monotonic() + seconds
        self._ending.set()
        self._asked.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._go_on():
                self._try_round()
        finally:
            if self._delivery is not None:
                self._delivery.close()

    def _go_on(self) -> bool:
        """Wait until there is work or its time has come again; whether to do it."""
        if not self._ending.is_set():
            if self._wait:
                self._ending.wait(self._wait)
            else:
                self._asked.wait(self._longest_wait())
        self._asked.clear()
        return not self._ending.is_set() or time.monotonic() < self._deadline

    def _longest_wait(self) -> float | None:
        """After how many seconds a round is due that nobody asks for; None for never."""
        if self._delivery is not None and self._delivery.safekeeping.keeps:
            return _KEEPING_WAIT
        return None if self._reserve.held else _LONGEST_WAIT

    @property
    def store_sync(self) -> SyncState | None:
        """How the store syncs what it acknowledges; None before it was reached."""
        return self._delivery.safekeeping.state if self._delivery is not None else None

    def _try_round(self) -> None:
        last = self._ending.is_set()  # a round that began before the end was asked for may have missed rows
        try:
            worked = self._round()
        except RelevoError as error:
            self._fail(error.message, error.details)
        except Exception as error:
            _logger.exception("shipping failed in a way that it should not")
            self._fail("an internal error; the gateway's log has it", repr(error))
        else:
            if self.trouble:
                _logger.info("shipping goes on")
            self.trouble, self._wait = "", 0.0
            if worked:
                self._asked.set()
            elif last:
                self._deadline = 0.0

    def _fail(self, message: str, details: str) -> None:
        if message != self.trouble:
            _logger.warning("nothing can be shipped: %s (%s)", message, details)
        self.trouble = message
        self._wait = min(_LONGEST_WAIT, max(_FIRST_WAIT, self._wait * 2))
        if self._ending.is_set():
            self._deadline = 0.0

    def _round(self) -> bool:
        """Ship one lot, an earlier one first; whether there was any."""
        if self._delivery is None:
            self._delivery = ParallelDelivery(
                self._opener(),
                self._outbox,
                workers=self._limits.shippers,
                repeat_seconds=self._limits.repeat_seconds,
            )
        self._delivery.look_after_the_shipped(at_once=bool(self.trouble))
        batches = self._outbox.placed_batches()
        entries: list[Entry] = []
        if not batches:
            entries = self._reader.read(self._outbox.assembled, self._lot_bytes())
            if entries:
                self._assemble(entries)
                batches = self._outbox.placed_batches()
        if self._delivery.deliver(batches):
            self._set_aside = True
            return True  # empty batches are to be delivered in their stead
        self._delivery.close_segments()
        if self._outbox.has_waiting():
            return True  # what is shipped again comes in several lots
        if batches or self._set_aside:
            self._shipped(self._outbox.assembled, not self._set_aside)
            self._set_aside = False
        else:
            self._maintenance.reclaim_reserve()
        self._maintenance.after_round(sum(len(placed.blob) for placed in batches))
        return bool(batches or entries)

    def _lot_bytes(self) -> int:
        """How much to take at once: on a full disk so little that the room given up is enough."""
        return LOT_BYTES if self._reserve.held else self._limits.reserve_bytes // 8

    def _assemble(self, entries: list[Entry]) -> None:
        batches, damaged = _batches_of(entries)
        try:
            self._outbox.place(batches, entries[-1].number, damaged)
        except DiskFault:
            raise  # it is not for want of room
        except StorageError:
            if self._reserve.held:
                _logger.warning("the spool's disk is full: giving up the room kept free")
                self._reserve.release()
            raise
        for one in damaged:
            self._set_aside = True
            _logger.error(
                "%d rows of %r are damaged in the spool and are set aside there: %s",
                one.rows, one.project, one.reason,
            )  # fmt: skip


def _batches_of(entries: list[Entry]) -> tuple[list[UnplacedBatch], list[DamagedEntry]]:
    """The entries as batches, without those that are damaged."""
    try:
        return assemble_batches(entries), []
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - damaged bytes fail in any way; each entry's own failure is told
        whole, damaged = sort_damaged_out(entries)
        return [batch for entry in whole for batch in assemble_batches([entry])], damaged

"""Keeps what was shipped until the store has synced it, and ships it again if a node was lost before.

A store that syncs after it answers loses, when a node is killed, what it acknowledged last. The gateway is
the other memory of those rows: each keeps its place and its bytes, so shipping it again changes nothing
where it was not lost.
"""

import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from services.gateway.spool.outbox import Outbox, PlacedBatch, SegmentEnd
from services.store.interface import Store
from services.store.sync_state import SyncMode, SyncState

_logger = logging.getLogger(__name__)
_PERIODS = 3
"""After so many a sync has begun and ended since; one more than is needed, for a disk that is slow."""
_LEAST_SECONDS = 1.0
_LOOK_SECONDS, _IDLE_LOOK_SECONDS = 0.5, 30.0
_MOST_BYTES = 256 << 20


class _Kept(NamedTuple):
    """What was shipped at one time."""

    shipped_at: float
    numbers: list[int]
    endings: list[SegmentEnd]
    bytes: int


class Safekeeping:
    """Of one outbox; used by the thread that ships.

    Args:
        store: tells how it syncs and who has been started again.
        outbox: holds what is kept.

    Attributes:
        state: as the store told last.
    """

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox
        self._kept: deque[_Kept] = deque()
        self._bytes = 0
        self._looked_at = 0.0
        self.state: SyncState | None = None

    @property
    def keeps(self) -> bool:
        """Whether anything is kept that must be looked after."""
        return bool(self._kept)

    def look(self, *, at_once: bool = False) -> bool:
        """Ask the store, and let go what it has synced.

        Args:
            at_once: after the store was not reached; otherwise now and then is enough.

        Returns:
            Whether a node may have lost what is kept: then it waits in the outbox to be shipped again.

        Raises what the store or the outbox raises.
        """
        now = time.monotonic()
        wait = _IDLE_LOOK_SECONDS if self._syncs_first and not self._kept else _LOOK_SECONDS
        if self.state is not None and not at_once and now - self._looked_at < wait:
            return False
        before, state = self.state, self._store.sync_state()
        if before is None or before[:2] != state[:2]:
            _tell(state)
        lost = before is not None and before.lives != state.lives and bool(self._kept)
        if lost:
            _logger.warning("a node of the store was lost: what it had not synced is shipped again")
            self._outbox.ship_again()
            self._kept.clear()
            self._bytes = 0
        self.state, self._looked_at = state, now
        self._let_go(now - max(_LEAST_SECONDS, _PERIODS * state.seconds))
        return lost

    def shipped(self, batches: Sequence[PlacedBatch]) -> None:
        """The store has these; raises what the outbox raises."""
        if not batches:
            return
        if self._syncs_first:
            self._outbox.remove(batches)
            return
        self._outbox.keep(batches)
        size = sum(len(placed.blob) for placed in batches)
        self._keep(_Kept(time.monotonic(), [placed.number for placed in batches], [], size))

    def closed(self, ending: SegmentEnd) -> None:
        """The store knows that this segment is closed; raises what the outbox raises."""
        if self._syncs_first:
            self._outbox.remove_segment_end(ending)
            return
        self._outbox.keep_segment_end(ending)
        self._keep(_Kept(time.monotonic(), [], [ending], 0))

    @property
    def _syncs_first(self) -> bool:
        return self.state is not None and self.state.mode is SyncMode.FIRST

    def _keep(self, kept: _Kept) -> None:
        self._kept.append(kept)
        self._bytes += kept.bytes
        if self._bytes > _MOST_BYTES:
            _logger.warning(
                "more than %d bytes are kept until the store has synced them: the oldest are let go",
                _MOST_BYTES,
            )
            while self._bytes > _MOST_BYTES // 2:
                self._let_go(self._kept[0].shipped_at)

    def _let_go(self, shipped_by: float) -> None:
        gone: list[_Kept] = []
        while self._kept and self._kept[0].shipped_at <= shipped_by:
            gone.append(self._kept.popleft())
        if not gone:
            return
        self._bytes -= sum(one.bytes for one in gone)
        self._outbox.let_go(
            [number for one in gone for number in one.numbers],
            [ending for one in gone for ending in one.endings],
        )


def _tell(state: SyncState) -> None:
    if state.mode is SyncMode.FIRST:
        _logger.info("the store syncs before it answers")
        return
    word = "syncs" if state.mode is SyncMode.PERIODIC else "does not tell when it syncs; it may be"
    _logger.warning(
        "the store %s only every %g s, after it answers: what is shipped is kept here until then",
        word, state.seconds,
    )  # fmt: skip

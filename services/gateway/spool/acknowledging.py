"""Who waits for which entry to be durable, and how much may be told before it is."""

import asyncio
from collections import deque
from collections.abc import Sequence

from services.errors import RelevoError
from services.gateway.records import Done


class Waiting:
    """Callbacks in the order of their entries; used on the loop.

    Each is called by the loop itself, so that one that fails harms no other.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._held: deque[tuple[int, Sequence[Done]]] = deque()

    def add(self, number: int, callbacks: Sequence[Done]) -> None:
        """These wait until everything up to the entry is durable."""
        self._held.append((number, callbacks))

    def settle(self, up_to: int, error: RelevoError | None) -> None:
        """Everything up to the entry is durable, or will not be in time."""
        while self._held and self._held[0][0] <= up_to:
            self.call(self._held.popleft()[1], error)

    def call(self, callbacks: Sequence[Done], error: RelevoError | None) -> None:
        """Call these in the next turn of the loop."""
        for callback in callbacks:
            self._loop.call_soon(callback, error)


class Exposure:
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

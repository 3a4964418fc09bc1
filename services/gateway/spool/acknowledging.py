"""Who waits for which entry to be durable."""

import asyncio
from collections import deque
from collections.abc import Sequence

from services.errors import RelevoError
from services.gateway.recorded import Done


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

"""How long the oldest row that is not in the store yet has waited for it."""

import time
from collections import deque
from collections.abc import Callable

_GRAIN_SECONDS = 5.0
_MOST = 10_000


class ShippingLag:
    """Remembers when entries of the spool came, in steps of five seconds; used on the loop.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._came: deque[tuple[int, float]] = deque()

    def came(self, number: int) -> None:
        """The spool holds entries up to this number."""
        now = self._clock()
        close = len(self._came) > 1 and now - self._came[-1][1] < _GRAIN_SECONDS
        if close or len(self._came) >= _MOST:
            self._came[-1] = (number, self._came[-1][1])
        else:
            self._came.append((number, now))

    def shipped(self, number: int) -> None:
        """The store has all entries up to this number."""
        while self._came and self._came[0][0] <= number:
            self._came.popleft()

    def seconds(self) -> float:
        """The age of the oldest entry that waits (an earlier run's: since the start); 0 while none does."""
        return self._clock() - self._came[0][1] if self._came else 0.0

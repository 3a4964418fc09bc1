"""What other threads bring to the GUI thread: told once per batch, taken a part at a time."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class CrossThreadQueue(Generic[T]):
    """Filled from any thread, emptied on one.

    Args:
        tell: called from the filling thread when something comes into an empty box.
        most: how much may wait before whoever brings more is held up; 0 for any amount.
    """

    def __init__(self, notify: Callable[[], None], *, maximum: int = 0) -> None:
        self._notify = notify
        self._maximum = maximum
        self._changed = threading.Condition()
        self._waiting: deque[T] = deque()
        self._closed = False

    def put(self, item: T) -> None:
        """Bring one item."""
        self.extend((item,))

    def extend(self, items: Iterable[T]) -> None:
        """Bring several; waits while too much is there. What comes after `close` is dropped."""
        with self._changed:
            while self._maximum and len(self._waiting) >= self._maximum and not self._closed:
                self._changed.wait()
            if self._closed:
                return
            first = not self._waiting
            self._waiting.extend(items)
            notified = first and bool(self._waiting)
        if notified:
            self._notify()

    def drain(self, limit: int = 0) -> list[T]:
        """What waits, oldest first; at most so many items, if a limit is given."""
        with self._changed:
            count = min(len(self._waiting), limit) if limit else len(self._waiting)
            drained = [self._waiting.popleft() for _ in range(count)]
            self._changed.notify_all()
        return drained

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        with self._changed:
            return not self._waiting

    def close(self) -> None:
        """Drop what waits, and let go whoever is held up."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

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

    def __init__(self, tell: Callable[[], None], *, most: int = 0) -> None:
        self._tell = tell
        self._most = most
        self._changed = threading.Condition()
        self._waiting: deque[T] = deque()
        self._closed = False

    def put(self, item: T) -> None:
        """Bring one item."""
        self.extend((item,))

    def extend(self, items: Iterable[T]) -> None:
        """Bring several; waits while too much is there. What comes after `close` is dropped."""
        with self._changed:
            while self._most and len(self._waiting) >= self._most and not self._closed:
                self._changed.wait()
            if self._closed:
                return
            first = not self._waiting
            self._waiting.extend(items)
            told = first and bool(self._waiting)
        if told:
            self._tell()

    def take(self, limit: int = 0) -> list[T]:
        """What waits, oldest first; at most so many items, if a limit is given."""
        with self._changed:
            count = min(len(self._waiting), limit) if limit else len(self._waiting)
            taken = [self._waiting.popleft() for _ in range(count)]
            self._changed.notify_all()
        return taken

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

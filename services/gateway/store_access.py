"""The store, opened when it can be: the gateway starts and answers without it."""

import threading
from collections.abc import Callable

from services.errors import Unavailable
from services.store.interface import Store


class StoreAccess:
    """Opens the store once for everyone; may be called from any thread, but blocks: not from the loop.

    Args:
        opener: opens the store, or raises Unavailable.
    """

    def __init__(self, opener: Callable[[], Store]) -> None:
        self._opener = opener
        self._store: Store | None = None
        self._lock = threading.Lock()
        self._closed = False
        self.reachable = False
        """Whether the last attempt to use it succeeded; kept by the follower."""

    def __call__(self) -> Store:
        """The open store.

        Raises:
            Unavailable: it cannot be reached now.
        """
        with self._lock:
            if self._closed:
                raise Unavailable("the gateway is stopping")
            if self._store is None:
                self._store = self._opener()
            return self._store

    def close(self) -> None:
        """Give the store back, if it was ever opened."""
        with self._lock:
            self._closed = True
            store, self._store = self._store, None
        if store is not None:
            store.close()

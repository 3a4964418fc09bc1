"""Who leads: a lease in the store, renewed by a thread of its own so that long work does not lose it."""

import logging
import os
import socket
import threading
import time
import uuid

from services.errors import RelevoError
from services.store.interface import CoordinationStore

LEASE = "supervisor"
LEASE_SECONDS = 10.0

_log = logging.getLogger(__name__)


def new_holder() -> str:
    """A name for this process that no other has."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"


class Leadership:
    """Asks for the lease again and again until it is closed.

    A leader that cannot renew, because the store does not answer or the process was suspended, stops
    leading before the lease expires for the others.

    Args:
        store: where the lease is.
        holder: this process's name.
        seconds: how long the lease lasts without renewal.
    """

    def __init__(self, store: CoordinationStore, holder: str, *, seconds: float = LEASE_SECONDS) -> None:
        self._store = store
        self._holder = holder
        self._seconds = seconds
        self._until = 0.0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="leadership", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    @property
    def held(self) -> bool:
        """Whether this process leads now."""
        return time.monotonic() < self._until

    def _renew(self) -> None:
        while True:
            asked_at = time.monotonic()
            try:
                if self._store.acquire_lease(LEASE, self._holder, self._seconds):
                    self._until = asked_at + self._seconds * 0.9
                else:
                    self._until = 0.0
            except RelevoError as error:
                _log.debug("the lease was not renewed: %s", error.message)
            if self._closing.wait(self._seconds / 3):
                return

    def close(self) -> None:
        """Ask no more, and give the lease up if the store can be reached."""
        self._closing.set()
        self._thread.join()
        if not self.held:
            return
        self._until = 0.0
        try:
            self._store.release_lease(LEASE, self._holder)
        except RelevoError as error:
            _log.info("the lease was not given up, it will expire: %s", error.message)

"""Follows the store: a thread looks whether anything changed, and tells the loop what it is now."""

import asyncio
import logging
import threading
from collections.abc import Callable

from services.errors import RelevoError, StorageFull, Unavailable
from services.gateway.snapshot import Snapshot, SnapshotFile, read_store
from services.gateway.store_access import StoreAccess

_logger = logging.getLogger(__name__)
LOOK_SECONDS = 0.3
"""Between two looks; a change must be followed within a second."""
PATIENCE_SECONDS = 2.0
"""Between two attempts while the store is not reached."""


class Follower:
    """Keeps a snapshot of the store current; `start` and `stop` are called from the loop's thread.

    Args:
        access: to the store.
        file: where the snapshot is kept for the next start.
        on_change: given each new snapshot, on the loop.
    """

    def __init__(
        self, access: StoreAccess, file: SnapshotFile, on_change: Callable[[Snapshot], None]
    ) -> None:
        self._access = access
        self._file = file
        self._on_change = on_change
        self._seen: str | None = None
        self._snapshot: Snapshot | None = None
        self._looking = threading.Lock()
        self._stopping = threading.Event()
        self._looked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registry-follower", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Give out the snapshot of the last run, if there is one, and begin to follow."""
        self._loop = asyncio.get_running_loop()
        kept = self._file.load()
        if kept is not None:
            self._snapshot = kept
            self._on_change(kept)
        self._thread.start()

    async def first_look(self, seconds: float) -> None:
        """Wait until the store was asked once, whatever came of it, but no longer than that."""
        await asyncio.to_thread(self._looked.wait, seconds)

    async def stop(self) -> None:
        """End the thread; it may be in the middle of a question to the store."""
        self._stopping.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    def look(self) -> None:
        """Ask the store now; on return the loop has been told of any change. Not from the loop's thread.

        Raises:
            Unavailable: the store is not reached.
        """
        with self._looking:
            store = self._access()
            # The token is read first: a change in between is seen once more, never missed.
            seen = store.changes()
            if seen != self._seen:
                self._tell(read_store(store))
                self._seen = seen

    def _tell(self, snapshot: Snapshot) -> None:
        if snapshot == self._snapshot or self._loop is None:
            return
        try:
            self._file.save(snapshot)
        except StorageFull as error:
            _logger.warning("%s: %s", error.message, error.details)
        told = threading.Event()

        def tell() -> None:
            try:
                self._on_change(snapshot)
            finally:
                told.set()

        self._loop.call_soon_threadsafe(tell)
        told.wait(timeout=5.0)
        self._snapshot = snapshot

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause = LOOK_SECONDS
            try:
                self.look()
                self._mark(reachable=True)
            except Unavailable as error:
                self._mark(reachable=False, why=error)
                pause = PATIENCE_SECONDS
            except RelevoError as error:
                _logger.error("the registry cannot be followed: %s %s", error.message, error.details)  # noqa: TRY400 - told in words, not a bug
                pause = PATIENCE_SECONDS
            except Exception:
                _logger.exception("the registry cannot be followed")
                pause = PATIENCE_SECONDS
            self._looked.set()
            self._stopping.wait(pause)

    def _mark(self, *, reachable: bool, why: RelevoError | None = None) -> None:
        """Note whether the store is reached; say so in the log when that changes."""
        if why is not None and (self._access.reachable or self._seen is None):
            _logger.warning("the store is not reached: %s", why.message)
            self._seen = self._seen or ""
        elif reachable and not self._access.reachable:
            _logger.info("the store is reached")
        self._access.reachable = reachable

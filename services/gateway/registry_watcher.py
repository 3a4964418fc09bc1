"""Follows the registry: a thread looks whether anything changed, and tells the loop what it is now.

What was seen last is kept in a file, from which the gateway starts and answers while the store is down.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from services.errors import RelevoError, StorageError, Unavailable
from services.gateway.disk_errors import disk_error
from services.gateway.store_access import StoreAccess
from services.registry.model import Listener, Project, Token
from services.store.interface import Store
from services.store.log.gaps import lost_batches
from services.store.registry_codec import with_evidence

_logger = logging.getLogger(__name__)
LOOK_SECONDS = 0.3
"""Between two looks; a change must be followed within a second."""
PATIENCE_SECONDS = 2.0
"""Between two attempts while the store is not reached."""
REREAD_SECONDS = 300.0
"""After which all is read whatever the store's token says: an earlier Relevo does not raise it."""


class Snapshot(Struct, frozen=True):
    """The registry, tokens (their digests), listeners, and batches lost of logs, as last seen."""

    projects: tuple[Project, ...] = ()
    tokens: tuple[Token, ...] = ()
    listeners: tuple[Listener, ...] = ()
    lost: dict[str, int] = {}


def read_store(store: Store) -> Snapshot:
    """Everything anew."""
    projects = (store.project(name) for name in store.projects())
    return Snapshot(
        tuple(project for project in projects if project is not None),
        tuple(store.tokens()),
        tuple(store.listeners()),
        lost_batches(store),
    )


class _Stored(Struct):
    """A `Snapshot` whose projects are not looked into yet."""

    projects: tuple[dict[str, Any], ...] = ()
    tokens: tuple[Token, ...] = ()
    listeners: tuple[Listener, ...] = ()
    lost: dict[str, int] = {}


def _decode(content: bytes) -> Snapshot:
    """A snapshot, also one in which evidence of a change of champion is still a text."""
    stored = msgspec.json.decode(content, type=_Stored)
    for project in stored.projects:
        if isinstance(change := project.get("last_change"), dict):
            project["last_change"] = with_evidence(change)
    projects = msgspec.convert(stored.projects, tuple[Project, ...])
    return Snapshot(projects, stored.tokens, stored.listeners, stored.lost)


class SnapshotFile:
    """The snapshot on disk, replaced whole; only its owner may read it.

    Args:
        folder: the spool's; made if needed.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "snapshot.json"
        self._draft = folder / "snapshot.json.new"

    def load(self) -> Snapshot | None:
        """The snapshot, or None if there is none that can be read."""
        try:
            return _decode(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            _logger.warning("the local snapshot %s cannot be read: %s", self._path, error)
            return None

    def save(self, snapshot: Snapshot) -> None:
        """Keep it; StorageError if the disk is full, `DiskFault` if it takes it not for another reason."""
        try:
            self._draft.parent.mkdir(parents=True, exist_ok=True)
            self._draft.touch(mode=0o600)
            self._draft.write_bytes(msgspec.json.encode(snapshot))
            self._draft.replace(self._path)
        except OSError as error:
            raise disk_error(error, "the registry's snapshot is not kept") from error


class RegistryWatcher:
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
        self._read_at = 0.0
        self._snapshot: Snapshot | None = None
        self._looking = threading.Lock()
        self._stopping = threading.Event()
        self._looked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registry-watcher", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Give out the snapshot of the last run, if there is one, and begin to follow."""
        self._loop = asyncio.get_running_loop()
        kept = self._file.load()
        if kept is not None:
            self._snapshot = kept
            self._on_change(kept)
        self._thread.start()

    async def wait_for_first_look(self, seconds: float) -> None:
        """Wait until the store was asked once, whatever came of it, but no longer than that."""
        await asyncio.to_thread(self._looked.wait, seconds)

    async def stop(self) -> None:
        """End the thread; it may be in the middle of a question to the store."""
        self._stopping.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    def refresh(self) -> None:
        """Ask the store now; on return the loop has been told of any change. Not from the loop's thread.

        Raises:
            Unavailable: the store is not reached.
        """
        with self._looking:
            store = self._access()
            # The token is read first: a change in between is seen once more, never missed.
            seen = store.changes()
            if seen != self._seen or time.monotonic() - self._read_at >= REREAD_SECONDS:
                self._publish(read_store(store))
                self._seen, self._read_at = seen, time.monotonic()

    def _publish(self, snapshot: Snapshot) -> None:
        if snapshot == self._snapshot or self._loop is None:
            return
        try:
            self._file.save(snapshot)
        except StorageError as error:
            _logger.warning("%s: %s", error.message, error.details)
        published = threading.Event()

        def publish() -> None:
            try:
                self._on_change(snapshot)
            finally:
                published.set()

        self._loop.call_soon_threadsafe(publish)
        published.wait(timeout=5.0)
        self._snapshot = snapshot

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause = LOOK_SECONDS
            try:
                self.refresh()
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


_logger = logging.getLogger(__name__)

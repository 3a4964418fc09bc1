"""Syncs the spool to its disk, behind the loop's back."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from services.errors import RelevoError
from services.gateway.spool.database import checkpoint

_BINARY: int = getattr(os, "O_BINARY", 0)

Synced = Callable[[int, Exception | None], None]
"""Called from the thread: the number up to which all is on the disk, or why it is not."""


class Syncer:
    """A thread that syncs a database's write-ahead log when asked.

    Args:
        database: whose log it is; the log must be there.
        synced: told of each sync.
    """

    def __init__(self, database: Path, synced: Synced) -> None:
        self._database = database
        # SQLite holds no locks on this file, so a descriptor of our own may be opened and closed.
        self._descriptor = os.open(f"{database}-wal", os.O_RDWR | _BINARY)
        self._synced = synced
        self._wanted = 0
        self._failed = False
        self._asked = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="spool-sync", daemon=True)
        self._thread.start()

    def request(self, number: int) -> None:
        """Sync everything committed up to this entry."""
        self._wanted = number
        self._asked.set()

    def close(self) -> None:
        """Sync once more if asked, then end."""
        self._ended = True
        self._asked.set()
        self._thread.join()
        os.close(self._descriptor)

    def _run(self) -> None:
        done = 0
        while True:
            self._asked.wait()
            self._asked.clear()
            ending, number = self._ended, self._wanted
            if number > done:
                error = self._sync()
                self._failed = error is not None
                done = done if self._failed else number
                self._synced(number, error)
            if ending:
                return

    def _sync(self) -> Exception | None:
        try:
            if self._failed:
                # The system may have dropped what it could not write: bring it to the disk another way.
                checkpoint(self._database, mode="TRUNCATE")
            os.fsync(self._descriptor)
        except (OSError, RelevoError) as error:
            return error
        return None

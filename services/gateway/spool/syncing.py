"""Syncs the spool to its disk, and mends it when that failed, behind the loop's back."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from services.errors import RelevoError

_BINARY: int = getattr(os, "O_BINARY", 0)


class SyncAttempt(NamedTuple):
    """A sync, or a recovering.

    Attributes:
        number: the entry up to which all is on the disk, if there is no error.
        error: why it is not.
        recovered: whether all was brought to the disk anew, or was to be.
    """

    number: int
    error: Exception | None
    recovered: bool


class Syncer:
    """A thread that syncs a database's write-ahead log when asked; it keeps time by itself.

    Args:
        database: whose log it is; the log must be there.
        seconds: how long a request may wait for others to share its sync.
        recover: brings what was not synced to the disk in another way; the log is another file afterwards.
        synced: told of each attempt, from the thread.
    """

    def __init__(
        self,
        database: Path,
        seconds: float,
        recover: Callable[[], None],
        synced: Callable[[SyncAttempt], None],
    ) -> None:
        self._log = f"{database}-wal"
        self._seconds = seconds
        self._recover = recover
        self._synced = synced
        self._descriptor = -1
        self._wanted = 0
        self._done = 0
        self._recovery_wanted = False
        self._asked = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool-sync", daemon=True)
        self._thread.start()

    def request(self, number: int) -> None:
        """Sync everything committed up to this entry."""
        self._wanted = number
        self._asked.set()

    def request_recovery(self, number: int) -> None:
        """Bring everything up to this entry to the disk anew; nothing is committed until that is told."""
        self._recovery_wanted = True
        self.request(number)

    def close(self) -> None:
        """Do once more what was asked, then end."""
        self._ending.set()
        self._asked.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            ending = False
            while not ending:
                self._asked.wait()
                self._ending.wait(self._seconds)
                self._asked.clear()
                # Looked at after that and before the attempt: what was asked before the end is in it.
                ending = self._ending.is_set()
                self._attempt(self._wanted)
        finally:
            self._close_log()

    def _attempt(self, number: int) -> None:
        recovering, self._recovery_wanted = self._recovery_wanted, False
        if not recovering and number <= self._done:
            return
        try:
            if recovering:
                self._close_log()  # it could not be deleted everywhere while it is open
                self._recover()
            self._sync()
        except (OSError, RelevoError) as error:
            self._synced(SyncAttempt(number, error, recovering))
        else:
            self._done = number
            self._synced(SyncAttempt(number, None, recovering))

    def _sync(self) -> None:
        if self._descriptor < 0:
            # SQLite holds no locks on this file, so a descriptor of our own may be opened and closed.
            self._descriptor = os.open(self._log, os.O_RDWR | _BINARY)
        os.fsync(self._descriptor)

    def _close_log(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

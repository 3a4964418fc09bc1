"""Keeps the spool's files small, and room free on its disk: a full one could not even be emptied."""

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from services.errors import RelevoError, StorageError
from services.gateway.disk_errors import ROOM, DiskFault, disk_error
from services.gateway.spool.database import checkpoint, connect, translate

_CHECKPOINT_BYTES = 16 << 20
_LONGEST_LOG = 128 << 20


class DiskReserve:
    """A file of zeros that is given up when the disk is full, and taken again when there is room.

    Args:
        folder: of the spool.
        size: bytes.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._path = folder / "reserve"
        self._size = size
        self.held = False
        self._trouble: StorageError | None = None

    def hold(self) -> bool:
        """Take the room, if it is not held; whether it is now."""
        if not self.held:
            try:
                self._fill()
                self.held = True
            except OSError as error:  # a full disk is what this file is for: the answer says so
                self._trouble = disk_error(error, "nothing was recorded")
                self._remove()
        return self.held

    def refusal(self) -> StorageError:
        """Why nothing is recorded while it is not held; `DiskFault` where there is room."""
        if isinstance(self._trouble, DiskFault):
            return self._trouble.again()
        return StorageError(
            "the spool's disk is full; what is recorded is being shipped to make room", remedy=ROOM
        )

    def release(self) -> None:
        """Give the room up, for the work that empties the disk."""
        self._remove()
        self.held = False
        self._trouble = None

    def _remove(self) -> None:
        with suppress(OSError):  # a read-only disk keeps it
            self._path.unlink()

    def _fill(self) -> None:
        if self._path.exists() and self._path.stat().st_size == self._size:
            return
        zeros = bytes(1 << 16)
        with self._path.open("wb") as file:
            for start in range(0, self._size, len(zeros)):
                file.write(zeros[: self._size - start])


class SpoolMaintenance:
    """Moves the write-ahead logs into their databases, and takes the reserve back.

    Args:
        folder: of the spool.
        reserve: to be held whenever the disk has room for it.
        files: held while a database is open here.
    """

    def __init__(self, folder: Path, reserve: DiskReserve, files: threading.Lock) -> None:
        self._files = files
        self._entries = folder / "entries.sqlite3"
        self._outbox = folder / "outbox.sqlite3"
        self._reserve = reserve
        self._moved = 0

    def after_round(self, shipped: int) -> None:
        """Checkpoint now and then; raises as `checkpoint`.

        Args:
            shipped: bytes that this round brought to the store.
        """
        if shipped and not self._reserve.held:
            self._shrink(self._outbox)
        self._moved += shipped
        if self._moved < _CHECKPOINT_BYTES:
            return
        self._moved = 0
        for path in (self._entries, self._outbox):
            with self._files:
                checkpoint(path, mode="PASSIVE")
                # Under constant load a passive one never comes to the end of the log.
                if Path(f"{path}-wal").stat().st_size > _LONGEST_LOG:
                    checkpoint(path, mode="TRUNCATE")

    def reclaim_reserve(self) -> bool:
        """Give shipped rows' room back to the disk, and take the reserve of it; whether it is held now."""
        if self._reserve.held or self._reserve.hold():
            return True
        try:
            self._shrink(self._outbox)
            self._shrink(self._entries)
        except RelevoError:
            return False  # the disk is still full, maybe of other things; the next attempt may do
        return self._reserve.hold()

    def _shrink(self, path: Path) -> None:
        with self._files:
            _shrink(path)


def _shrink(path: Path) -> None:
    """Make a database as small as what it holds.

    Vacuum first: a checkpoint before it would move into the database what is deleted already, and a
    full disk has no room for that.
    """
    connection = connect(path, durable=True)
    try:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("VACUUM")
    except sqlite3.Error as error:
        raise translate(error) from error
    finally:
        connection.close()
    checkpoint(path, mode="TRUNCATE")

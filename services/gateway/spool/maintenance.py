"""Keeps the spool's files small, from the shipping thread."""

import sqlite3
import threading
from pathlib import Path

from services.errors import RelevoError
from services.gateway.spool.database import checkpoint, connect, translate
from services.gateway.spool.reserve import Reserve

_CHECKPOINT_BYTES = 16 << 20
_LONGEST_LOG = 128 << 20


class Upkeep:
    """Moves the write-ahead logs into their databases, and takes the reserve back.

    Args:
        folder: of the spool.
        reserve: to be held whenever the disk has room for it.
        files: held while a database is open here.
    """

    def __init__(self, folder: Path, reserve: Reserve, files: threading.Lock) -> None:
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

    def take_reserve(self) -> bool:
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

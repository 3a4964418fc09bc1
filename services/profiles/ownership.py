"""One process owns a workspace's services; the others attach, and one of them takes over when it ends."""

import contextlib
import sqlite3
from pathlib import Path


class Ownership:
    """A lock that the operating system frees when its holder is gone, however that ended.

    It is an open write transaction of a small SQLite file: the one lock that Python's standard library
    offers alike on every system.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds it."""
        return self._connection is not None

    def acquire(self) -> bool:
        """Try to become the owner; whether it is this object now."""
        if self._connection is not None:
            return True
        connection = sqlite3.connect(self._file, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            connection.close()
            return False
        self._connection = connection
        return True

    def release(self) -> None:
        """Give it up; nothing happens if it is not held."""
        if self._connection is not None:
            with contextlib.closing(self._connection) as connection:
                connection.execute("ROLLBACK")
            self._connection = None

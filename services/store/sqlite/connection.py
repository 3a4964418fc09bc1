"""Connections to a workspace's two files: one per thread, all closed together."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.errors import StorageError, Unavailable
from services.store.sqlite.errors import translated
from services.store.sqlite.schema import prepare_schema, use_write_ahead_log

BUSY_SECONDS = 30.0
_FILES = {"historical_db": "historical_db.sqlite3", "live_db": "live_db.sqlite3"}


class Database:
    """A workspace's databases, attached under the names that `historical_db.x` and `live_db.x` need.

    Raises:
        StorageError: the folder cannot be made or written.
        Corrupt: one of the files is not a database.
        Refused: a newer Relevo made them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._local = threading.local()
        self._guard = threading.Lock()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._closed = False
        _make_folder(folder)
        try:
            with translated(folder):
                use_write_ahead_log(self.connection())
                prepare_schema(self.connection())
        except BaseException:
            self.close()
            raise

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, opened on first use; Unavailable after `close`."""
        if self._closed:
            raise Unavailable("the store has been closed")
        held: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if held is None:
            held = self._open()
            self._local.connection = held
        return held

    def _open(self) -> sqlite3.Connection:
        # Another thread may close it in `close`, and only there.
        connection = sqlite3.connect(
            ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            for name, file in _FILES.items():
                connection.execute(f"ATTACH DATABASE ? AS {name}", (str(self.folder / file),))
                # Rows leave the spool once they stand here, so a commit must survive a power cut.
                connection.execute(f"PRAGMA {name}.synchronous = FULL")
            self._keep(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _keep(self, connection: sqlite3.Connection) -> None:
        with self._guard:
            if self._closed:
                raise Unavailable("the store has been closed")
            for thread in [thread for thread in self._connections if not thread.is_alive()]:
                self._connections.pop(thread).close()
            self._connections[threading.current_thread()] = connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection; errors become kinds of `services.errors`."""
        with translated(self.folder):
            yield self.connection()

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Several reads that see one state."""
        with translated(self.folder):
            connection = self.connection()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start: what it reads stays true."""
        with translated(self.folder):
            connection = self.connection()
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY:
                    self._forget(connection)
                raise
            finally:
                # A full disk may have rolled back already.
                if self._is_kept(connection) and connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _is_kept(self, connection: sqlite3.Connection) -> bool:
        return getattr(self._local, "connection", None) is connection

    def _forget(self, connection: sqlite3.Connection) -> None:
        """Open it anew when it is next needed: opened while the disk was read-only, it would stay so."""
        self._local.connection = None
        with self._guard:
            if self._connections.get(threading.current_thread()) is connection:
                del self._connections[threading.current_thread()]
        connection.close()

    def close(self) -> None:
        """Close every thread's connection; a second time changes nothing."""
        with self._guard:
            self._closed = True
            while self._connections:
                self._connections.popitem()[1].close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the workspace folder {folder} cannot be made",
            remedy="Choose a folder that this user may write to.",
            details=repr(error),
        ) from error


class DatabaseHolder:
    """One concern of the store, working on the shared connections."""

    def __init__(self, database: Database) -> None:
        self._database = database

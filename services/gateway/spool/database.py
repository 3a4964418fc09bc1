"""Opening the spool's databases, and SQLite's errors in the words of `services.errors`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.errors import Conflict, Corrupt, RelevoError, StorageError, Unavailable
from services.gateway.disk_errors import ROOM, WRITABLE, DiskFault, disk_error

_BUSY_SECONDS = 10.0
_TROUBLE = {
    sqlite3.SQLITE_READONLY: "the spool's disk is read-only",
    sqlite3.SQLITE_CANTOPEN: "the spool's folder cannot be written",
    sqlite3.SQLITE_IOERR: "the spool's disk fails",
    sqlite3.SQLITE_PERM: "the spool's folder may not be written",
}
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def translate(error: sqlite3.Error) -> RelevoError:
    """The kind of error that SQLite's one is."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StorageError(
            "the spool's disk is full; nothing was recorded",
            remedy=ROOM,
            details=str(error),
        )
    if code in _TROUBLE:
        return DiskFault(
            f"{_TROUBLE[code]}; nothing was recorded",
            remedy=WRITABLE,
            details=str(error),
        )
    if code in _BROKEN:
        return Corrupt("the spool's database is damaged", details=str(error))
    return Unavailable("the spool's database cannot be used", details=str(error))


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction: all or nothing; errors come out translated.

    Raises:
        StorageError, Corrupt, Unavailable: as SQLite says.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise translate(error) from error
        raise


def connect(path: Path, *, durable: bool) -> sqlite3.Connection:
    """A connection that never checkpoints by itself.

    Args:
        path: of the database; made if there is none.
        durable: whether each commit is synced before it returns.

    Raises:
        StorageError, Corrupt, Unavailable: it cannot be opened.
    """
    try:
        connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise translate(error) from error
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        # Some builds overwrite what they delete: on a full disk that would take the room it should give.
        connection.execute("PRAGMA secure_delete = OFF")
    except sqlite3.Error as error:
        connection.close()
        raise translate(error) from error
    return connection


def checkpoint(path: Path, *, mode: str) -> None:
    """Move what the write-ahead log holds into the database, with a connection of its own.

    Args:
        path: of the database.
        mode: `PASSIVE` waits for nobody; `TRUNCATE` also makes the log empty and holds writers meanwhile.
    """
    connection = connect(path, durable=False)
    try:
        connection.execute(f"PRAGMA wal_checkpoint({mode})")
    except sqlite3.Error as error:
        raise translate(error) from error
    finally:
        connection.close()


def acquire_ownership(folder: Path) -> sqlite3.Connection:
    """Hold a spool folder for as long as the connection is open and the process lives.

    A lock of SQLite works on every system and ends with its process.

    Raises:
        Conflict: another gateway holds it.
        StorageError: the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(
            folder / "owner.sqlite3", timeout=0, isolation_level=None, check_same_thread=False
        )
    except OSError as error:
        raise disk_error(error, f"its folder {folder} cannot be made") from error
    except sqlite3.Error as error:
        raise translate(error) from error
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        connection.close()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise Conflict(
                f"another gateway uses the spool folder {folder}",
                remedy="Give each gateway a spool folder of its own, or stop the other one.",
            ) from error
        raise translate(error) from error
    return connection

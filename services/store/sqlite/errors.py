"""sqlite3's exceptions as kinds of `services.errors`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.errors import Corrupt, InvalidInput, NotPrepared, RelevoError, StorageError, Unavailable

_FULL = {sqlite3.SQLITE_FULL}
_READ_ONLY = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
_FAILING = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def translate(error: sqlite3.Error, folder: Path) -> RelevoError:
    """What a person can act on, for an exception of sqlite3 met in a workspace.

    Only `InvalidInput` stands for good: the values do not fit, whenever they are written.
    """
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    details = repr(error)
    if code in _FULL:
        return StorageError(
            f"the disk of workspace {folder} is full; nothing was written",
            remedy="Free some space, or move the workspace to a larger disk.",
            details=details,
        )
    if code in _READ_ONLY:
        return StorageError(
            f"the workspace {folder} is read-only; nothing was written",
            remedy="Give this user the right to write there, or choose another folder.",
            details=details,
        )
    if code in _FAILING:
        # A disk that turns read-only under open files is told as one that fails.
        return StorageError(
            f"the disk of workspace {folder} fails, or has become read-only",
            remedy="Make it writable again; what waits to be written then goes on by itself.",
            details=details,
        )
    if code in _CORRUPT:
        return Corrupt(
            f"a database file in workspace {folder} is damaged or is not a database",
            remedy="Put the file back from a backup, or move it away to begin anew.",
            details=details,
        )
    if code in _BUSY:
        return Unavailable(f"the workspace {folder} is busy with another process's work", details=details)
    return _translate_statement(error, folder, details)


def _translate_statement(error: sqlite3.Error, folder: Path, details: str) -> RelevoError:
    text = str(error)
    if "no such table" in text:
        return NotPrepared("nothing has been prepared under that name in this workspace", details=details)
    if "no column named" in text or "no such column" in text:
        return NotPrepared(
            "the table lacks one of these columns; prepare it with the signature", details=details
        )
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
        return InvalidInput(f"the values do not fit the table: {text}", details=details)
    return Unavailable(f"the workspace {folder} cannot be used: {text}", details=details)


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turn sqlite3's exceptions raised inside into kinds of `services.errors`."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, folder) from error

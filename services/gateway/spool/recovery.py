"""Writing the spool's entries anew after the disk failed to take them.

After a failed sync the system may count pages as written that are not, so neither the file nor a further
sync can be trusted (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
The bytes are therefore read and written to a new file. SQLite's recovery reads the copied log only as far
as its checksums hold, which is at least to the last good sync, and what was recorded since then is added
from memory.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from services.gateway.spool.database import checkpoint, connect, transaction

Row = tuple[int, int, int, bytes]
"""An entry as it stands in its table: number, header, rows, payload."""

_BESIDE = ("-wal", "-shm")


def write_recovered_copy(path: Path, headers: Mapping[bytes, int], rows: Iterable[Row]) -> None:
    """Make a whole and synced copy beside the database, with these headers and rows in it.

    Nobody may write to the database or checkpoint it meanwhile.

    Raises:
        OSError, StorageError, Corrupt, Unavailable: there is no copy; the database is as it was.
    """
    part = path.with_name(f"{path.name}.part")
    _remove_with_log(part)
    _copy(path, part)
    log = Path(f"{path}-wal")
    if log.exists():
        _copy(log, Path(f"{part}-wal"))
    connection = connect(part, durable=True)
    try:
        with transaction(connection):
            connection.executemany(
                "INSERT OR IGNORE INTO headers VALUES (?, ?)",
                [(number, encoded) for encoded, number in headers.items()],
            )
            connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)
    finally:
        connection.close()
    checkpoint(part, mode="TRUNCATE")
    for beside in _BESIDE:
        Path(f"{part}{beside}").unlink(missing_ok=True)
    part.replace(_recovered_copy(path))
    sync_folder(path.parent)


def has_recovered_copy(path: Path) -> bool:
    """Whether a whole copy stands beside the database, to be put in its place."""
    return _recovered_copy(path).exists()


def install_recovered_copy(path: Path) -> None:
    """Put a whole copy in the database's place, if there is one; nobody may have either open."""
    if has_recovered_copy(path):
        for beside in _BESIDE:
            Path(f"{path}{beside}").unlink(missing_ok=True)
        _recovered_copy(path).replace(path)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names of new files survive a power cut, where the system can be asked for that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _recovered_copy(path: Path) -> Path:
    return path.with_name(f"{path.name}.mended")


def _remove_with_log(path: Path) -> None:
    for beside in (*_BESIDE, ""):
        Path(f"{path}{beside}").unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as original, target.open("wb") as copy:
        shutil.copyfileobj(original, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())

"""`entries.sqlite3`: what was recorded, in the order in which it was; the loop alone writes it."""

import sqlite3
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from services.gateway.records import AnswerOrigin
from services.gateway.spool.database import checkpoint, connect, transaction, translate
from services.gateway.spool.recovery import (
    Row,
    has_recovered_copy,
    install_recovered_copy,
    sync_folder,
    write_recovered_copy,
)
from services.registry.model import Field, Mode

_SCHEMA = """
CREATE TABLE IF NOT EXISTS headers (number INTEGER PRIMARY KEY, header BLOB NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY, header INTEGER NOT NULL, rows INTEGER NOT NULL, payload BLOB NOT NULL
);
"""
_INSERT = "INSERT INTO entries VALUES (?, ?, ?, ?)"
_FORGET_AT_ONCE = 64
_ARRAY_OF = b"\xdd"  # MessagePack's `array 32`: the number of parts follows in four bytes

encode_part = msgspec.msgpack.Encoder().encode
"""One `AnsweredRows` or `Labels` as bytes; TypeError if it holds what a request cannot."""


def join_parts(parts: Sequence[bytes]) -> bytes:
    """What an entry holds: encoded parts of one header, in the order in which they were recorded."""
    return _ARRAY_OF + len(parts).to_bytes(4, "big") + b"".join(parts)


class PredictionHeader(Struct, frozen=True, tag="predictions"):
    """Of answers: an `AnswerOrigin`, and whether clients brought the ids."""

    project: str
    version: str
    revision: str
    mode: Mode
    fields: tuple[Field, ...]
    classes: tuple[str, ...]
    late: bool
    brought: bool


class LabelHeader(Struct, frozen=True, tag="labels"):
    """Of labels: whether they are names of classes, or numbers."""

    project: str
    texts: bool


EntryHeader = PredictionHeader | LabelHeader


def prediction_header(origin: AnswerOrigin, *, brought: bool) -> PredictionHeader:
    """The header of an origin's answers."""
    return PredictionHeader(
        origin.project,
        origin.version,
        origin.revision,
        origin.mode,
        origin.fields,
        origin.classes,
        origin.late,
        brought,
    )


class EntryGroup(NamedTuple):
    """Rows of one header, to be recorded: the header's number, how many, and their encoded form."""

    header: int
    rows: int
    payload: bytes


class Entry(NamedTuple):
    """Rows of one header as recorded; `header` is None where it cannot be read."""

    number: int
    header: EntryHeader | None
    payload: bytes
    rows: int = 0
    encoded_header: bytes = b""

    def parts(self) -> list[list[Any]]:
        """The fields of each `AnsweredRows` or `Labels` in it, in the order in which they were recorded."""
        decoded: list[list[Any]] = msgspec.msgpack.decode(self.payload)
        return decoded


class Entries:
    """The recording side.

    Args:
        path: of the database; made if there is none.
        after: entries up to and including this number are in the outbox or shipped, and are dropped.
        files: held by whoever else has the database open, and while it is put in another's place.

    Attributes:
        last: the number of the newest entry.
        bytes: of all payloads held.
        rows: of all entries held.
        shipped: rows of entries that were forgotten since this was opened.

    Raises:
        StorageError, Corrupt, Unavailable: the database cannot be opened.
    """

    def __init__(self, path: Path, after: int, files: threading.Lock) -> None:
        install_recovered_copy(path)
        self._path = path
        self._files = files
        self._unsynced: deque[Row] = deque()
        self._connection = connect(path, durable=False)
        try:
            with transaction(self._connection):
                for statement in _SCHEMA.split(";")[:-1]:
                    self._connection.execute(statement)
                self._connection.execute("DELETE FROM entries WHERE number <= ?", (after,))
                self._connection.execute(
                    "DELETE FROM headers WHERE number NOT IN (SELECT header FROM entries)"
                )
            # From here on the empty database itself is on the disk, whatever is cut off later.
            checkpoint(path, mode="TRUNCATE")
            sync_folder(path.parent)
            held = self._connection.execute(
                "SELECT number, rows, length(payload) FROM entries ORDER BY number"
            ).fetchall()
            known = self._connection.execute("SELECT header, number FROM headers").fetchall()
        except sqlite3.Error as error:
            self._connection.close()
            raise translate(error) from error
        except BaseException:
            self._connection.close()
            raise
        self._held: deque[tuple[int, int, int]] = deque(held)
        self._headers: dict[bytes, int] = {bytes(header): number for header, number in known}
        self._forgettable = after
        self.last = max(after, held[-1][0] if held else 0)
        self.rows = sum(rows for _, rows, _ in held)
        self.shipped = 0
        self.bytes = sum(size for _, _, size in held)

    def header(self, header: EntryHeader) -> int:
        """The number of a header, kept from now on; raises as `append`."""
        encoded = msgspec.msgpack.encode(header)
        number = self._headers.get(encoded)
        if number is None:
            number = max(self._headers.values(), default=0) + 1
            with transaction(self._connection):
                self._connection.execute("INSERT INTO headers VALUES (?, ?)", (number, encoded))
            self._headers[encoded] = number
        return number

    def append(self, groups: Sequence[EntryGroup]) -> int:
        """Commit groups in one transaction, without a sync; the number of the last.

        Raises:
            StorageError, Corrupt, Unavailable: nothing was recorded.
        """
        number = self.last
        rows = [(number + place, *group) for place, group in enumerate(groups, 1)]
        if len(rows) == 1:
            try:
                self._connection.execute(_INSERT, rows[0])
            except sqlite3.Error as error:
                raise translate(error) from error
        else:
            with transaction(self._connection):
                self._connection.executemany(_INSERT, rows)
        self._unsynced.extend(rows)
        for number, _, count, payload in rows:
            self._held.append((number, count, len(payload)))
            self.rows += count
            self.bytes += len(payload)
        self.last = number
        return number

    def forget(self, up_to: int) -> bool:
        """Delete some of the entries up to and including a number; whether more are left to delete.

        A slice at a time, so that the loop is never held for long. Raises as `append`.
        """
        self._forgettable = max(self._forgettable, up_to)
        gone: list[tuple[int, int, int]] = []
        while self._held and self._held[0][0] <= self._forgettable and len(gone) < _FORGET_AT_ONCE:
            gone.append(self._held.popleft())
        if gone:
            try:
                self._connection.execute("DELETE FROM entries WHERE number <= ?", (gone[-1][0],))
            except sqlite3.Error as error:
                self._held.extendleft(reversed(gone))
                raise translate(error) from error
            rows = sum(count for _, count, _ in gone)
            self.rows -= rows
            self.shipped += rows
            self.bytes -= sum(size for _, _, size in gone)
        return bool(self._held) and self._held[0][0] <= self._forgettable

    def synced(self, up_to: int) -> None:
        """Entries up to and including this number are on the disk."""
        while self._unsynced and self._unsynced[0][0] <= up_to:
            self._unsynced.popleft()

    def recover(self) -> None:
        """Bring everything to the disk once more, in a new file, after a write or sync has failed.

        Blocks, so it is called from a thread; nothing else of this object may be used meanwhile.

        Raises:
            OSError, StorageError, Corrupt, Unavailable: it did not succeed, nothing is lost, try again.
        """
        with self._files:
            if not has_recovered_copy(self._path):
                write_recovered_copy(self._path, self._headers, self._unsynced)
            self._connection.close()
            install_recovered_copy(self._path)
            self._connection = connect(self._path, durable=False)

    def close(self) -> None:
        """Close; entries stay."""
        self._connection.close()


class EntryReader:
    """The shipping side: reads entries in their order, from a thread of its own.

    Args:
        path: of the database.
        files: held while it is open here.
    """

    def __init__(self, path: Path, files: threading.Lock) -> None:
        self._path = path
        self._files = files
        self._headers: dict[int, tuple[EntryHeader | None, bytes]] = {}

    def read(self, after: int, most_bytes: int) -> list[Entry]:
        """Entries with larger numbers, about so many bytes of them, at least one if there is any."""
        with self._files:
            connection = connect(self._path, durable=False)
            try:
                return self._read(connection, after, most_bytes)
            except sqlite3.Error as error:
                raise translate(error) from error
            finally:
                connection.close()

    def _read(self, connection: sqlite3.Connection, after: int, most_bytes: int) -> list[Entry]:
        entries: list[Entry] = []
        size = 0
        rows = connection.execute(
            "SELECT number, header, payload, rows FROM entries WHERE number > ? ORDER BY number", (after,)
        )
        for number, place, payload, count in rows:
            header, encoded = self._header(connection, place)
            entries.append(Entry(number, header, payload, count, encoded))
            size += len(payload)
            if size >= most_bytes:
                break
        return entries

    def _header(self, connection: sqlite3.Connection, number: int) -> tuple[EntryHeader | None, bytes]:
        """A header and its bytes; None where they say none."""
        known = self._headers.get(number)
        if known is None:
            row = connection.execute("SELECT header FROM headers WHERE number = ?", (number,)).fetchone()
            encoded = bytes(row[0]) if row else b""
            try:
                header = msgspec.msgpack.decode(encoded, type=EntryHeader)
            except msgspec.MsgspecError:
                header = None
            known = self._headers[number] = header, encoded
        return known

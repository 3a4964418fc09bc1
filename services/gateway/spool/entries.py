"""`entries.sqlite3`: what was recorded, in the order in which it was; the loop alone writes it."""

import os
import sqlite3
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from services.gateway.spool.database import checkpoint, connect, transaction, translate
from services.gateway.spool.headers import Header

_SCHEMA = """
CREATE TABLE IF NOT EXISTS headers (number INTEGER PRIMARY KEY, header BLOB NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY, header INTEGER NOT NULL, rows INTEGER NOT NULL, payload BLOB NOT NULL
);
"""
_INSERT = "INSERT INTO entries VALUES (?, ?, ?, ?)"
_FORGET_AT_ONCE = 64


class Group(NamedTuple):
    """Rows of one header, to be recorded: the header's number, how many, and their encoded form."""

    header: int
    rows: int
    payload: bytes


class Entry(NamedTuple):
    """Rows of one header as recorded."""

    number: int
    header: Header
    payload: bytes


class Entries:
    """The recording side.

    Args:
        path: of the database; made if there is none.
        after: entries up to and including this number are in the outbox or shipped, and are dropped.

    Attributes:
        last: the number of the newest entry.
        bytes: of all payloads held.
        rows: of all entries held.
        shipped: rows of entries that were forgotten since this was opened.

    Raises:
        StorageFull, Corrupt, Unavailable: the database cannot be opened.
    """

    def __init__(self, path: Path, after: int) -> None:
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

    def header(self, header: Header) -> int:
        """The number of a header, kept from now on; raises as `append`."""
        encoded = msgspec.msgpack.encode(header)
        number = self._headers.get(encoded)
        if number is None:
            number = max(self._headers.values(), default=0) + 1
            with transaction(self._connection):
                self._connection.execute("INSERT INTO headers VALUES (?, ?)", (number, encoded))
            self._headers[encoded] = number
        return number

    def append(self, groups: Sequence[Group]) -> int:
        """Commit groups in one transaction, without a sync; the number of the last.

        Raises:
            StorageFull, Corrupt, Unavailable: nothing was recorded.
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

    def close(self) -> None:
        """Close; entries stay."""
        self._connection.close()


class EntryReader:
    """The shipping side: reads entries in their order, from a thread of its own."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, durable=False)
        self._headers: dict[int, Header] = {}

    def read(self, after: int, most_bytes: int) -> list[Entry]:
        """Entries with larger numbers, about so many bytes of them, at least one if there is any."""
        entries: list[Entry] = []
        size = 0
        try:
            rows = self._connection.execute(
                "SELECT number, header, payload FROM entries WHERE number > ? ORDER BY number", (after,)
            )
            for number, header, payload in rows:
                entries.append(Entry(number, self._header(header), payload))
                size += len(payload)
                if size >= most_bytes:
                    break
            rows.close()
        except sqlite3.Error as error:
            raise translate(error) from error
        return entries

    def _header(self, number: int) -> Header:
        header = self._headers.get(number)
        if header is None:
            row = self._connection.execute(
                "SELECT header FROM headers WHERE number = ?", (number,)
            ).fetchone()
            header = self._headers[number] = msgspec.msgpack.decode(row[0], type=Header)
        return header

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def sync_folder(folder: Path) -> None:
    """Make the names of new files survive a power cut, where the system can be asked for that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

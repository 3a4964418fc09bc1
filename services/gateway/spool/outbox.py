"""`outbox.sqlite3`: batches whose place in the log is fixed; the shipping thread alone writes it.

Every commit is synced: a batch that may have reached the store stands here under the same place and
with the same bytes until it surely has. What the store can never take is set aside: it stays here, and an
empty batch goes to its place in the log, so that nobody waits for it.
"""

import sqlite3
import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from services.gateway.spool.database import connect, transaction, translate
from services.store.log.gaps import NOTHING

LOT_BYTES = 8 << 20
SEGMENT_ROWS = 100_000
SEGMENT_BATCHES = 2_000
"""Small batches, as light traffic makes them, are packed sooner."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (
    one INTEGER PRIMARY KEY CHECK (one = 1), writer TEXT NOT NULL, assembled INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS places (
    project TEXT PRIMARY KEY, segment INTEGER NOT NULL, sequence INTEGER NOT NULL, rows INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS endings (
    project TEXT, segment INTEGER, rows INTEGER NOT NULL, last_sequence INTEGER NOT NULL,
    PRIMARY KEY (project, segment)
);
CREATE TABLE IF NOT EXISTS parcels (
    number INTEGER PRIMARY KEY, project TEXT NOT NULL, segment INTEGER NOT NULL, sequence INTEGER NOT NULL,
    rows INTEGER NOT NULL, blob BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS shipped (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS closed (
    project TEXT, segment INTEGER, PRIMARY KEY (project, segment)
);
CREATE TABLE IF NOT EXISTS set_aside (
    number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, project TEXT NOT NULL, segment INTEGER,
    sequence INTEGER, rows INTEGER NOT NULL, reason TEXT NOT NULL, header BLOB, content BLOB NOT NULL
);
"""

_WAITING = (
    "SELECT number, project, segment, sequence, rows, blob FROM parcels"
    " WHERE number NOT IN (SELECT number FROM shipped) ORDER BY number"
)
_KEPT_ROWS = "SELECT total(rows) FROM parcels WHERE number IN (SELECT number FROM shipped)"


class UnplacedBatch(NamedTuple):
    """An encoded batch of a project, not yet placed."""

    project: str
    rows: int
    blob: bytes


class PlacedBatch(NamedTuple):
    """An encoded batch with its place in the log."""

    number: int
    project: str
    segment: int
    sequence: int
    rows: int
    blob: bytes


class DamagedEntry(NamedTuple):
    """An entry that no batch can be made of.

    Attributes:
        project: empty where not even that can be read.
        header: as it stands in the entries' database; empty if there is none.
        reason: why, for a person.
    """

    project: str
    rows: int
    header: bytes
    payload: bytes
    reason: str


class SetAside(NamedTuple):
    """How much the spool keeps that the store cannot take."""

    parcels: int = 0
    rows: int = 0


class SegmentEnd(NamedTuple):
    """A segment to which nothing will be added any more."""

    project: str
    segment: int
    rows: int
    last_sequence: int


class Outbox:
    """The batches on their way.

    Args:
        path: of the database; made, with a new writer, if there is none.

    Attributes:
        writer: this spool's name in the log.
        assembled: entries up to and including this number have been taken over.
        aside: how much is set aside.
        kept_rows: that the store has and may still lose.

    Raises:
        StorageError, Corrupt, Unavailable: the database cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, durable=True)
        try:
            with transaction(self._connection):
                for statement in _SCHEMA.split(";")[:-1]:
                    self._connection.execute(statement)
                self._connection.execute(
                    "INSERT OR IGNORE INTO about VALUES (1, ?, 0)", (uuid.uuid4().hex,)
                )
            self.ship_again()
            about = self._connection.execute("SELECT writer, assembled FROM about").fetchone()
            aside = self._connection.execute("SELECT count(*), total(rows) FROM set_aside").fetchone()
        except BaseException as error:
            self._connection.close()
            if isinstance(error, sqlite3.Error):
                raise translate(error) from error
            raise
        self.writer: str = about[0]
        self.assembled: int = about[1]
        self.aside = SetAside(aside[0], int(aside[1]))

    def place(
        self, batches: Iterable[UnplacedBatch], up_to: int, damaged: Sequence[DamagedEntry] = ()
    ) -> None:
        """Give batches the next places of their projects' logs, and take entries up to a number as done.

        Args:
            batches: of the entries that can be read.
            up_to: the last entry's number.
            damaged: the other entries; they are set aside.

        Raises:
            StorageError, Corrupt, Unavailable: nothing changed.
        """
        with transaction(self._connection):
            self._keep_aside([
                (one.project, None, None, one.rows, one.reason, one.header, one.payload)
                for one in damaged
            ])  # fmt: skip
            for batch in batches:
                segment, sequence = self._next_place(batch)
                self._connection.execute(
                    "INSERT INTO parcels (project, segment, sequence, rows, blob) VALUES (?, ?, ?, ?, ?)",
                    (batch.project, segment, sequence, batch.rows, batch.blob),
                )
            self._connection.execute("UPDATE about SET assembled = ?", (up_to,))
        self.assembled = up_to
        self._count_aside(len(damaged), sum(one.rows for one in damaged))

    def set_aside(self, placed: PlacedBatch, reason: str) -> None:
        """Keep a batch here for good, and an empty one at its place in its stead; raises as `place`.

        Args:
            placed: what the store never takes.
            reason: why, for a person.
        """
        kept = (placed.project, placed.segment, placed.sequence, placed.rows, reason, None, placed.blob)
        with transaction(self._connection):
            self._keep_aside([kept])
            self._connection.execute(
                "UPDATE parcels SET rows = 0, blob = ? WHERE number = ?", (NOTHING, placed.number)
            )
        self._count_aside(1, placed.rows)

    def placed_batches(self, most_bytes: int = LOT_BYTES) -> list[PlacedBatch]:
        """What is to be shipped next, in order: about so many bytes, at least one batch if there is any."""
        found: list[PlacedBatch] = []
        size = 0
        try:
            for row in self._connection.execute(_WAITING):
                found.append(PlacedBatch(*row))
                size += len(found[-1].blob)
                if size >= most_bytes:
                    break
        except sqlite3.Error as error:
            raise translate(error) from error
        return found

    def has_waiting(self) -> bool:
        """Whether any batch is to be shipped."""
        return bool(self._read(f"SELECT EXISTS ({_WAITING})")[0][0])

    def replace(self, batches: Sequence[PlacedBatch]) -> None:
        """Keep batches with other rows at the same places; raises as `place`."""
        with transaction(self._connection):
            self._connection.executemany(
                "UPDATE parcels SET rows = ?, blob = ? WHERE number = ?",
                [(placed.rows, placed.blob, placed.number) for placed in batches],
            )

    def remove(self, batches: Sequence[PlacedBatch]) -> None:
        """Drop what the store has; raises as `place`."""
        with transaction(self._connection):
            self._connection.executemany(
                "DELETE FROM parcels WHERE number = ?", [(placed.number,) for placed in batches]
            )

    def keep(self, batches: Sequence[PlacedBatch]) -> None:
        """The store has these and may still lose them: they are no more shipped, but stay; as `place`."""
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO shipped VALUES (?)", [(placed.number,) for placed in batches]
            )
        self.kept_rows += sum(placed.rows for placed in batches)

    def keep_segment_end(self, ending: SegmentEnd) -> None:
        """The store knows the end of the segment and may still lose it; raises as `place`."""
        with transaction(self._connection):
            self._connection.execute("INSERT INTO closed VALUES (?, ?)", (ending.project, ending.segment))

    def ship_again(self) -> None:
        """All that was kept waits again to be shipped, at its places; raises as `place`."""
        with transaction(self._connection):
            self._connection.execute("DELETE FROM shipped")
            self._connection.execute("DELETE FROM closed")
        self.kept_rows = 0

    def let_go(self, numbers: Sequence[int], endings: Sequence[SegmentEnd]) -> None:
        """Drop what was kept and can be lost no more; raises as `place`."""
        ended = [(ending.project, ending.segment) for ending in endings]
        gone = [(number,) for number in numbers]
        with transaction(self._connection):
            self._connection.executemany("DELETE FROM parcels WHERE number = ?", gone)
            self._connection.executemany("DELETE FROM shipped WHERE number = ?", gone)
            for table in ("endings", "closed"):
                self._connection.executemany(
                    f"DELETE FROM {table} WHERE project = ? AND segment = ?",  # noqa: S608 - our own tables
                    ended,
                )
            (kept,) = self._connection.execute(_KEPT_ROWS).fetchone()
        self.kept_rows = int(kept)

    def place_anew(self, placed: PlacedBatch) -> PlacedBatch:
        """Give a batch the next place of its project's log instead of its own; raises as `place`."""
        with transaction(self._connection):
            batch = UnplacedBatch(placed.project, placed.rows, placed.blob)
            segment, sequence = self._next_place(batch)
            self._connection.execute(
                "UPDATE parcels SET segment = ?, sequence = ? WHERE number = ?",
                (segment, sequence, placed.number),
            )
        return placed._replace(segment=segment, sequence=sequence)

    def ended_segments(self) -> list[SegmentEnd]:
        """Full segments all of whose batches the store has for good, and of which it does not know it."""
        rows = self._read(
            "SELECT project, segment, rows, last_sequence FROM endings WHERE NOT EXISTS"
            " (SELECT 1 FROM parcels"
            "  WHERE parcels.project = endings.project AND parcels.segment = endings.segment)"
            " AND NOT EXISTS (SELECT 1 FROM closed"
            "  WHERE closed.project = endings.project AND closed.segment = endings.segment)"
        )
        return [SegmentEnd(*row) for row in rows]

    def remove_segment_end(self, ending: SegmentEnd) -> None:
        """The store knows that the segment is closed; raises as `place`."""
        with transaction(self._connection):
            self._connection.execute(
                "DELETE FROM endings WHERE project = ? AND segment = ?", (ending.project, ending.segment)
            )

    def close(self) -> None:
        """Close; what is in it stays."""
        self._connection.close()

    def _keep_aside(self, kept: Sequence[tuple[Any, ...]]) -> None:
        self._connection.executemany(
            "INSERT INTO set_aside (at_ms, project, segment, sequence, rows, reason, header, content)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(time.time_ns() // 1_000_000, *one) for one in kept],
        )

    def _count_aside(self, parcels: int, rows: int) -> None:
        self.aside = SetAside(self.aside.parcels + parcels, self.aside.rows + rows)

    def _next_place(self, batch: UnplacedBatch) -> tuple[int, int]:
        """The place of a batch; the one after it is kept, in a new segment if this one is full."""
        found = self._connection.execute(
            "SELECT segment, sequence, rows FROM places WHERE project = ?", (batch.project,)
        ).fetchone()
        segment, sequence, rows = found or (0, 0, 0)
        rows += batch.rows
        if rows >= SEGMENT_ROWS or sequence + 1 >= SEGMENT_BATCHES:
            self._connection.execute(
                "INSERT INTO endings VALUES (?, ?, ?, ?)", (batch.project, segment, rows, sequence)
            )
            following = (batch.project, segment + 1, 0, 0)
        else:
            following = (batch.project, segment, sequence + 1, rows)
        self._connection.execute("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)", following)
        return segment, sequence

    def _read(self, statement: str) -> list[Any]:
        try:
            return self._connection.execute(statement).fetchall()
        except sqlite3.Error as error:
            raise translate(error) from error

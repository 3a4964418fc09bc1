"""`live_db.log`, `segments` and `packed`; no transaction stays open between two pages of a reading."""

from collections.abc import Iterator, Sequence
from typing import Any

from services.store.interface import Cursors, Position, Segment
from services.store.log.packing import SegmentedLog, checked_blob
from services.store.log.reading import whole_chunks
from services.store.names import validate_project
from services.store.sqlite.connection import Database, DatabaseHolder

KEY = "project = ? AND writer = ? AND segment = ?"
_SEGMENT = "SELECT writer, segment, rows, last_sequence, chunks, closed FROM live_db.segments"
_PAGE = 32


def _segment(row: tuple[Any, ...]) -> Segment:
    writer, number, rows, last_sequence, chunks, closed = row
    return Segment(writer, number, rows, last_sequence, chunks, closed=bool(closed))


class SqliteLogSource:
    """See `PackableLog`."""

    def __init__(self, database: Database, project: str) -> None:
        self._database, self._project = database, project

    def _key(self, segment: Segment) -> tuple[str, str, int]:
        return (self._project, segment.writer, segment.number)

    def listed(self, after: Cursors) -> list[Segment]:  # noqa: ARG002 - few rows, and they are here
        """See `LogSource`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{_SEGMENT} WHERE project = ? ORDER BY writer, segment", (self._project,)
            ).fetchall()
        return [_segment(row) for row in rows]

    def segment(self, writer: str, number: int) -> Segment | None:
        """See `LogSource`."""
        with self._database.reading() as connection:
            row = connection.execute(f"{_SEGMENT} WHERE {KEY}", (self._project, writer, number)).fetchone()
        return None if row is None else _segment(row)

    def plan(self, segments: list[Segment], after: Cursors) -> None:
        """Nothing to fetch ahead: the file is here."""

    def blobs(self, writer: str, number: int, after: int) -> Iterator[tuple[int, bytes]]:
        """See `LogSource`."""
        return self._pages("log", "sequence", writer, number, after)

    def chunks(self, segment: Segment) -> Iterator[bytes]:
        """See `LogSource`."""
        return whole_chunks(segment, self._pages("packed", "chunk", segment.writer, segment.number, -1))

    def _pages(
        self, table: str, order: str, writer: str, number: int, after: int
    ) -> Iterator[tuple[int, bytes]]:
        statement = (
            f"SELECT {order}, data FROM live_db.{table} WHERE {KEY} "  # noqa: S608 - names of our own
            f"AND {order} > ? ORDER BY {order} LIMIT {_PAGE}"
        )
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(statement, (self._project, writer, number, after)).fetchall()
            yield from rows
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def write_chunks(self, segment: Segment, chunks: Sequence[bytes]) -> None:
        """See `PackableLog`."""
        key = self._key(segment)
        rows = [(*key, number, chunk) for number, chunk in enumerate(chunks)]
        with self._database.writing() as connection:
            connection.execute(f"DELETE FROM live_db.packed WHERE {KEY}", key)  # noqa: S608 - names of our own
            connection.executemany("INSERT INTO live_db.packed VALUES (?, ?, ?, ?, ?)", rows)

    def count_chunks(self, segment: Segment, count: int) -> None:
        """See `PackableLog`."""
        with self._database.writing() as connection:
            connection.execute(
                f"UPDATE live_db.segments SET chunks = ? WHERE {KEY}",  # noqa: S608 - names of our own
                (count, *self._key(segment)),
            )

    def drop_blobs(self, segment: Segment) -> None:
        """See `PackableLog`; the statement itself sees to it that there are chunks."""
        with self._database.writing() as connection:
            connection.execute(
                f"DELETE FROM live_db.log WHERE {KEY} AND EXISTS "  # noqa: S608 - names of our own
                f"(SELECT 1 FROM live_db.segments WHERE {KEY} AND chunks > 0)",
                self._key(segment) * 2,
            )


class SqliteLog(DatabaseHolder, SegmentedLog):
    """The log as it is written and read."""

    def _source(self, project: str) -> SqliteLogSource:
        return SqliteLogSource(self._database, project)

    def open_segment(self, project: str, writer: str, number: int) -> None:
        """See `LogStore`."""
        validate_project(project)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO live_db.segments (project, writer, segment) VALUES (?, ?, ?)",
                (project, writer, number),
            )

    def append(self, project: str, position: Position, blob: bytes) -> None:
        """See `LogStore`."""
        row = (project, position.writer, position.segment, position.sequence, checked_blob(blob))
        with self._database.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO live_db.log VALUES (?, ?, ?, ?, ?)", row)

    def fill(self, project: str, position: Position, blob: bytes) -> bool:
        """See `LogStore`."""
        row = (project, position.writer, position.segment, position.sequence, checked_blob(blob))
        with self._database.writing() as connection:
            added = connection.execute("INSERT OR IGNORE INTO live_db.log VALUES (?, ?, ?, ?, ?)", row)
            return added.rowcount > 0

    def sequences(self, project: str, writer: str, number: int) -> list[int]:
        """See `LogStore`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT sequence FROM live_db.log WHERE {KEY} ORDER BY sequence",  # noqa: S608 - names of our own
                (project, writer, number),
            ).fetchall()
        return [sequence for (sequence,) in rows]

    def close_segment(
        self, project: str, writer: str, number: int, *, rows: int, last_sequence: int
    ) -> None:
        """See `LogStore`."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE live_db.segments SET rows = ?, last_sequence = ?, closed = 1 "  # noqa: S608 - names of our own
                f"WHERE {KEY} AND closed = 0",
                (rows, last_sequence, project, writer, number),
            )

    def writers(self, project: str) -> list[str]:
        """See `LogStore`."""
        return sorted({segment.writer for segment in self.segments(project)})

"""`live_db.log`, `segments` and `packed`."""

from collections.abc import Iterator
from typing import Any

from services.errors import Conflict, Corrupt, InvalidInput, NotFound
from services.store.batches import decode
from services.store.interface import Cursors, LogEntry, Position, Segment
from services.store.names import validate_project
from services.store.packing import BLOB_LIMIT, pack_batches
from services.store.reading import read_log
from services.store.sqlite.connection import Database
from services.store.sqlite.part import Part

_KEY = "project = ? AND writer = ? AND segment = ?"
_SEGMENT = "SELECT writer, segment, rows, last_sequence, chunks, closed FROM live_db.segments"
_PAGE = 32


def _segment(row: tuple[Any, ...]) -> Segment:
    writer, number, rows, last_sequence, chunks, closed = row
    return Segment(writer, number, rows, last_sequence, chunks, closed=bool(closed))


class _Source:
    """One project's log for `read_log`; no transaction stays open between its pages."""

    def __init__(self, database: Database, project: str) -> None:
        self._database, self._project = database, project

    def listed(self, after: Cursors) -> list[Segment]:  # noqa: ARG002 - few rows, and they are here
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{_SEGMENT} WHERE project = ? ORDER BY writer, segment", (self._project,)
            ).fetchall()
        return [_segment(row) for row in rows]

    def segment(self, writer: str, number: int) -> Segment | None:
        with self._database.reading() as connection:
            row = connection.execute(f"{_SEGMENT} WHERE {_KEY}", (self._project, writer, number)).fetchone()
        return None if row is None else _segment(row)

    def plan(self, segments: list[Segment], after: Cursors) -> None:
        """Nothing to fetch ahead: the file is here."""

    def blobs(self, writer: str, number: int, after: int) -> Iterator[tuple[int, bytes]]:
        return self._pages("log", "sequence", writer, number, after)

    def chunks(self, segment: Segment) -> Iterator[bytes]:
        found = 0
        for chunk, data in self._pages("packed", "chunk", segment.writer, segment.number, -1):
            if chunk != found:
                break
            found += 1
            yield data
        if found != segment.chunks:
            raise Corrupt(f"segment {segment.number} of {segment.writer} lacks chunk {found}")

    def _pages(
        self, table: str, order: str, writer: str, number: int, after: int
    ) -> Iterator[tuple[int, bytes]]:
        statement = (
            f"SELECT {order}, data FROM live_db.{table} WHERE {_KEY} "  # noqa: S608 - names of our own
            f"AND {order} > ? ORDER BY {order} LIMIT {_PAGE}"
        )
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(statement, (self._project, writer, number, after)).fetchall()
            yield from rows
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]


class Log(Part):
    """The log as it is written and read."""

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
        if len(blob) > BLOB_LIMIT:
            raise InvalidInput(
                f"a batch of {len(blob):,} bytes is too long for the log ({BLOB_LIMIT:,} at most)"
            )
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO live_db.log VALUES (?, ?, ?, ?, ?)",
                (project, position.writer, position.segment, position.sequence, blob),
            )

    def close_segment(
        self, project: str, writer: str, number: int, *, rows: int, last_sequence: int
    ) -> None:
        """See `LogStore`."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE live_db.segments SET rows = ?, last_sequence = ?, closed = 1 "  # noqa: S608 - names of our own or validated
                f"WHERE {_KEY} AND closed = 0",
                (rows, last_sequence, project, writer, number),
            )

    def segments(self, project: str) -> list[Segment]:
        """See `LogStore`."""
        return _Source(self._database, project).listed({})

    def read(self, project: str, after: Cursors, *, limit: int | None = None) -> Iterator[LogEntry]:
        """See `LogStore`."""
        return read_log(_Source(self._database, project), after, limit)

    def pack(self, project: str, segment: Segment) -> Segment:
        """See `LogStore`."""
        source = _Source(self._database, project)
        now = source.segment(segment.writer, segment.number)
        if now is None:
            raise NotFound(f"writer {segment.writer!r} has no segment {segment.number}")
        if not now.closed:
            raise Conflict(f"segment {now.number} of {now.writer} is still open")
        if not now.chunks and now.last_sequence >= 0:
            blobs = source.blobs(now.writer, now.number, -1)
            chunks = pack_batches(((place, decode(blob)) for place, blob in blobs), now.last_sequence)
            self._write_chunks(project, now, chunks)
            self._count_chunks(project, now, len(chunks))
        self._drop_blobs(project, now)
        return source.segment(segment.writer, segment.number) or now

    def _write_chunks(self, project: str, segment: Segment, chunks: list[bytes]) -> None:
        key = (project, segment.writer, segment.number)
        rows = [(*key, number, chunk) for number, chunk in enumerate(chunks)]
        with self._database.writing() as connection:
            connection.execute(f"DELETE FROM live_db.packed WHERE {_KEY}", key)  # noqa: S608 - names of our own or validated
            connection.executemany("INSERT INTO live_db.packed VALUES (?, ?, ?, ?, ?)", rows)

    def _count_chunks(self, project: str, segment: Segment, count: int) -> None:
        with self._database.writing() as connection:
            connection.execute(
                f"UPDATE live_db.segments SET chunks = ? WHERE {_KEY}",  # noqa: S608 - names of our own or validated
                (count, project, segment.writer, segment.number),
            )

    def _drop_blobs(self, project: str, segment: Segment) -> None:
        with self._database.writing() as connection:
            connection.execute(
                f"DELETE FROM live_db.log WHERE {_KEY} AND EXISTS "  # noqa: S608 - names of our own or validated
                f"(SELECT 1 FROM live_db.segments WHERE {_KEY} AND chunks > 0)",
                (project, segment.writer, segment.number) * 2,
            )

    def writers(self, project: str) -> list[str]:
        """See `LogStore`."""
        return sorted({segment.writer for segment in self.segments(project)})

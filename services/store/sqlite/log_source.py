"""One project's log as reading and packing want it; no transaction stays open between its pages."""

from collections.abc import Iterator, Sequence
from typing import Any

from services.store.interface import Cursors, Segment
from services.store.reading import whole_chunks
from services.store.sqlite.connection import Database

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

"""`live_db.log`, `segments`, `packed` and `writers`; reading keeps several requests ahead of the reader."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from services.store.cassandra.session import CassandraSession, PendingRows, SessionHolder
from services.store.interface import Cursors, Position, Segment
from services.store.log.packing import SegmentedLog, checked_blob
from services.store.log.reading import whole_chunks
from services.store.names import validate_project

_APPEND = "INSERT INTO live_db.log (project, writer, segment, sequence, data) VALUES (?, ?, ?, ?, ?)"


KEY = "project = ? AND writer = ? AND segment = ?"
_BLOBS = f"SELECT sequence, data FROM live_db.log WHERE {KEY} AND sequence >= ? AND sequence < ?"  # noqa: S608 - columns of our own
_CHUNKS = f"SELECT chunk, data FROM live_db.packed WHERE {KEY} AND chunk >= ? AND chunk < ?"  # noqa: S608 - columns of our own
_ADD_CHUNK = "INSERT INTO live_db.packed (project, writer, segment, chunk, data) VALUES (?, ?, ?, ?, ?)"
_WRITERS = "SELECT writer FROM live_db.writers WHERE project = ?"
_COLUMNS = "writer, segment, rows, last_sequence, chunks, closed"
_SEGMENTS = (
    f"SELECT {_COLUMNS} FROM live_db.segments "  # noqa: S608 - columns of our own
    "WHERE project = ? AND writer = ? AND segment >= ?"
)
_SEGMENT = f"SELECT {_COLUMNS} FROM live_db.segments WHERE {KEY}"  # noqa: S608 - columns of our own
_BLOBS_AT_ONCE = 16
_CHUNKS_AT_ONCE = 2
_REQUESTS_AHEAD = 4

_Request = tuple[str, str, int, int, int]
"""Statement, writer, segment, first place, place behind the last."""


def _segment(row: tuple[Any, ...]) -> Segment:
    writer, number, rows, last_sequence, chunks, closed = row
    last = -1 if last_sequence is None else last_sequence
    return Segment(writer, number, rows or 0, last, chunks or 0, closed=bool(closed))


class _Ahead:
    """Keeps some of the planned requests on their way while the reader decodes earlier answers."""

    def __init__(self, session: CassandraSession, project: str) -> None:
        self._session, self._project = session, project
        self._planned: deque[_Request] = deque()
        self._started: dict[_Request, PendingRows] = {}

    def plan(self, requests: list[_Request]) -> None:
        """What will be asked for, in this order."""
        self._planned = deque(requests)

    def _start(self, request: _Request) -> PendingRows:
        statement, *key = request
        return self._session.start(statement, (self._project, *key))

    def rows(self, request: _Request) -> list[tuple[int, bytes]]:
        """The answer to one request; unplanned ones are simply asked."""
        answer = self._started.pop(request, None) or self._start(request)
        if self._planned and self._planned[0] == request:
            self._planned.popleft()
        while self._planned and len(self._started) < _REQUESTS_AHEAD:
            following = self._planned.popleft()
            self._started[following] = self._start(following)
        return answer.rows()


class CassandraLogSource:
    """See `PackableLog`; an instance serves one reading."""

    def __init__(self, session: CassandraSession, project: str) -> None:
        self._session, self._project = session, project
        self._ahead = _Ahead(session, project)

    def _key(self, segment: Segment) -> tuple[str, str, int]:
        return (self._project, segment.writer, segment.number)

    def listed(self, after: Cursors) -> list[Segment]:
        """Segments from each writer's cursor on, so that a refresh never lists the packed past."""
        writers = [writer for (writer,) in self._session.read(_WRITERS, (self._project,))]
        keys = [(self._project, writer, after.get(writer, (-1, -1))[0]) for writer in writers]
        return [_segment(row) for rows in self._session.read_each(_SEGMENTS, keys) for row in rows]

    def segment(self, writer: str, number: int) -> Segment | None:
        """See `LogSource`."""
        rows = self._session.read(_SEGMENT, (self._project, writer, number))
        return _segment(rows[0]) if rows else None

    def plan(self, segments: list[Segment], after: Cursors) -> None:
        """Fetch ahead what is known to be there: all of closed segments, the next blobs of open ones."""
        requests: list[_Request] = []
        for segment in segments:
            if segment.chunks:
                requests.extend(_chunk_requests(segment))
                continue
            cursor = after.get(segment.writer, (-1, -1))
            first = cursor[1] + 1 if cursor[0] == segment.number else 0
            last = segment.last_sequence if segment.closed else first
            requests.extend(
                _blob_request(segment.writer, segment.number, start)
                for start in range(first, last + 1, _BLOBS_AT_ONCE)
            )
        self._ahead.plan(requests)

    def blobs(self, writer: str, number: int, after: int) -> Iterator[tuple[int, bytes]]:
        """See `LogSource`."""
        first = after + 1
        while True:
            rows = self._ahead.rows(_blob_request(writer, number, first))
            yield from rows
            if len(rows) < _BLOBS_AT_ONCE:
                return
            first += _BLOBS_AT_ONCE

    def chunks(self, segment: Segment) -> Iterator[bytes]:
        """See `LogSource`."""
        requests = _chunk_requests(segment)
        return whole_chunks(segment, (row for request in requests for row in self._ahead.rows(request)))

    def write_chunks(self, segment: Segment, chunks: Sequence[bytes]) -> None:
        """See `PackableLog`; what an earlier packing left beyond the count is never read."""
        key = self._key(segment)
        self._session.write_large_each(
            _ADD_CHUNK, ((*key, number, chunk) for number, chunk in enumerate(chunks))
        )

    def count_chunks(self, segment: Segment, count: int) -> None:
        """See `PackableLog`."""
        self._session.write(
            f"UPDATE live_db.segments SET chunks = ? WHERE {KEY}",  # noqa: S608 - columns of our own
            (count, *self._key(segment)),
        )

    def drop_blobs(self, segment: Segment) -> None:
        """See `PackableLog`."""
        self._session.write(f"DELETE FROM live_db.log WHERE {KEY}", self._key(segment))  # noqa: S608 - columns of our own


def _blob_request(writer: str, number: int, first: int) -> _Request:
    return (_BLOBS, writer, number, first, first + _BLOBS_AT_ONCE)


def _chunk_requests(segment: Segment) -> list[_Request]:
    return [
        (_CHUNKS, segment.writer, segment.number, first, min(first + _CHUNKS_AT_ONCE, segment.chunks))
        for first in range(0, segment.chunks, _CHUNKS_AT_ONCE)
    ]


class CassandraLog(SessionHolder, SegmentedLog):
    """The log as it is written and read."""

    def _source(self, project: str) -> CassandraLogSource:
        return CassandraLogSource(self._session, project)

    def open_segment(self, project: str, writer: str, number: int) -> None:
        """See `LogStore`."""
        validate_project(project)
        self._session.write(
            "INSERT INTO live_db.writers (project, writer) VALUES (?, ?)", (project, writer)
        )
        self._session.write(
            "INSERT INTO live_db.segments (project, writer, segment) VALUES (?, ?, ?)",
            (project, writer, number),
        )

    def append(self, project: str, position: Position, blob: bytes) -> None:
        """See `LogStore`."""
        place = (position.writer, position.segment, position.sequence)
        self._session.write(_APPEND, (project, *place, checked_blob(blob)))

    def fill(self, project: str, position: Position, blob: bytes) -> bool:
        """See `LogStore`."""
        place = (position.writer, position.segment, position.sequence)
        return self._session.write_if(f"{_APPEND} IF NOT EXISTS", (project, *place, checked_blob(blob)))

    def sequences(self, project: str, writer: str, number: int) -> list[int]:
        """See `LogStore`."""
        rows = self._session.read(
            f"SELECT sequence FROM live_db.log WHERE {KEY}",  # noqa: S608 - columns of our own
            (project, writer, number),
        )
        return [sequence for (sequence,) in rows]

    def close_segment(
        self, project: str, writer: str, number: int, *, rows: int, last_sequence: int
    ) -> None:
        """See `LogStore`."""
        self._session.write(
            f"UPDATE live_db.segments SET rows = ?, last_sequence = ?, closed = true WHERE {KEY}",  # noqa: S608 - columns of our own
            (rows, last_sequence, project, writer, number),
        )

    def writers(self, project: str) -> list[str]:
        """See `LogStore`."""
        rows = self._session.read("SELECT writer FROM live_db.writers WHERE project = ?", (project,))
        return [writer for (writer,) in rows]

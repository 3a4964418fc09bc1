"""`live_db.log`, `segments`, `packed` and `writers`."""

from collections.abc import Iterator

from services.errors import Conflict, InvalidInput, NotFound
from services.store.batches import decode
from services.store.cassandra.log_source import CassandraLogSource
from services.store.cassandra.part import Part
from services.store.interface import Cursors, LogEntry, Position, Segment
from services.store.names import validate_project
from services.store.packing import BLOB_LIMIT, pack_batches
from services.store.reading import read_log

_KEY = "project = ? AND writer = ? AND segment = ?"
_APPEND = "INSERT INTO live_db.log (project, writer, segment, sequence, data) VALUES (?, ?, ?, ?, ?)"
_ADD_CHUNK = "INSERT INTO live_db.packed (project, writer, segment, chunk, data) VALUES (?, ?, ?, ?, ?)"


class Log(Part):
    """The log as it is written and read."""

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
        if len(blob) > BLOB_LIMIT:
            raise InvalidInput(
                f"a batch of {len(blob):,} bytes is too long for the log ({BLOB_LIMIT:,} at most)"
            )
        place = (position.writer, position.segment, position.sequence)
        self._session.write(_APPEND, (project, *place, blob))

    def close_segment(
        self, project: str, writer: str, number: int, *, rows: int, last_sequence: int
    ) -> None:
        """See `LogStore`."""
        self._session.write(
            f"UPDATE live_db.segments SET rows = ?, last_sequence = ?, closed = true WHERE {_KEY}",  # noqa: S608 - names of our own or validated
            (rows, last_sequence, project, writer, number),
        )

    def segments(self, project: str) -> list[Segment]:
        """See `LogStore`."""
        return CassandraLogSource(self._session, project).listed({})

    def read(self, project: str, after: Cursors, *, limit: int | None = None) -> Iterator[LogEntry]:
        """See `LogStore`."""
        return read_log(CassandraLogSource(self._session, project), after, limit)

    def pack(self, project: str, segment: Segment) -> Segment:
        """See `LogStore`."""
        source = CassandraLogSource(self._session, project)
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
        self._session.write_large_each(
            _ADD_CHUNK, ((*key, number, chunk) for number, chunk in enumerate(chunks))
        )

    def _count_chunks(self, project: str, segment: Segment, count: int) -> None:
        self._session.write(
            f"UPDATE live_db.segments SET chunks = ? WHERE {_KEY}",  # noqa: S608 - columns of our own
            (count, project, segment.writer, segment.number),
        )

    def _drop_blobs(self, project: str, segment: Segment) -> None:
        """Called once the count of chunks stands."""
        self._session.write(
            f"DELETE FROM live_db.log WHERE {_KEY}",  # noqa: S608 - columns of our own
            (project, segment.writer, segment.number),
        )

    def writers(self, project: str) -> list[str]:
        """See `LogStore`."""
        rows = self._session.read("SELECT writer FROM live_db.writers WHERE project = ?", (project,))
        return [writer for (writer,) in rows]

"""`live_db.log`, `segments`, `packed` and `writers`."""

from services.store.cassandra.log_source import KEY, CassandraLogSource
from services.store.cassandra.part import Part
from services.store.interface import Position
from services.store.names import validate_project
from services.store.packing import checked_blob
from services.store.sourced_log import SourcedLog

_APPEND = "INSERT INTO live_db.log (project, writer, segment, sequence, data) VALUES (?, ?, ?, ?, ?)"


class Log(Part, SourcedLog):
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

"""`live_db.log`, `segments` and `packed`."""

from services.store.interface import Position
from services.store.names import validate_project
from services.store.packing import checked_blob
from services.store.sourced_log import SourcedLog
from services.store.sqlite.log_source import KEY, SqliteLogSource
from services.store.sqlite.part import Part


class Log(Part, SourcedLog):
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

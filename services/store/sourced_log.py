"""The part of the log that is the same with every driver."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from services.store.interface import Cursors, LogEntry, Segment
from services.store.packing import PackableLog, pack_segment
from services.store.reading import read_log


class SourcedLog(ABC):
    """Lists, reads and packs over what a driver gives of one project's log."""

    @abstractmethod
    def _source(self, project: str) -> PackableLog:
        """One project's log, for one reading."""

    def segments(self, project: str) -> list[Segment]:
        """See `LogStore`."""
        return self._source(project).listed({})

    def read(self, project: str, after: Cursors, *, limit: int | None = None) -> Iterator[LogEntry]:
        """See `LogStore`."""
        return read_log(self._source(project), after, limit)

    def pack(self, project: str, segment: Segment) -> Segment:
        """See `LogStore`."""
        return pack_segment(self._source(project), segment)

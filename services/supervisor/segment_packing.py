"""Packs closed segments of the log, and clears away what a crash while packing left."""

import logging
from collections.abc import Callable

from services.errors import Conflict, Corrupt
from services.store.interface import LogStore

_log = logging.getLogger(__name__)


class PackSegments:
    """Packs every segment once it is closed and complete.

    Args:
        store: where the log is.
    """

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._settled: set[tuple[str, str, int]] = set()

    def run(self, project: str, cancelled: Callable[[], bool]) -> None:
        """See `PeriodicTask`."""
        for segment in self._store.segments(project):
            key = (project, segment.writer, segment.number)
            if cancelled():
                return
            if not segment.closed or key in self._settled:
                continue
            # Packing a packed segment drops the small blobs that a leader which crashed left behind.
            try:
                self._store.pack(project, segment)
            except Conflict:
                # A batch is still on its way; the segment's turn comes again.
                continue
            except Corrupt as error:
                # It stays as it is, so that nothing of it goes; the others are packed.
                _log.error(
                    "segment %d of writer %s of %s is not packed: %s",
                    segment.number, segment.writer, project, error.message,
                )  # fmt: skip
            self._settled.add(key)

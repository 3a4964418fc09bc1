"""Keeps each project's rollups close behind its log."""

import logging
import time
from collections.abc import Callable

from services.errors import Conflict
from services.evaluation.reader.reader import ProjectReader
from services.store.interface import Store

ROWS = 10_000
SECONDS = 60.0
_SHARE = 20
"""Of the time, at most one part in so many goes into writing, however large the summaries are."""

_log = logging.getLogger(__name__)


class WriteRollups:
    """Follows every project's log and writes rollups when enough is new.

    Args:
        store: where log and rollups are.
        rows: so many new rows are enough.
        seconds: so much time since the last writing is, with any new row.
        clock: seconds, monotonic.
    """

    def __init__(
        self, store: Store, *, rows: int = ROWS, seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._store = store
        self._rows = rows
        self._seconds = seconds
        self._clock = clock
        self._readers: dict[str, ProjectReader] = {}
        self._new: dict[str, int] = {}
        self._written: dict[str, float] = {}
        self._rest: dict[str, float] = {}

    def run(self, project: str, cancelled: Callable[[], bool]) -> None:
        """See `PeriodicTask`."""
        reader = self._readers.setdefault(project, ProjectReader(self._store, project))
        self._new[project] = self._new.get(project, 0) + reader.follow(cancelled)
        if self._is_due(project) and not cancelled():
            self._write(project, reader)

    def _is_due(self, project: str) -> bool:
        new = self._new[project]
        waited = self._clock() - self._written.get(project, float("-inf"))
        enough = new >= self._rows or (new > 0 and waited >= self._seconds)
        return enough and waited >= self._rest.get(project, 0.0)

    def _write(self, project: str, reader: ProjectReader) -> None:
        started = self._clock()
        try:
            generation = reader.write_rollups()
        except Conflict as conflict:
            # Another supervisor wrote meanwhile; this reader starts again from what that one wrote.
            _log.info("rollups of %s: %s", project, conflict.message)
            return
        _log.info("rollups of %s: generation %d, %d new rows", project, generation, self._new[project])
        self._new[project] = 0
        self._written[project] = self._clock()
        self._rest[project] = _SHARE * (self._written[project] - started)

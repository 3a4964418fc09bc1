"""Looks, a little at a time, whether live tables have what the log has, and says so if not."""

import logging
import time
from collections.abc import Callable

from services.store.interface import Store
from services.store.repair import repair_live_tables

PAUSE_SECONDS = 120.0
ROWS = 20_000

_log = logging.getLogger(__name__)


class CheckTables:
    """Walks each project's log once during a leadership, and then follows it; changes nothing.

    Args:
        store: where log and live tables are.
        pause: seconds between two looks at a project.
        rows: about so many are compared at a look.
        clock: seconds, monotonic.
    """

    def __init__(
        self, store: Store, *, pause: float = PAUSE_SECONDS, rows: int = ROWS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._store = store
        self._pause = pause
        self._rows = rows
        self._clock = clock
        self._next: dict[str, float] = {}
        self._cursors: dict[str, dict[str, tuple[int, int]]] = {}

    def run(self, project: str, cancelled: Callable[[], bool]) -> None:
        """See `PeriodicTask`."""
        now = self._clock()
        if now < self._next.get(project, now):
            return
        self._next[project] = now + self._pause
        after = self._cursors.get(project, {})
        found = repair_live_tables(
            self._store, project, after=after, rows=self._rows, cancelled=cancelled, write=False
        )
        self._cursors[project] = found.cursors
        if found.predictions or found.labels or found.history:
            _log.warning(
                "live tables of %s lack %d predictions and %d labels that its log has, and the label "
                "history %d; `relevo platform check --repair` brings them",
                project, found.predictions, found.labels, found.history,
            )  # fmt: skip

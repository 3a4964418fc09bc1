"""Lets readers pass what a store has lost of a log."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from services.store.interface import Store
from services.store.log.gaps import Gap, count_lost, find_gaps, pass_gap

OLD_SECONDS = 300.0
LOOK_SECONDS = 15.0

_log = logging.getLogger(__name__)
_Place = tuple[str, int, int]
"""Writer, segment and sequence; -1 for a segment that nobody closes or lists."""
_WHOLE = -1


class PassGaps:
    """Passes gaps that have stood for so long that nobody can be about to fill them.

    A gateway that still has what belongs there finds its place passed, and takes another.

    Args:
        store: where the log is.
        seconds: for which a gap must have been seen.
        pause: seconds between two looks at a project.
        clock: seconds, monotonic.
    """

    def __init__(
        self, store: Store, *, seconds: float = OLD_SECONDS, pause: float = LOOK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._store = store
        self._seconds = seconds
        self._pause = pause
        self._clock = clock
        self._next: dict[str, float] = {}
        self._seen: dict[str, dict[_Place, float]] = {}

    def run(self, project: str, cancelled: Callable[[], bool]) -> None:
        """See `PeriodicTask`."""
        now = self._clock()
        if now < self._next.get(project, now):
            return
        self._next[project] = now + self._pause
        before, self._seen[project] = self._seen.get(project, {}), {}
        for gap in find_gaps(self._store, project):
            if cancelled():
                return
            seen = {place: before.get(place, now) for place in _places(gap)}
            self._seen[project] |= seen
            old = _old_part(gap, {place for place, since in seen.items() if now - since >= self._seconds})
            if old is not None:
                self._pass(project, old)

    def _pass(self, project: str, gap: Gap) -> None:
        lost = pass_gap(self._store, project, gap)
        if lost:
            count_lost(self._store, project, lost)
            _log.error(
                "%d batches of %s are lost: nothing stands at their places in segment %d of writer %s; "
                "readers pass them from now on",
                lost, project, gap.segment, gap.writer,
            )  # fmt: skip


def _places(gap: Gap) -> list[_Place]:
    places = [(gap.writer, gap.segment, sequence) for sequence in gap.missing]
    if gap.keeps_open or not gap.listed:
        places.append((gap.writer, gap.segment, _WHOLE))
    return places


def _old_part(gap: Gap, old: set[_Place]) -> Gap | None:
    """What of a gap may be passed; None if that is nothing.

    A segment is closed only together with all that it lacks, so that its end is known.
    """
    missing = tuple(sequence for sequence in gap.missing if (gap.writer, gap.segment, sequence) in old)
    if (gap.writer, gap.segment, _WHOLE) in old and missing == gap.missing:
        return gap
    return replace(gap, missing=missing, listed=True, closed=True) if missing else None

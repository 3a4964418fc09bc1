"""The blocking half of catching up: the lease, the log, and how far the challenger came."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from services.errors import RelevoError
from services.gateway.label_matching import are_predicted
from services.gateway.mirroring.backlog import Backlog, Mask, MissingRow
from services.gateway.mirroring.challenger_rows import LoggedInputs
from services.gateway.records import RecordingLimits
from services.registry.model import Project, Version
from services.store.batches import PredictionBatch
from services.store.identifiers import milliseconds
from services.store.interface import CatchUpProgress, LogEntry, Store

_logger = logging.getLogger(__name__)
_MOST_MISSING = 100_000
"""Rows held at most; reading the log waits until they are fewer."""
_READ_ROWS = 20_000
_SAVE_SECONDS = 15.0
_END = ((1 << 31) - 1, (1 << 31) - 1)
"""A cursor behind everything."""


class CatchUpReader:
    """Follows a project's log for one challenger; one thread at a time may call it.

    Args:
        project, version: of the challenger.
        holder: this gateway's name.
        store: opens it or raises Unavailable.
        limits: how long things wait.

    Attributes:
        backlog: what the challenger lacks; None while another gateway follows the log.
        skipped: rows for which the challenger could not be asked since it was registered, as far as the
            log was read: by this gateway, or by the one that follows it, as that last noted.
    """

    def __init__(
        self,
        project: str,
        version: str,
        holder: str,
        *,
        store: Callable[[], Store],
        limits: RecordingLimits,
    ) -> None:
        self._project = project
        self._version = version
        self._lease = f"catch_up/{project}/{version}"
        self._holder = holder
        self._store = store
        self._limits = limits
        self._saved = CatchUpProgress()
        self._save_at = 0.0
        self._since = 0
        self._look_at = 0.0
        self.backlog: Backlog | None = None
        self.skipped = 0

    def read_on(self, project: Project, version: Version) -> bool:
        """Read on, if this gateway holds the lease; whether there was anything.

        Args:
            project: as the registry has it now.
            version: the challenger, of the project.

        Raises:
            Unavailable and other errors of the store.
        """
        store = self._store()
        if not store.acquire_lease(self._lease, self._holder, self._limits.lease_seconds):
            self.backlog = None
            self._follow_another(store)
            return False
        if self.backlog is None:
            self.backlog = self._begin(store, version)
        entries: list[LogEntry] = []
        if len(self.backlog) < _MOST_MISSING:
            after = self.backlog.read_cursors()
            entries = list(store.read(self._project, after, limit=_READ_ROWS))
        now = time.monotonic()
        for entry in entries:
            self.backlog.note_entry(entry, now, self._lacking(project, version, entry))
        self.skipped = self.backlog.skipped_so_far
        self._save(store, self.backlog, now)
        return bool(entries)

    def _follow_another(self, store: Store) -> None:
        """Look now and then what the gateway that follows the log has noted."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + _SAVE_SECONDS
            kept = store.catch_up_progress(self._project, self._version)
            self.skipped = 0 if kept is None else kept.skipped

    def unanswered(self, rows: Sequence[MissingRow]) -> list[MissingRow]:
        """Which of these rows the challenger's table lacks too; those that it has are noted."""
        ids = np.array([row.key for row in rows], np.uint64)
        there = are_predicted(self._store(), self._project, self._version, ids).tolist()
        if self.backlog is not None:
            self.backlog.answer(row.key for row, known in zip(rows, there, strict=True) if known)
        return [row for row, known in zip(rows, there, strict=True) if not known]

    def close(self) -> None:
        """Keep how far it came, and let another gateway go on."""
        if self.backlog is None:
            return
        try:
            store = self._store()
            self._save(store, self.backlog, time.monotonic() + _SAVE_SECONDS)
            store.release_lease(self._lease, self._holder)
        except RelevoError as error:
            # The lease ends by itself, and whoever goes on begins where it was last kept.
            _logger.info("how far %s of %s came is not kept: %s", self._version, self._project, error)
        self.backlog = None

    def _begin(self, store: Store, version: Version) -> Backlog:
        self._saved = _load(store, self._project, self._version, version.created_at)
        self._since = self._saved.since
        return Backlog(
            self._version,
            dict(self._saved.cursors),
            self._since,
            grace=self._limits.catch_up_seconds,
            skipped=self._saved.skipped,
        )

    def _lacking(self, project: Project, version: Version, entry: LogEntry) -> Mask | None:
        batch = entry.batch
        if not isinstance(batch, PredictionBatch) or batch.version == self._version:
            return None
        return LoggedInputs(project, batch.version, version.signature).lacking(batch)

    def _save(self, store: Store, backlog: Backlog, now: float) -> None:
        """Now and then, if there is something new to keep."""
        progress = CatchUpProgress(backlog.safe_cursors(), self._since, backlog.skipped)
        if now >= self._save_at and progress != self._saved:
            store.put_catch_up_progress(self._project, self._version, progress)
            self._saved = progress
            self._save_at = now + _SAVE_SECONDS


def _load(store: Store, project: str, version: str, created_at: datetime) -> CatchUpProgress:
    """The kept progress, or where a version that has none begins; raises what the store raises."""
    kept = store.catch_up_progress(project, version)
    if kept is not None and not kept.retired:
        return kept
    since = int(created_at.timestamp() * 1000) if kept is None else time.time_ns() // 1_000_000
    return CatchUpProgress(_beginning(store, project, since), since, 0 if kept is None else kept.skipped)


def mark_retired(store: Store, project: str, version: str) -> None:
    """What is asked from now on is not for this version; raises what the store raises."""
    kept = store.catch_up_progress(project, version) or CatchUpProgress()
    if not kept.retired:
        retired = CatchUpProgress(skipped=kept.skipped, retired=True)
        store.put_catch_up_progress(project, version, retired)


def _beginning(store: Store, project: str, since: int) -> dict[str, tuple[int, int]]:
    """For each writer, the cursor before the newest segment that begins before a moment."""
    segments = store.segments(project)
    newest = {segment.writer: segment.number for segment in segments}
    cursors = {}
    for writer, last in newest.items():
        number = last
        while number > 0 and not _begins_before(store, project, (writer, number), since):
            number -= 1
        cursors[writer] = (number, -1)
    return cursors


def _begins_before(store: Store, project: str, segment: tuple[str, int], moment: int) -> bool:
    writer, number = segment
    others = {other: _END for other in store.writers(project) if other != writer}
    for entry in store.read(project, {**others, writer: (number, -1)}, limit=1):
        batch = entry.batch
        return isinstance(batch, PredictionBatch) and bool((milliseconds(batch.ids) < moment).any())
    return False

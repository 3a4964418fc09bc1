"""How far a challenger has caught up, as the store keeps it for whichever gateway goes on."""

import time
from datetime import datetime

from services.store.batches import PredictionBatch
from services.store.identifiers import milliseconds
from services.store.interface import CatchUpProgress, Store

_END = ((1 << 31) - 1, (1 << 31) - 1)


def load(store: Store, project: str, version: str, created_at: datetime) -> CatchUpProgress:
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

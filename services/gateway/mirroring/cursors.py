"""How far a challenger has caught up, as the store keeps it for whichever gateway goes on."""

import time
from datetime import datetime

import msgspec
from msgspec import Struct

from services.store.batches import PredictionBatch
from services.store.identifiers import milliseconds
from services.store.interface import Store

_END = ((1 << 31) - 1, (1 << 31) - 1)


class Progress(Struct, frozen=True):
    """How far a challenger has caught up.

    Attributes:
        cursors: by writer, up to which all rows are answered or not wanted.
        since: Unix milliseconds; rows asked before are not wanted.
        skipped: rows that it could not be asked for.
        retired: it is out of the shadow, and begins anew when it returns.
    """

    cursors: dict[str, tuple[int, int]] = {}
    since: int = 0
    skipped: int = 0
    retired: bool = False


def _key(project: str, version: str) -> str:
    return f"catch_up/{project}/{version}"


def load(store: Store, project: str, version: str, created_at: datetime) -> Progress:
    """The kept progress, or where a version that has none begins; raises what the store raises."""
    text = store.setting(_key(project, version))
    kept = msgspec.json.decode(text, type=Progress) if text else None
    if kept is not None and not kept.retired:
        return kept
    since = int(created_at.timestamp() * 1000) if kept is None else time.time_ns() // 1_000_000
    return Progress(_beginning(store, project, since), since, 0 if kept is None else kept.skipped)


def save(store: Store, project: str, version: str, progress: Progress) -> None:
    """Keep the progress; raises what the store raises."""
    store.put_setting(_key(project, version), msgspec.json.encode(progress).decode())


def mark_retired(store: Store, project: str, version: str) -> None:
    """What is asked from now on is not for this version; raises what the store raises."""
    text = store.setting(_key(project, version))
    kept = msgspec.json.decode(text, type=Progress) if text else Progress()
    if not kept.retired:
        save(store, project, version, Progress(skipped=kept.skipped, retired=True))


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

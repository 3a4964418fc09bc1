"""A stretch of the log in memory: what was read after the cursors, up to a place where they can stand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from services.errors import Cancelled
from services.store.batches import LabelBatch, PredictionBatch
from services.store.interface import Cursors, LogEntry


@dataclass(frozen=True, slots=True)
class PlacedLabels:
    """Labels and where they stand.

    Attributes:
        sequence: of all rows, where the batch has no `sequences`.
    """

    writer: str
    segment: int
    sequence: int
    batch: LabelBatch


@dataclass(slots=True, eq=False)
class Slice:
    """Batches by kind, in each writer's order, and the cursors up to which they reach."""

    cursors: dict[str, tuple[int, int]]
    predictions: list[PredictionBatch] = field(default_factory=list)
    labels: list[PlacedLabels] = field(default_factory=list)
    rows: int = 0

    def take(self, entries: list[LogEntry], advance: tuple[int, int]) -> None:
        """Take entries of one writer that reach up to a place in its log."""
        for entry in entries:
            self.rows += len(entry.batch)
            if isinstance(entry.batch, PredictionBatch):
                self.predictions.append(entry.batch)
            else:
                self.labels.append(PlacedLabels(entry.writer, *advance, entry.batch))
        self.cursors[entries[0].writer] = advance

    def versions(self) -> set[str]:
        """The versions whose predictions are in it."""
        return {batch.version for batch in self.predictions}


def read_slice(entries: Iterable[LogEntry], after: Cursors, cancelled: Callable[[], bool] | None) -> Slice:
    """Collect what can be counted.

    Chunks of a packed segment count together, once its last one has come; if that is missing they are
    left for the next reading.

    Raises:
        Cancelled: `cancelled` said so between two entries; nothing was counted.
    """
    slice_ = Slice(dict(after))
    waiting: dict[str, list[LogEntry]] = {}
    for entry in entries:
        if cancelled is not None and cancelled():
            raise Cancelled
        waiting.setdefault(entry.writer, []).append(entry)
        if entry.advance is not None:
            slice_.take(waiting.pop(entry.writer), entry.advance)
    return slice_

"""Gaps of a log: places at which a batch should stand and none does, and how everybody gets past them.

Readers and packing stop at a gap, since what belongs there may be on its way. What a store lost never
comes: whoever leads then puts an empty batch there, so that all readers pass at the same place, and what
was lost is counted. A writer that comes back later with it finds its place passed, and takes another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import msgspec
import numpy as np

from services.store.batches import LabelBatch, encode
from services.store.interface import Position, Segment, Store

NOTHING = encode(LabelBatch(np.empty((0, 2), np.uint64), np.empty(0, np.float64), np.empty(0, np.int64)))
"""An empty batch, as it stands at a place that was passed."""
_LOST = "log/lost"


@dataclass(frozen=True, slots=True)
class Gap:
    """What a segment lacks.

    Attributes:
        missing: sequences at which nothing stands, though something stands behind them.
        last: the segment's last sequence as far as that is known; -1 where nothing stands in it.
        listed: whether the store lists the segment.
        closed: whether it says that nothing will be appended; if not, the writer has begun a later one.
    """

    writer: str
    segment: int
    missing: tuple[int, ...]
    last: int
    listed: bool
    closed: bool

    @property
    def keeps_open(self) -> bool:
        """Whether readers would wait at its end for ever, because nobody closes it."""
        return not self.closed


def find_gaps(store: Store, project: str) -> Iterator[Gap]:
    """What is lacking just now, on its way or lost; packed segments are whole.

    Raises:
        Unavailable and other errors of the store.
    """
    for writer, members in groupby(store.segments(project), key=lambda segment: segment.writer):
        segments = {segment.number: segment for segment in members}
        newest = max(segments)
        for number in range(newest + 1):
            gap = _gap(store, project, writer, number, segments.get(number), newest=newest)
            if gap is not None:
                yield gap


def _gap(
    store: Store, project: str, writer: str, number: int, segment: Segment | None, *, newest: int
) -> Gap | None:
    if segment is not None and segment.chunks:
        return None
    there = store.sequences(project, writer, number)
    closed = segment is not None and segment.closed
    last = segment.last_sequence if segment is not None and closed else max(there, default=-1)
    missing = tuple(sorted(set(range(last + 1)).difference(there)))
    if not missing and (closed or number == newest):
        return None
    # The newest segment is still written: that it is open is no fault.
    return Gap(writer, number, missing, last, segment is not None, closed or number == newest)


def pass_gap(store: Store, project: str, gap: Gap) -> int:
    """Let everybody pass what a gap names; how many batches are lost.

    What has come meanwhile stays as it is. Raises what the store raises; it may be done again.
    """
    lost = 0
    for sequence in gap.missing:
        lost += store.fill(project, Position(gap.writer, gap.segment, sequence), NOTHING)
    if not gap.listed:
        store.open_segment(project, gap.writer, gap.segment)
    if gap.keeps_open:
        store.close_segment(project, gap.writer, gap.segment, rows=0, last_sequence=gap.last)
    return lost


def lost_batches(store: Store) -> dict[str, int]:
    """How many batches are gone, by project; projects of which nothing is gone are left out."""
    text = store.setting(_LOST)
    return {} if text is None else msgspec.json.decode(text, type=dict[str, int])


def count_lost(store: Store, project: str, batches: int) -> None:
    """Add to what is gone; to be called by who leads only."""
    known = lost_batches(store)
    known[project] = known.get(project, 0) + batches
    store.put_setting(_LOST, msgspec.json.encode(known).decode())

"""What is kept of one stream in one stretch of time, decoded only when it is looked at."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from services.errors import Corrupt
from services.evaluation.model import Floats
from services.evaluation.summaries import InputSummary, LabelledRows, Summary, summary_from_bytes
from services.store.batches import Column

SAMPLED = 128
"""Rows of each input that a bucket keeps for drawing."""
TOTAL_SAMPLED = 4_000


class BucketState(msgspec.Struct, frozen=True, array_like=True):
    """A bucket as it is stored."""

    predictions: int
    joined: bytes | None
    inputs: dict[str, bytes]


_DECODER = msgspec.msgpack.Decoder(BucketState)


@dataclass(slots=True, eq=False)
class Bucket:
    """Counts and summaries.

    Attributes:
        sampled: rows of each input kept for drawing.
        predictions: rows predicted.
        joined: summary of those with a true value; None while there were none.
        inputs: by column.
    """

    sampled: int = SAMPLED
    predictions: int = 0
    joined: Summary | None = None
    inputs: dict[str, InputSummary] = field(default_factory=dict)

    def count_predictions(self, priority: Floats, at: Floats, inputs: dict[str, Column]) -> None:
        """Count predictions: `priorities` of their ids, their requests' Unix seconds, their inputs."""
        self.predictions += len(at)
        for name, column in inputs.items():
            self._input(name).add_values(priority, at, column)

    def count_pairs(self, rows: LabelledRows, sign: int, empty: Callable[[], Summary]) -> None:
        """Put in (+1) or take out (-1) rows with a true value."""
        if self.joined is None:
            self.joined = empty()
        if sign > 0:
            self.joined.add_rows(rows)
        else:
            self.joined.remove_rows(rows)

    def merge(self, other: "Bucket", *, inputs: bool = True) -> None:
        """Count all that the other has counted; its inputs only if wanted."""
        self.predictions += other.predictions
        if other.joined is not None:
            if self.joined is None:
                self.joined = other.joined.copy()
            else:
                self.joined.merge(other.joined)
        for name, summary in other.inputs.items() if inputs else ():
            self._input(name).merge(summary)

    def _input(self, name: str) -> InputSummary:
        known = self.inputs.get(name)
        if known is None:
            known = self.inputs[name] = InputSummary(self.sampled)
        return known

    def pack(self) -> bytes:
        """Everything, for `unpack_bucket`."""
        joined = None if self.joined is None else self.joined.to_bytes()
        inputs = {name: summary.to_bytes() for name, summary in self.inputs.items()}
        return msgspec.msgpack.encode(BucketState(self.predictions, joined, inputs))


def unpack_bucket(packed: bytes, sampled: int) -> Bucket:
    """The bucket that `Bucket.pack` packed; Corrupt if it is not one."""
    try:
        state = _DECODER.decode(packed)
    except msgspec.MsgspecError as error:
        raise Corrupt("a stored summary cannot be decoded", details=repr(error)) from error
    return Bucket(
        sampled,
        state.predictions,
        None if state.joined is None else summary_from_bytes(state.joined),
        {name: InputSummary.from_bytes(content) for name, content in state.inputs.items()},
    )


class LazyBucket:
    """A bucket, its packed form, or both.

    Args:
        packed: what `Bucket.pack` gave; None for an empty bucket.
        sampled: see `Bucket`.
    """

    __slots__ = ("_bucket", "_packed", "_sampled")

    def __init__(self, packed: bytes | None = None, *, sampled: int = SAMPLED) -> None:
        self._sampled = sampled
        self._packed = packed
        self._bucket = Bucket(sampled) if packed is None else None

    def read(self) -> Bucket:
        """The bucket, to read only."""
        if self._bucket is None:
            self._bucket = unpack_bucket(self._packed or b"", self._sampled)
        return self._bucket

    def modify(self) -> Bucket:
        """The bucket, to change."""
        bucket = self.read()
        self._packed = None
        return bucket

    def pack(self) -> bytes:
        """The packed form; cheap when the bucket did not change since."""
        if self._packed is None:
            self._packed = self.read().pack()
        return self._packed

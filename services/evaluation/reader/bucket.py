"""What is kept of one stream in one stretch of time, decoded only when it is looked at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from services.errors import Corrupt
from services.evaluation.model import Floats
from services.evaluation.summaries import (
    InputSummary,
    LabelledRows,
    Summary,
    check_summary,
    summary_for,
    summary_from_bytes,
)
from services.registry.model import Signature
from services.store.batches import Column

SAMPLED = 128
"""Rows of each input that a bucket keeps for drawing."""
TOTAL_SAMPLED = 4_000


class BucketState(msgspec.Struct, frozen=True, array_like=True):
    """A bucket as it is stored."""

    predictions: int
    joined: bytes | None
    inputs: dict[str, bytes]


Decoded = TypeVar("Decoded")

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

    def count_pairs(self, rows: LabelledRows, sign: int, signature: Signature) -> None:
        """Put in (+1) or take out (-1) rows with a true value."""
        if self.joined is None:
            self.joined = summary_for(signature)
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


class DamagedSummary(Corrupt):
    """A stored summary is not what was stored: all of them are made anew from the log."""


def _unpack_bucket(packed: bytes, sampled: int) -> Bucket:
    state = _DECODER.decode(packed)
    return Bucket(
        sampled,
        state.predictions,
        None if state.joined is None else summary_from_bytes(state.joined),
        {name: InputSummary.from_bytes(content) for name, content in state.inputs.items()},
    )


def _check_bucket(packed: bytes) -> None:
    """Decode all but the arrays."""
    state = _DECODER.decode(packed)
    if state.joined is not None:
        check_summary(state.joined)
    for content in state.inputs.values():
        InputSummary.check(content)


class LazyBucket:
    """A bucket, its packed form, or both.

    Everything here raises DamagedSummary if what was stored is no bucket.

    Args:
        packed: what `Bucket.pack` gave; None for an empty bucket.
        sampled: see `Bucket`.
        origin: what is summed there, in words, for messages about what was stored.
    """

    __slots__ = ("_bucket", "_origin", "_packed", "_proven", "_sampled")

    def __init__(self, packed: bytes | None = None, *, sampled: int = SAMPLED, origin: str = "") -> None:
        self._sampled = sampled
        self._packed = packed
        self._origin = origin
        self._bucket = Bucket(sampled) if packed is None else None
        self._proven = packed is None

    def check(self) -> None:
        """Look whether it can be decoded, except for its arrays: much cheaper than reading it."""
        self._decoded(_check_bucket)

    def prove(self) -> None:
        """Look whether it can be decoded, arrays included."""
        if not self._proven:
            self._decoded(lambda packed: _unpack_bucket(packed, self._sampled))
            self._proven = True

    def read(self) -> Bucket:
        """The bucket, to read only."""
        if self._bucket is None:
            self._bucket = self._decoded(lambda packed: _unpack_bucket(packed, self._sampled))
            self._proven = True
        return self._bucket

    def _decoded(self, decode: Callable[[bytes], Decoded]) -> Decoded:
        try:
            return decode(self._packed or b"")
        except (Corrupt, msgspec.MsgspecError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise DamagedSummary(
                f"the stored summary of {self._origin} cannot be decoded", details=repr(error)
            ) from error

    def modify(self) -> Bucket:
        """The bucket, to change."""
        bucket = self.read()
        self._packed = None
        return bucket

    def pack(self) -> bytes:
        """The packed form; cheap when the bucket did not change since. What was stored is proved first."""
        self.prove()
        if self._packed is None:
            self._packed = self.read().pack()
        return self._packed

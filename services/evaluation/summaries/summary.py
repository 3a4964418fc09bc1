"""The two kinds of summary behind one interface."""

from typing import Protocol, Self

import msgspec

from services.evaluation.model import Metrics, Pairs, RocCurve, VersionView
from services.evaluation.summaries import serialization
from services.evaluation.summaries.classification import ClassificationState, ClassificationSummary
from services.evaluation.summaries.regression import RegressionState, RegressionSummary
from services.evaluation.summaries.rows import LabelledRows
from services.registry.model import Signature, Task

_DECODER: msgspec.msgpack.Decoder[ClassificationState | RegressionState] = msgspec.msgpack.Decoder(
    ClassificationState | RegressionState
)


class Summary(Protocol):
    """What every summary of labelled rows can do."""

    @property
    def rows(self) -> int:
        """Rows that have both label and prediction."""

    def add_rows(self, rows: LabelledRows) -> None:
        """Count rows; one without label or prediction is left out."""

    def remove_rows(self, rows: LabelledRows) -> None:
        """Take rows out as they were added (a corrected label: remove the old pair, add the new)."""

    def merge(self, other: Self) -> None:
        """Count all rows of the other, of the same kind, too; the other stays as it is."""

    def copy(self) -> Self:
        """An independent copy."""

    def metrics(self) -> Metrics:
        """All metrics of the task."""

    def roc(self) -> tuple[RocCurve, ...]:
        """One curve a class; empty for regression."""

    def roc_averages(self) -> tuple[RocCurve, ...]:
        """The average of the curves, and the curve of all decisions pooled; empty for regression."""

    def pairs(self) -> Pairs | None:
        """Predicted against real, for regression."""

    def to_bytes(self) -> bytes:
        """Everything, for `summary_from_bytes`."""


def summary_for(signature: Signature) -> Summary:
    """An empty summary of the right kind."""
    if signature.task is Task.REGRESSION:
        return RegressionSummary()
    return ClassificationSummary(signature.classes)


def check_summary(packed: bytes) -> None:
    """Look whether `to_bytes` packed it, without decoding its arrays; Corrupt if not."""
    serialization.decode(packed, _DECODER)


def summary_from_bytes(packed: bytes) -> Summary:
    """The summary that `to_bytes` packed; Corrupt if it is none."""
    state = serialization.decode(packed, _DECODER)
    if isinstance(state, RegressionState):
        return RegressionSummary.of(state)
    return ClassificationSummary.of(state)


def view_of(joined: Summary, predictions: int) -> VersionView:
    """What a summary of joined rows says of a version."""
    return VersionView(
        predictions=predictions,
        labelled=joined.rows,
        metrics=joined.metrics(),
        roc=joined.roc(),
        roc_averages=joined.roc_averages(),
        pairs=joined.pairs(),
    )

"""Metrics of classification from a confusion matrix and scores, one function each.

Definitions are those of scikit-learn. Where it would put 0 and warn, the value is undefined here, with
the reason. An average is over the classes for which its metric is defined (scikit-learn's
`zero_division=nan`), and undefined only if it is for all that weigh something. So a class that was never
predicted lowers average recall and F1, not average precision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.evaluation.metrics.roc import ScoreTable
from services.evaluation.model import Measure

Confusion = NDArray[np.int64]
"""Shape (classes, classes): true class by predicted class."""


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """One class against the rest, in rows.

    Attributes:
        support: of the class.
        predicted: predicted as the class.
        correct: both.
        scores: by score; None where the model gives none for the class.
    """

    class_name: str
    support: int
    predicted: int
    correct: int
    scores: ScoreTable | None

    @classmethod
    def of(cls, name: str, code: int, confusion: Confusion, scores: ScoreTable | None) -> Self:
        """The counts of the class in that place of a confusion matrix."""
        row, column = int(confusion[code].sum()), int(confusion[:, code].sum())
        return cls(name, row, column, int(confusion[code, code]), scores)

    @property
    def scored(self) -> int:
        """Rows of the class that have scores."""
        return 0 if self.scores is None else self.scores.positive_rows


def accuracy(confusion: Confusion) -> Measure:
    """Rows predicted right / rows, of which there is at least one."""
    return Measure(int(np.trace(confusion)) / int(confusion.sum()))


def precision(counts: ClassCounts) -> Measure:
    """True positives / predicted positives."""
    return _quotient(counts.correct, counts.predicted, f"class {counts.class_name} was never predicted")


def recall(counts: ClassCounts) -> Measure:
    """True positives / real positives."""
    return _quotient(counts.correct, counts.support, f"no labelled row is of class {counts.class_name}")


def f1(counts: ClassCounts) -> Measure:
    """The harmonic mean of precision and recall: 2 true positives / (real + predicted positives)."""
    return _quotient(
        2 * counts.correct,
        counts.support + counts.predicted,
        f"class {counts.class_name} was neither seen nor predicted",
    )


def auc(counts: ClassCounts) -> Measure:
    """The area under the ROC curve; see `ScoreTable.auc`."""
    if counts.scores is None:
        return Measure(None, f"the model gives no scores for class {counts.class_name}")
    return counts.scores.auc


def gini(counts: ClassCounts) -> Measure:
    """The Gini coefficient, 2 AUC - 1 (Hand and Till 2001), undefined where AUC is."""
    area = auc(counts)
    if area.value is None:
        return area
    return Measure(2.0 * area.value - 1.0, error_bound=2.0 * area.error_bound)


def _quotient(numerator: int, denominator: int, reason: str) -> Measure:
    return Measure(numerator / denominator) if denominator else Measure(None, reason)


def weighted_mean(measures: Sequence[Measure], weights: Sequence[int]) -> Measure:
    """The weighted mean of the defined ones; the reason of the first where none counts."""
    total = value = bound = 0.0
    for measure, weight in zip(measures, weights, strict=True):
        if measure.value is not None:
            total += weight
            value += weight * measure.value
            bound += weight * measure.error_bound
    if total > 0:
        return Measure(value / total, error_bound=bound / total)
    reasons = [measure.reason for measure in measures if measure.reason]
    return Measure(None, reasons[0] if len(reasons) == 1 else "it is undefined for every class that counts")

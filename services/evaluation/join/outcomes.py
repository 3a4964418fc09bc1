"""What a version predicts, and its labels: plain numbers while they are joined, classes again after it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.evaluation.summaries import LabelledRows
from services.evaluation.summaries.rows import as_classes
from services.registry.model import Signature, Task
from services.store.batches import Categorical, Column, Floats, PredictionBatch
from services.store.identifiers import Ids


class LabelTexts:
    """Codes of the texts that labels of one project were given as; grows with what is met.

    Args:
        texts: those known so far, in order of their codes.
    """

    def __init__(self, texts: Sequence[str] = ()) -> None:
        self._codes = {text: code for code, text in enumerate(texts)}

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts in order of their codes."""
        return tuple(self._codes)

    def extend(self, texts: Sequence[str]) -> None:
        """Code more texts, in this order."""
        for text in texts:
            self._codes.setdefault(text, len(self._codes))

    def codes_of(self, labels: Sequence[float | str | None]) -> Floats:
        """Single labels as numbers, shape (n,): numbers as they are, texts as codes, NaN for None."""
        return np.array([self._number(label) for label in labels], dtype=np.float64)

    def _number(self, label: float | str | None) -> float:
        if isinstance(label, str):
            return float(self._codes.setdefault(label, len(self._codes)))
        return np.nan if label is None else label

    def codes(self, column: Categorical) -> Floats:
        """Codes of a column, shape (n,), NaN where missing."""
        return recoded(
            column, [self._codes.setdefault(text, len(self._codes)) for text in column.categories]
        )

    def column(self, codes: Floats) -> Categorical:
        """The column that `codes` came from, with the texts that occur in it."""
        used, places = np.unique(_whole(codes), return_inverse=True)
        texts = self.texts
        first = int(len(used) and used[0] < 0)
        return Categorical(
            (places - first).astype(np.int32), tuple(texts[code] for code in used[first:].tolist())
        )


@dataclass(frozen=True, slots=True)
class OutcomeEncoder:
    """How one version's predictions and their labels become numbers, and classes again.

    Attributes:
        signature: the version's.
        texts: codes of the project's label texts.
    """

    signature: Signature
    texts: LabelTexts

    @property
    def is_classification(self) -> bool:
        """Whether there are classes."""
        return self.signature.task is Task.CLASSIFICATION

    @property
    def classes(self) -> tuple[str, ...]:
        """The signature's; none for regression."""
        return self.signature.classes if self.is_classification else ()

    def predicted(self, column: Column) -> Floats:
        """Predictions as numbers, shape (n,); a class not in the signature is missing."""
        if not self.is_classification:
            return np.full(len(column), np.nan) if isinstance(column, Categorical) else column
        texts = as_classes(column, self.classes)
        index = {name: code for code, name in enumerate(self.classes)}
        return recoded(texts, [index.get(name, -1) for name in texts.categories])

    def scores(self, batch: PredictionBatch) -> Floats:
        """Scores in the signature's order of classes, shape (n, k), NaN where the model gave none."""
        if not self.classes or not isinstance(batch.predicted, Categorical) or batch.scores is None:
            return np.full((len(batch), len(self.classes)), np.nan)
        names = batch.predicted.categories[: batch.scores.shape[1]]
        if names == self.classes:
            return batch.scores
        scores = np.full((len(batch), len(self.classes)), np.nan)
        for place, name in enumerate(names):
            if name in self.classes:
                scores[:, self.classes.index(name)] = batch.scores[:, place]
        return scores

    def labels(self, column: Column) -> Floats:
        """Labels as numbers, shape (n,); those of a wrong type are missing."""
        if self.is_classification:
            return self.texts.codes(as_classes(column, self.classes))
        return np.full(len(column), np.nan) if isinstance(column, Categorical) else column

    def labelled(self, ids: Ids, labels: Floats, predicted: Floats, scores: Floats) -> LabelledRows:
        """Rows for the summaries."""
        if not self.is_classification:
            return LabelledRows(ids, labels, predicted)
        predictions = Categorical(_whole(predicted), self.classes)
        return LabelledRows(ids, self.texts.column(labels), predictions, scores)


def recoded(column: Categorical, codes: list[int]) -> Floats:
    """A column's codes after each category got a new one (-1: none), as numbers with NaN where missing."""
    lookup = np.array([*(np.nan if code < 0 else float(code) for code in codes), np.nan], dtype=np.float64)
    result: Floats = lookup[column.codes]
    return result


def _whole(codes: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return np.where(np.isnan(codes), -1, codes).astype(np.int32)

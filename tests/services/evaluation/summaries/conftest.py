"""Rows for the tests of summaries."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from services.evaluation.summaries import LabelledRows
from services.store.batches import Categorical
from services.store.identifiers import new_ids

CLASSES = ("setosa", "versicolor", "virginica")

MakeRows = Callable[..., LabelledRows]


def classified(count: int, *, seed: int = 0, classes: tuple[str, ...] = CLASSES) -> LabelledRows:
    """Rows of a classifier that is right a little more often than not, with many tied scores."""
    random = np.random.default_rng(seed)
    scores = np.round(random.dirichlet(np.ones(len(classes)), count), 3)
    predicted = scores.argmax(axis=1).astype(np.int32)
    labels = np.where(random.random(count) < 0.5, predicted, random.integers(0, len(classes), count))
    return LabelledRows(
        new_ids(count),
        Categorical(labels.astype(np.int32), classes),
        Categorical(predicted, classes),
        scores,
    )


def measured(count: int, *, seed: int = 0, mean: float = 6.0, scale: float = 1.0) -> LabelledRows:
    """Rows of a regression with errors half as wide as the values."""
    random = np.random.default_rng(seed)
    real = random.normal(mean, scale, count)
    return LabelledRows(new_ids(count), real, real + random.normal(0, scale / 2, count))


@pytest.fixture
def make_classified() -> MakeRows:
    return classified


@pytest.fixture
def make_measured() -> MakeRows:
    return measured


@pytest.fixture
def take_rows() -> Callable[[LabelledRows, slice], LabelledRows]:
    def take(rows: LabelledRows, part: slice) -> LabelledRows:
        def chosen(column: Any) -> Any:
            return column.take(part) if isinstance(column, Categorical) else column[part]

        scores = None if rows.scores is None else rows.scores[part]
        return LabelledRows(rows.ids[part], chosen(rows.labels), chosen(rows.predicted), scores)

    return take

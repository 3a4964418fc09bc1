"""Data for plots."""

import numpy as np
import pytest

from services.evaluation.model import Evolution, Measure, Pairs, RocCurve, Series


@pytest.fixture
def pairs() -> dict[str, Pairs]:
    """Two versions of forty rows."""
    random = np.random.default_rng(3)
    real = random.uniform(3, 9, 40)
    return {
        "A": Pairs(real, real + random.normal(size=40), 40),
        "B": Pairs(real, real * 0.9, 4000),
    }


@pytest.fixture
def evolution() -> Evolution:
    """Numbers over a hundred rows, then over an hour."""
    random = np.random.default_rng(4)
    historical = Series(np.arange(100.0), random.normal(size=100))
    live = Series(1.79e9 + np.arange(0, 3600, 60.0), random.normal(2, 1, size=60))
    return Evolution("volatile acidity", "g/dm³", historical, live)


def curve(class_name: str, auc: float | None = 0.9, bound: float = 0.0) -> RocCurve:
    """A curve of three corners."""
    measure = Measure(auc, "" if auc is not None else "one class only", bound)
    return RocCurve(class_name, np.array([0.0, 0.2, 1.0]), np.array([0.0, 0.8, 1.0]), measure)


@pytest.fixture
def curves() -> dict[str, list[RocCurve]]:
    """Two versions, two classes; one AUC is approximate, one undefined."""
    return {
        "A": [curve("setosa"), curve("virginica", 0.8, 0.0004)],
        "B": [curve("setosa", 0.95), curve("virginica", None)],
    }

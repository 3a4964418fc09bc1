"""Linear models and scalers as the few array operations that they are.

The product is made by the same call on the same shape as scikit-learn makes it, so the bits are the
same; that is also why rows of several requests are not multiplied together (a product of another shape
may differ in its last bit).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.model_server.instances import Floats
from services.model_server.predictor import Compute, Raw

Transform = Callable[[Floats], Floats]


def linear_compute(model: Any, classes: Sequence[str]) -> Compute | None:
    """The fast way for linear regressions and logistic regression; None for any other model."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.linear_model._base import LinearModel

    # A team's own subclass may do more than the product; scikit-learn's own do not.
    own = type(model).__module__.startswith("sklearn.linear_model.")
    if not classes and own and isinstance(model, LinearModel):
        return _regression(model.coef_, model.intercept_)
    if classes and type(model) is LogisticRegression:
        return _two_classes(model) if len(classes) == 2 else _classes(model)
    return None


def _regression(coefficients: NDArray[Any], intercept: Any) -> Compute | None:
    if coefficients.ndim != 1:  # several targets
        return None

    def compute(rows: Floats) -> Raw:
        return rows @ coefficients + intercept, None

    return compute


def _two_classes(model: Any) -> Compute:
    from scipy.special import expit

    coefficients, intercept = model.coef_.T, model.intercept_

    def compute(rows: Floats) -> Raw:
        scores = (rows @ coefficients + intercept).reshape(-1)
        positive = expit(scores)
        return (scores > 0).astype(np.intp), np.stack([1 - positive, positive], axis=1)

    return compute


def _classes(model: Any) -> Compute:
    from sklearn.utils.extmath import softmax

    coefficients, intercept = model.coef_.T, model.intercept_

    def compute(rows: Floats) -> Raw:
        scores = rows @ coefficients + intercept
        return scores.argmax(axis=1), softmax(scores)

    return compute


def scaler(step: Any) -> Transform | None:
    """The operations of a fitted StandardScaler or MinMaxScaler; None for any other step."""
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    if type(step) is StandardScaler:
        mean = step.mean_ if step.with_mean else None
        scale = step.scale_ if step.with_std else None
        return lambda rows: _standardise(rows, mean, scale)
    if type(step) is MinMaxScaler and not step.clip:
        factor, least = step.scale_, step.min_
        return lambda rows: rows * factor + least
    return None


def _standardise(rows: Floats, mean: Floats | None, scale: Floats | None) -> Floats:
    centred = rows if mean is None else rows - mean
    return centred if scale is None else centred / scale

"""Chooses how a numeric model is asked: a faster way where probe rows show the estimator's own bits."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from services.model_server.forest import forest_compute
from services.model_server.instances import Floats
from services.model_server.linear import Transform, linear_compute, scaler
from services.model_server.predictor import Compute, Raw, estimator_compute

_logger = logging.getLogger(__name__)
_PROBES = 192
_GROUP_SIZES = (1, 2, 3, 8, 50)
_GROUPS_OF_A_SIZE = 8


def faster_compute(model: Any, classes: Sequence[str], exact: Compute, probes: Floats) -> Compute:
    """A faster way to the bits of `exact`, or `exact` itself where there is none."""
    compute = _fast_compute(model, classes)
    if compute is None:
        return exact
    for rows in _grouped(probes):
        if not same_bits(compute(rows), exact(rows)):
            _logger.warning(
                "the fast way for %s is not exact here; the estimator is asked", type(model).__name__
            )
            return exact
    return compute


def is_shareable(compute: Compute, probes: Floats) -> bool:
    """Whether a row's answer has the same bits whatever rows stand beside it."""
    return all(
        same_bits(concatenated([compute(rows) for rows in groups]), compute(np.concatenate(groups)))
        for groups in _groupings(probes)
    )


def same_bits(left: Raw, right: Raw) -> bool:
    """Whether two results are equal bit for bit."""
    if (left[1] is None) != (right[1] is None):
        return False
    return np.array_equal(left[0], right[0]) and (
        left[1] is None or right[1] is None or np.array_equal(left[1], right[1])
    )


def concatenated(results: Sequence[Raw]) -> Raw:
    """Results of successive rows as one."""
    probabilities = [result[1] for result in results if result[1] is not None]
    return np.concatenate([result[0] for result in results]), np.concatenate(
        probabilities
    ) if probabilities else None


def probe_rows(model: Any, columns: int) -> Floats:
    """Rows that reach a model's corners: magnitudes, its scaler's range, its trees' very thresholds."""
    random = np.random.default_rng(7)
    rows = random.normal(size=(_PROBES, columns)) * 10.0 ** random.uniform(-2, 3, (_PROBES, columns))
    for part in parts_of(model):
        mean, scale = getattr(part, "mean_", None), getattr(part, "scale_", None)
        if mean is not None and scale is not None and np.shape(mean) == (columns,) == np.shape(scale):
            rows[::2] = mean + scale * random.normal(size=(len(rows[::2]), columns))
        if hasattr(part, "tree_") and part.n_features_in_ == columns:
            _use_thresholds(rows, part.tree_, random)
    return np.ascontiguousarray(rows)


def _use_thresholds(rows: Floats, tree: Any, random: np.random.Generator) -> None:
    """Put thresholds of the tree, exactly and a little beside, into random places of every column."""
    for column in range(rows.shape[1]):
        thresholds = tree.threshold[(tree.feature == column) & np.isfinite(tree.threshold)]
        if len(thresholds):
            places = random.integers(0, len(rows), 8)
            rows[places, column] = random.choice(thresholds, 8) * random.choice([1.0, 1.0 + 1e-7, 0.9], 8)


def parts_of(model: Any) -> Iterator[Any]:
    """A model, the steps of a pipeline and the members of an ensemble, at any depth."""
    yield model
    children = [step for _, step in getattr(model, "steps", ())]
    children += list(np.ravel(getattr(model, "estimators_", ())))
    children += [
        getattr(member, "estimator", None) for member in getattr(model, "calibrated_classifiers_", ())
    ]
    for child in children:
        if hasattr(child, "get_params"):
            yield from parts_of(child)


def _grouped(rows: Floats) -> Iterator[Floats]:
    for groups in _groupings(rows):
        yield from groups
    yield rows


def _groupings(rows: Floats) -> Iterator[list[Floats]]:
    """Rows in groups of several sizes; a few groups of each, since the start waits for them."""
    for size in _GROUP_SIZES:
        last = min(len(rows), size * _GROUPS_OF_A_SIZE)
        yield [rows[start : start + size] for start in range(0, last, size)]


def _fast_compute(model: Any, classes: Sequence[str]) -> Compute | None:
    from sklearn.pipeline import Pipeline

    if type(model) is not Pipeline:
        return (
            forest_compute(model, classes) or linear_compute(model, classes) or _by_argmax(model, classes)
        )
    transforms = [scaler(step) for _, step in model.steps[:-1] if step not in {None, "passthrough"}]
    last = model.steps[-1][1]
    if None in transforms or last in {None, "passthrough"}:
        return None
    final = _fast_compute(last, classes) or estimator_compute(last, classes)
    return _chain([transform for transform in transforms if transform is not None], final)


def _chain(transforms: Sequence[Transform], final: Compute) -> Compute:
    def compute(rows: Floats) -> Raw:
        for transform in transforms:
            rows = transform(rows)
        return final(rows)

    return compute


def _by_argmax(model: Any, classes: Sequence[str]) -> Compute | None:
    """One call instead of two where the greatest probability decides by definition."""
    from sklearn.calibration import CalibratedClassifierCV

    if not classes or type(model) is not CalibratedClassifierCV:
        return None

    def compute(rows: Floats) -> Raw:
        probabilities = model.predict_proba(rows)
        return probabilities.argmax(axis=1), probabilities

    return compute

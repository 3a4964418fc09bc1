"""What answers rows: the interface, and the predictors that ask the model itself."""

from collections.abc import Callable, Sequence
from itertools import chain
from math import isfinite
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from services.errors import InvalidInput
from services.model_server.instances import Floats, InstanceDecoder

Raw = tuple[NDArray[Any], Floats | None]
"""Numbers, or positions in the classes, shape (n,); and probabilities, shape (n, classes), or None."""

Compute = Callable[[Any], Raw]


class ModelAnswers(NamedTuple):
    """A prediction a row (a number or a class name), and probabilities in the order of the classes."""

    predictions: list[Any]
    probabilities: list[list[float]] | None


class Predictor(Protocol):
    """Answers prepared rows.

    Attributes:
        shareable: whether the rows of several requests may be asked in one call without changing an answer.
        threadsafe: whether it may be asked from the loop's thread and another one at once.
    """

    shareable: bool
    threadsafe: bool

    def prepare(self, rows: Sequence[Any]) -> Any:
        """Decoded rows in the form that `answer` takes."""

    def join(self, parts: Sequence[Any]) -> Any:
        """Several prepared parts as one."""

    def answer(self, prepared: Any) -> ModelAnswers:
        """Predict.

        Raises:
            ValueError: the model cannot predict these values.
        """


def answers_of(raw: Raw, classes: Sequence[str]) -> ModelAnswers:
    """Answers in plain lists; ValueError if the model gave something that is not a finite number."""
    values, probabilities = raw
    if classes:
        predictions = [classes[position] for position in values.tolist()]
    else:
        predictions = values.tolist()
        if not all(map(isfinite, predictions)):
            raise ValueError("the prediction is not a finite number")
    return ModelAnswers(predictions, None if probabilities is None else probabilities.tolist())


class MatrixPredictor:
    """Asks a model that takes one matrix of numbers.

    Args:
        compute: the fastest way that gives the estimator's own answers.
        exact: the estimator itself, asked where a value is missing; the same as `compute` if there is no
            faster way.
    """

    threadsafe = True

    def __init__(
        self,
        decoder: InstanceDecoder,
        classes: Sequence[str],
        compute: Compute,
        exact: Compute,
        *,
        shareable: bool,
    ) -> None:
        self.shareable = shareable
        self._classes = classes
        self._compute = compute
        self._exact = exact
        self._may_miss = decoder.may_miss
        self.prepare: Callable[[Sequence[Any]], Floats] = decoder.matrix

    def join(self, parts: Sequence[Floats]) -> Floats:
        """All rows in one matrix."""
        return np.concatenate(parts)

    def answer(self, prepared: Floats) -> ModelAnswers:
        """Predict the rows of a matrix."""
        missing = self._may_miss and bool(np.isnan(prepared).any())
        return answers_of(self._exact(prepared) if missing else self._compute(prepared), self._classes)


class FramePredictor:
    """Asks a model that takes a frame, because an input is a text or its columns are chosen by name."""

    threadsafe = True
    shareable = False

    def __init__(self, decoder: InstanceDecoder, classes: Sequence[str], compute: Compute) -> None:
        self._classes = classes
        self._compute = compute
        self._frame = decoder.frame

    def prepare(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The rows as they are; the frame is made once for all of a call."""
        return rows

    def join(self, parts: Sequence[Sequence[Any]]) -> Sequence[Any]:
        """All rows in one list."""
        return list(chain.from_iterable(parts))

    def answer(self, prepared: Sequence[Any]) -> ModelAnswers:
        """Predict the rows."""
        return answers_of(self._compute(self._frame(prepared)), self._classes)


class FunctionPredictor:
    """Asks a team's own `predict(model, rows)`, rows being dictionaries by input name.

    It returns a list of numbers or class names, or a pair of that and the probabilities.
    """

    threadsafe = False
    shareable = False

    def __init__(
        self,
        decoder: InstanceDecoder,
        classes: Sequence[str],
        predict: Callable[[Any, list[dict[str, Any]]], Any],
        model: Any,
    ) -> None:
        self._classes = set(classes)
        self._predict = predict
        self._model = model
        self.prepare = decoder.records

    def join(self, parts: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """All rows in one list."""
        return list(chain.from_iterable(parts))

    def answer(self, prepared: list[dict[str, Any]]) -> ModelAnswers:
        """Predict the rows, and check that the answer is one for each."""
        result = self._predict(self._model, prepared)
        predictions, probabilities = result if isinstance(result, tuple) else (result, None)
        values = [_plain(value) for value in predictions]
        if len(values) != len(prepared):
            raise TypeError(f"predict gave {len(values)} predictions for {len(prepared)} rows")
        if self._classes:
            values = [str(value) for value in values]
            unknown = set(values) - self._classes
            if unknown:
                raise TypeError(
                    f"predict gave the class {unknown.pop()!r}, which the signature does not have"
                )
        elif not np.isfinite(np.array(values, np.float64)).all():
            raise ValueError("the prediction is not a finite number")
        return ModelAnswers(
            values, None if probabilities is None else np.asarray(probabilities, float).tolist()
        )


def _plain(value: Any) -> Any:
    """A numpy scalar as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def estimator_compute(model: Any, classes: Sequence[str]) -> Compute:
    """The estimator's own `predict`, and `predict_proba` where it has one.

    Raises:
        InvalidInput: the model's classes are not the signature's.
    """
    if not classes:
        return lambda rows: (np.asarray(model.predict(rows), np.float64), None)
    own = getattr(model, "classes_", None)
    if own is None or [class_name(value) for value in own] != list(classes):
        told = "none" if own is None else ", ".join(class_name(value) for value in own)
        raise InvalidInput(f"the model's classes ({told}) are not the signature's ({', '.join(classes)})")
    has_probabilities = hasattr(model, "predict_proba")

    def compute(rows: Any) -> Raw:
        codes = np.searchsorted(own, model.predict(rows))
        return codes, np.asarray(model.predict_proba(rows), np.float64) if has_probabilities else None

    return compute


def class_name(value: Any) -> str:
    """The name of a model's class: texts as they are, whole numbers without a decimal point."""
    plain = _plain(value)
    return str(int(plain)) if isinstance(plain, float) and plain.is_integer() else str(plain)

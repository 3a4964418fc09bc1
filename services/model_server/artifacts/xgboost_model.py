"""XGBoost: what `save_model` of a booster, a regressor or a classifier writes, JSON or its binary form."""

from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from services.errors import InvalidInput
from services.model_server.artifacts.interface import ArtifactDescription, DescribedInput, OpenedModel
from services.model_server.artifacts.readers import library
from services.model_server.artifacts.signature_fit import boosted_classes, check_fits, with_categories
from services.model_server.predictor import Compute, Raw
from services.registry.choices import FieldType, Task
from services.registry.model import Signature

_REGRESSION = ("reg:", "count:", "survival:")
_CLASSES = frozenset(
    {"binary:logistic", "binary:logitraw", "binary:hinge", "multi:softprob", "multi:softmax"}
)
_TYPES = {"int": FieldType.INTEGER, "i": FieldType.BOOLEAN}


class XGBoostReader:
    """Reads XGBoost's own files."""

    def describe(self, content: bytes) -> ArtifactDescription:
        """Names and types where it was trained on a frame; task and count of classes by its objective."""
        return _Booster(content).described

    def open(self, content: bytes, signature: Signature) -> OpenedModel:
        """Asked in place; in one thread, since many for one row cost more than they give."""
        booster = _Booster(content)
        described = booster.described
        check_fits(described, signature)
        return OpenedModel(booster.compute(), described.library, frame=bool(booster.categories))

    def dump(self, model: Any) -> bytes:
        """Of a booster, a regressor or a classifier."""
        xgboost = library("xgboost", "xgboost", "xgboost-cpu")
        booster = model.get_booster() if isinstance(model, xgboost.XGBModel) else model
        if not isinstance(booster, xgboost.Booster):
            raise InvalidInput(f"train returned a {type(model).__name__}, which is no XGBoost model")
        return bytes(booster.save_raw("ubj"))


class _Booster:
    """A booster and what it says of itself.

    Attributes:
        categories: input name to its categories, texts or whole numbers, in the order of their codes.
    """

    def __init__(self, content: bytes) -> None:
        self._xgboost = library("xgboost", "xgboost", "xgboost-cpu")
        try:
            self._booster = self._xgboost.Booster()
            self._booster.load_model(bytearray(content))
            self._told = msgspec.json.decode(self._booster.save_config())["learner"]
        except (self._xgboost.core.XGBoostError, ValueError, KeyError) as error:
            raise InvalidInput(f"this is no whole XGBoost model: {_first_line(error)}") from error
        self._booster.set_param({"nthread": 1})
        self._linear = self._told["learner_train_param"]["booster"] == "gblinear"
        self._objective: str = self._told["objective"]["name"]
        self._names: list[str] = self._booster.feature_names or []
        self._types: list[str] = self._booster.feature_types or ["float"] * len(self._names)
        self._check_one_output()
        self.categories = self._categories()

    @property
    def described(self) -> ArtifactDescription:
        """What it carries."""
        task, count = self._task()
        return ArtifactDescription(
            kind="xgboost",
            library=f"xgboost {self._xgboost.__version__}",
            inputs=tuple(map(self._input, self._names, self._types)),
            width=self._booster.num_features(),
            task=task,
            class_count=count,
        )

    def compute(self) -> Compute:
        """Asks with as many trees as its own classifier would, after an early stop."""
        best = self._booster.attr("best_iteration")
        trees = (0, int(best) + 1) if best is not None else (0, 0)

        def margins(rows: Any) -> Any:
            if self._linear:
                return self._booster.predict(
                    self._xgboost.DMatrix(rows, nthread=1), validate_features=False
                )
            given = with_categories(rows, self.categories) if self.categories else rows
            return self._booster.inplace_predict(given, iteration_range=trees, validate_features=False)

        def compute(rows: Any) -> Raw:
            return _answer(margins(rows), self._objective)

        return compute

    def _input(self, name: str, kind: str) -> DescribedInput:
        read = _TYPES.get(kind, FieldType.NUMBER)
        if name in self.categories:
            texts = isinstance(self.categories[name][0], str)
            read = FieldType.STRING if texts else FieldType.INTEGER
        return DescribedInput(name, read, nullable=not self._linear)

    def _task(self) -> tuple[Task | None, int]:
        if self._objective.startswith(_REGRESSION):
            return Task.REGRESSION, 0
        if self._objective in _CLASSES:
            return Task.CLASSIFICATION, max(2, int(self._told["learner_model_param"]["num_class"]))
        raise InvalidInput(
            f"this model's objective is {self._objective}, which is neither regression nor classification"
        )

    def _check_one_output(self) -> None:
        targets = int(self._told["learner_model_param"].get("num_target", 1))
        if targets > 1:
            raise InvalidInput(f"this model predicts {targets} targets at once; a version predicts one")

    def _categories(self) -> dict[str, list[Any]]:
        if "c" not in self._types:
            return {}
        whole = msgspec.json.decode(bytes(self._booster.save_raw("json")))
        told = whole["learner"]["gradient_booster"]["model"].get("cats", {}).get("enc", [])
        found = {name: _values(one) for name, one in zip(self._names, told, strict=False) if _values(one)}
        missing = [
            name
            for name, kind in zip(self._names, self._types, strict=True)
            if kind == "c" and name not in found
        ]
        if missing:
            raise InvalidInput(
                f"this model does not carry the categories of {', '.join(missing)}",
                remedy="Train and save it with XGBoost 3.1 or newer on a frame with categories.",
            )
        return found


def _values(encoded: dict[str, Any]) -> list[Any]:
    """Categories as XGBoost's JSON has them: numbers, or the bytes of all texts and where each begins."""
    values: list[Any] = encoded["values"]
    if "offsets" not in encoded:
        return values
    if any(value < 0 for value in values):
        # Its own predictions mix such categories up: it counts letters where it should count bytes.
        raise InvalidInput(
            "this model's categories have letters beyond ASCII, which XGBoost itself confuses",
            remedy="Train it on categories written in ASCII, or on numbers for them.",
        )
    text, offsets = bytes(values), encoded["offsets"]
    return [text[begin:end].decode() for begin, end in pairwise(offsets)]


def _answer(raw: Any, objective: str) -> Raw:
    if objective not in _CLASSES:
        return np.asarray(raw, np.float64), None
    if objective == "binary:logitraw":
        return (raw > 0).astype(np.intp), None
    if objective in {"binary:hinge", "multi:softmax"}:
        return raw.astype(np.intp), None
    return boosted_classes(raw)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__

"""LightGBM: the text that `save_model` of a booster writes."""

from typing import Any

import numpy as np

from services.errors import InvalidInput
from services.model_server.artifacts.interface import ArtifactDescription, DescribedInput, OpenedModel
from services.model_server.artifacts.readers import library
from services.model_server.artifacts.signature_fit import boosted_classes, check_fits, with_categories
from services.model_server.predictor import Compute, Raw
from services.registry.choices import FieldType, Task
from services.registry.model import Signature

_CLASSES = frozenset({"binary", "multiclass", "multiclassova"})
_NUMBERS = frozenset(
    {
        "regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma", "tweedie",
        "cross_entropy", "cross_entropy_lambda",
    }
)  # fmt: skip


class LightGBMReader:
    """Reads LightGBM's own files."""

    def describe(self, content: bytes) -> ArtifactDescription:
        """Names always, with underscores for spaces; texts where categories were; task by its objective."""
        return _Booster(content).described

    def open(self, content: bytes, signature: Signature) -> OpenedModel:
        """Asked in one thread, since many for one row cost more than they give."""
        booster = _Booster(content)
        described = booster.described
        check_fits(described, signature)
        return OpenedModel(booster.compute(signature), described.library, frame=bool(booster.categories))

    def dump(self, model: Any) -> bytes:
        """Of a booster, a regressor or a classifier."""
        lightgbm = library("lightgbm", "lightgbm")
        booster = getattr(model, "booster_", model)
        if not isinstance(booster, lightgbm.Booster):
            raise InvalidInput(f"train returned a {type(model).__name__}, which is no LightGBM model")
        text: str = booster.model_to_string()
        return text.encode()


class _Booster:
    """A booster and what it says of itself.

    Attributes:
        categories: position of an input to its categories, in the order of their codes.
    """

    def __init__(self, content: bytes) -> None:
        self._lightgbm = library("lightgbm", "lightgbm")
        try:
            self._booster = self._lightgbm.Booster(model_str=_whole(content))
        except (self._lightgbm.basic.LightGBMError, ValueError) as error:
            raise InvalidInput(f"this is no whole LightGBM model: {error}") from error
        told = self._booster.dump_model(num_iteration=1)
        self._objective: str = told.get("objective", "").partition(" ")[0]
        self._classes: int = told["num_class"]
        columns = self._booster.params.get("categorical_feature", [])
        self.categories: dict[int, list[Any]] = dict(
            zip(columns, self._booster.pandas_categorical or [], strict=False)
        )

    @property
    def described(self) -> ArtifactDescription:
        """What it carries."""
        task, count = self._task()
        names = self._booster.feature_name()
        return ArtifactDescription(
            kind="lightgbm",
            library=f"lightgbm {self._lightgbm.__version__}",
            inputs=tuple(
                DescribedInput(name, self._type(at), nullable=True) for at, name in enumerate(names)
            ),
            width=len(names),
            task=task,
            class_count=count,
        )

    def compute(self, signature: Signature) -> Compute:
        """Asks with as many trees as were kept after an early stop."""
        names = [field.name for field in signature.inputs]
        coded = {names[position]: values for position, values in self.categories.items()}

        def compute(rows: Any) -> Raw:
            given = with_categories(rows, coded) if coded else rows
            raw = self._booster.predict(given, num_threads=1, validate_features=False)
            return boosted_classes(raw) if signature.classes else (np.asarray(raw, np.float64), None)

        return compute

    def _type(self, position: int) -> FieldType:
        values = self.categories.get(position)
        if values is None:
            return FieldType.NUMBER
        return FieldType.STRING if any(isinstance(value, str) for value in values) else FieldType.INTEGER

    def _task(self) -> tuple[Task, int]:
        if self._objective in _NUMBERS:
            return Task.REGRESSION, 0
        if self._objective in _CLASSES:
            return Task.CLASSIFICATION, max(2, self._classes)
        raise InvalidInput(
            f"this model's objective is {self._objective or 'its own'}, which is neither regression nor "
            "classification"
        )


def _whole(content: bytes) -> str:
    """The text, unless its end is missing: LightGBM would end the process over that."""
    text = content.decode()
    lines = set(text.splitlines())
    if "end of trees" not in lines or ("parameters:" in lines and "end of parameters" not in lines):
        raise ValueError("its end is missing")
    return text

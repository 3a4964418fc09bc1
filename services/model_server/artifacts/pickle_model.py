"""Pickles of estimators that keep to scikit-learn's conventions, with texts and categories too."""

import importlib.util
import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from services.errors import InvalidInput
from services.model_server.artifacts.interface import ArtifactDescription, DescribedInput
from services.model_server.artifacts.readers import library_named, library_of
from services.model_server.predictor import class_name
from services.registry.choices import FieldType, Task

_TYPES = {"b": FieldType.BOOLEAN, "i": FieldType.INTEGER, "u": FieldType.INTEGER, "f": FieldType.NUMBER}
_HOMELESS = "_loss"
"""What scikit-learn up to 1.5 calls its compiled `sklearn._loss._loss` in the pickles of boosted trees."""
_WRITTEN_BY = re.compile(rb"_sklearn_version\x94?\x8c.(\d+(?:\.\w+)+)\x94", re.DOTALL)


class PickledReader:
    """Reads what joblib or pickle wrote. Reading runs the code in it."""

    def describe(self, content: bytes) -> ArtifactDescription:
        """Names where it was trained on a frame; types where a step knows categories or takes texts."""
        model = _readable(content)
        if not hasattr(model, "predict"):
            raise InvalidInput(f"the pickle holds a {type(model).__name__}, which has no predict")
        names = [str(name) for name in getattr(model, "feature_names_in_", ())]
        known = dict(_columns(model, names))
        classes = tuple(class_name(value) for value in getattr(model, "classes_", ()))
        return ArtifactDescription(
            kind="joblib",
            library=library_of(model),
            inputs=tuple(known.get(name, DescribedInput(name)) for name in names),
            width=int(getattr(model, "n_features_in_", len(names))),
            task=_task(model),
            classes=classes,
            class_count=len(classes),
        )

    def dump(self, model: Any) -> bytes:
        """Of any estimator."""
        import joblib

        buffer = io.BytesIO()
        joblib.dump(model, buffer)
        return buffer.getvalue()


def unpickle(content: bytes) -> Any:
    """The object in a pickle of joblib or pickle, compressed or not.

    Raises:
        InvalidInput: a package that it needs is not installed, or it is damaged.
    """
    import joblib

    try:
        return joblib.load(io.BytesIO(content))
    except ModuleNotFoundError as error:
        raise _lacking(error.name or "", content) from error


def _lacking(name: str, content: bytes) -> InvalidInput:
    """A package that is not here; or a part of one that is here, in a version without that part."""
    package = "sklearn" if name == _HOMELESS else name.partition(".")[0]
    if package == name or importlib.util.find_spec(package) is None:
        return InvalidInput(
            f"the model needs the Python package {name}, which is not installed here",
            remedy="Name it in the deploy folder's requirements.txt, and a container's image brings it. "
            "For a service on this machine, install it beside Relevo.",
        )
    here = library_named(package)
    title = here.partition(" ")[0]
    written = _WRITTEN_BY.search(content) if package == "sklearn" else None
    by = f"{title} {written[1].decode()}" if written else f"another version of {title}"
    version = written[1].decode() if written else "VERSION"
    return InvalidInput(
        f"the model was saved by {by}; {here}, which is installed here, has no {name}",
        remedy=f"Train and save it again with {here}. Or write {title}=={version}, which saved it, "
        "into the deploy folder's requirements.txt, and a container's image serves it with that.",
    )


def _readable(content: bytes) -> Any:
    """As `unpickle`; whatever else the code in it raises is told in words."""
    try:
        return unpickle(content)
    except InvalidInput:
        raise
    except Exception as error:  # a pickle is code, which may raise anything
        homeless = isinstance(error, AttributeError)
        raise InvalidInput(
            ": ".join(filter(None, ("the pickle cannot be read", type(error).__name__, str(error)))),
            remedy="A class defined in a script or notebook is known only there: put it into a module that "
            "can be imported, and save the model again."
            if homeless
            else "",
        ) from error


def takes_texts(model: Any) -> bool:
    """Whether it wants one column of texts and no table: a pipeline that begins with a vectorizer."""
    first = model.steps[0][1] if getattr(model, "steps", None) else model
    return hasattr(first, "build_analyzer")


def _task(model: Any) -> Task | None:
    from sklearn.base import is_classifier, is_regressor

    if is_classifier(model):
        return Task.CLASSIFICATION
    return Task.REGRESSION if is_regressor(model) else None


def _columns(model: Any, names: list[str]) -> Iterator[tuple[str, DescribedInput]]:
    """What the steps that see the columns themselves know of them."""
    from sklearn.compose import ColumnTransformer

    first = model.steps[0][1] if getattr(model, "steps", None) else model
    if not isinstance(first, ColumnTransformer):
        yield from _known(first, names)
        return
    for _, transformer, columns in first.transformers_:
        if not isinstance(transformer, str):
            yield from _known(transformer, _chosen(columns, names))


def _chosen(columns: Any, names: list[str]) -> list[str]:
    """The names that a ColumnTransformer's choice means, be it of names, places or marks."""
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, slice):
        return names[columns]
    chosen = np.asarray(columns)
    if chosen.dtype.kind in "biu":
        return [str(name) for name in np.asarray(names, object)[chosen]]
    return [str(name) for name in np.ravel(chosen)]


def _known(transformer: Any, columns: list[str]) -> Iterator[tuple[str, DescribedInput]]:
    """Types from a step's categories, texts for a vectorizer; what an imputer sees first may be missing."""
    steps = [step for _, step in getattr(transformer, "steps", [("", transformer)])]
    nullable = (
        type(steps[0]).__name__.endswith("Imputer") and getattr(steps[0], "add_indicator", None) is not None
    )
    for step in steps:
        if hasattr(step, "build_analyzer"):
            yield from ((name, DescribedInput(name, FieldType.STRING)) for name in columns)
            return
        if hasattr(step, "categories_"):
            kinds = [_kind(values) for values in step.categories_]
            yield from (
                (name, DescribedInput(name, kind, nullable))
                for name, kind in zip(columns, kinds, strict=False)
            )
            return
    yield from ((name, DescribedInput(name, nullable=nullable)) for name in columns)


def _kind(categories: Any) -> FieldType:
    values = [value for value in categories if value is not None and value == value]  # noqa: PLR0124
    if values and all(isinstance(value, str) for value in values):
        return FieldType.STRING
    return _TYPES.get(np.asarray(values).dtype.kind, FieldType.STRING)

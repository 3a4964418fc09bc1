"""How a freshly trained model does on rows that it has not seen."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from services.model_server.artifacts.kinds import NATIVE
from services.model_server.artifacts.readers import reader_of
from services.model_server.deploy import Deploy
from services.model_server.loading import LoadedModel, load_model, sha256_of
from services.model_server.predictor import class_name
from services.registry.model import Field, FieldType, Task

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 10_000


def holdout_metrics(folder: Path, deploy: Deploy, model: Any, unseen: "pd.DataFrame") -> dict[str, float]:
    """Metrics of a model that a training script returned, by scikit-learn.

    Args:
        folder: the deploy folder.
        deploy: its description.
        model: an estimator, or what the kind's maker has in its place.
        unseen: rows with inputs and target.
    """
    from sklearn.metrics import (
        accuracy_score,
        f1_score,
        mean_absolute_error,
        r2_score,
        root_mean_squared_error,
    )

    real = unseen[deploy.signature.target.name]
    inputs = unseen.drop(columns=deploy.signature.target.name)
    predicted = _predicted(folder, deploy, model, inputs)
    if deploy.signature.task is Task.CLASSIFICATION:
        names = [class_name(value) for value in real], [class_name(value) for value in predicted]
        return {
            "accuracy": float(accuracy_score(*names)),
            "f1_macro": float(f1_score(*names, average="macro", zero_division=0.0)),
        }
    return {
        "r2": float(r2_score(real, predicted)),
        "rmse": float(root_mean_squared_error(real, predicted)),
        "mae": float(mean_absolute_error(real, predicted)),
    }


def _predicted(folder: Path, deploy: Deploy, model: Any, inputs: "pd.DataFrame") -> Any:
    """An estimator's own predictions; of other makers' models, what would be served, by class names."""
    if deploy.kind not in NATIVE:
        return model.predict(inputs)
    content = reader_of(deploy.kind).dump(model)
    loaded = load_model(folder, deploy, content, sha256_of(content))
    return [value for rows in _bodies(inputs, deploy) for value in _answered(loaded, rows)]


def _answered(loaded: LoadedModel, body: bytes) -> list[Any]:
    predictor = loaded.predictor
    return predictor.answer(predictor.prepare(loaded.decoder.decode(body))).predictions


def _bodies(inputs: "pd.DataFrame", deploy: Deploy) -> Iterator[bytes]:
    """The rows as clients send them."""
    plain = inputs.astype(object).where(inputs.notna(), None)
    fields = deploy.signature.inputs
    for begin in range(0, len(plain), _ROWS):
        rows = plain.iloc[begin : begin + _ROWS]
        columns = {field.name: _plain(field, rows[field.name].tolist()) for field in fields}
        instances = [
            dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
        ]
        yield msgspec.json.encode({"instances": instances})


def _plain(field: Field, values: list[Any]) -> list[Any]:
    """A column with a missing boolean is one of numbers in a frame."""
    if field.type is FieldType.BOOLEAN:
        return [None if value is None else bool(value) for value in values]
    return values

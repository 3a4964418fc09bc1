"""Training sets, and what versions predict on them: what a publisher brings."""

from collections.abc import Sequence

import numpy as np

from services.errors import InvalidInput, NotFound
from services.evaluation.historical import announce_training
from services.gateway import messages
from services.gateway.operations import ADMIN, Call, Operation
from services.gateway.request_limits import LONGEST_TEXT
from services.gateway.routes.signatures import check_signature
from services.gateway.validation import class_name
from services.http.errors import InvalidField
from services.registry.model import Field, FieldType, Signature, Task
from services.store.batches import Categorical, Column
from services.store.names import validate_project

_LIMIT = 1 << 30
_Values = Sequence[float | str | bool | None]


def _put_training(call: Call) -> messages.Written:
    upload: messages.TrainingUpload = call.body
    project = validate_project(call.path["project"])
    signature = check_signature(upload.signature)
    columns = training_columns(signature, upload.columns)
    rows = len(columns[signature.target.column])
    ids = range(rows) if upload.ids is None else upload.ids
    if len(ids) != rows:
        raise InvalidField(f"ids has {len(ids)} entries for {rows} rows", field="ids")
    columns["id"] = np.array(ids, dtype=np.float64)
    store = call.dependencies.store()
    store.write_training(project, signature, columns)
    announce_training(store, project)
    return messages.Written(rows)


def training_columns(
    signature: Signature, given: dict[str, list[float | str | bool | None]]
) -> dict[str, Column]:
    """Uploaded columns by storage name; InvalidField says which one is missing, unknown or wrong."""
    fields = {field.name: field for field in (*signature.inputs, signature.target)}
    for name in given:
        if name not in fields:
            raise InvalidField(f"columns.{name} is not in the signature", field=f"columns.{name}")
    rows = len(given.get(signature.target.name, ()))
    columns = {}
    for name, field in fields.items():
        path = f"columns.{name}"
        if name not in given:
            raise InvalidField(f"{path} is required", field=path)
        if len(given[name]) != rows:
            raise InvalidField(f"{path} has {len(given[name])} values for {rows} rows", field=path)
        is_class = field is signature.target and signature.task is Task.CLASSIFICATION
        columns[field.column] = _column(field, given[name], path, text=is_class)
    return columns


def _column(field: Field, values: _Values, path: str, *, text: bool) -> Column:
    if text:
        return _texts([None if value is None else class_name(value) for value in values], path)
    for index, value in enumerate(values):
        if value is not None and not _fits(field.type, value):
            raise InvalidField(f"{path}[{index}] is not of type {field.type}", field=f"{path}[{index}]")
    if field.type is FieldType.STRING:
        return _texts([value if isinstance(value, str) else None for value in values], path)
    return np.array(values, dtype=np.float64)


def _texts(values: list[str | None], path: str) -> Categorical:
    found = Categorical.of(values)
    if any(len(text) > LONGEST_TEXT for text in found.categories):
        index = next(index for index, text in enumerate(values) if text and len(text) > LONGEST_TEXT)
        field = f"{path}[{index}]"
        raise InvalidField(f"{field} is longer than {LONGEST_TEXT:,} characters", field=field)
    return found


def _fits(kind: FieldType, value: float | str | bool) -> bool:
    if kind is FieldType.STRING:
        return isinstance(value, str)
    if kind is FieldType.BOOLEAN:
        return isinstance(value, bool)
    if not isinstance(value, float):
        return False
    return kind is FieldType.NUMBER or value.is_integer()


def _put_predictions(call: Call) -> messages.Written:
    upload: messages.TrainingPredictionsUpload = call.body
    store = call.dependencies.store()
    version = call.dependencies.registry().version(call.path["project"], call.path["version"])
    if not store.training(version.project, ["id"]):
        raise NotFound(f"project {version.project} has no training set yet")
    count = len(upload.ids)
    if len(upload.predicted) != count:
        raise InvalidInput(f"predicted has {len(upload.predicted)} values for {count} ids")
    for name, values in (upload.scores or {}).items():
        if name not in version.signature.classes:
            raise InvalidField(f"scores.{name} is not a class of the signature", field=f"scores.{name}")
        if len(values) != count:
            raise InvalidInput(f"scores.{name} has {len(values)} values for {count} ids")
    store.write_training_predictions(
        version.project,
        version.name,
        np.array(upload.ids, dtype=np.float64),
        _predicted(version.signature, upload.predicted),
        {name: np.array(values, dtype=np.float64) for name, values in (upload.scores or {}).items()}
        or None,
    )
    announce_training(store, version.project)
    return messages.Written(count)


def _predicted(signature: Signature, values: Sequence[float | str]) -> Column:
    if signature.task is Task.CLASSIFICATION:
        return Categorical.of([class_name(value) for value in values])
    for index, value in enumerate(values):
        if isinstance(value, str):
            raise InvalidField(f"predicted[{index}] must be a number", field=f"predicted[{index}]")
    return np.array(values, dtype=np.float64)


OPERATIONS = (
    Operation(
        "PUT", "/v1/projects/{project}/training", "Write rows of the training set", ADMIN, _put_training,
        takes=messages.TrainingUpload, gives=messages.Written, limit=_LIMIT,
    ),
    Operation(
        "PUT", "/v1/projects/{project}/versions/{version}/training-predictions",
        "Write a version's predictions on the training set", ADMIN, _put_predictions,
        takes=messages.TrainingPredictionsUpload, gives=messages.Written, limit=_LIMIT, errors=(404,),
    ),
)  # fmt: skip

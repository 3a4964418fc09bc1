"""Names and values of the columns that both drivers make: live tables, training tables, scores."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from services.errors import InvalidInput
from services.registry.model import FieldType, Signature, Task
from services.store.batches import Categorical, Column, Floats
from services.store.names import column_for, validate_column, validate_version

_CLASS_LENGTH = 30
_WHOLE_LIMIT = 2.0**63


def predicted_column(version: str) -> str:
    """The training table's column with a version's predictions, `predicted_<version in lower case>`."""
    return f"predicted_{validate_version(version).lower()}"


def score_columns(classes: Iterable[str], version: str = "") -> dict[str, str]:
    """Class to column: `score_<class>` in a live table, `score_<version>_<class>` in a training table.

    The same set of classes gives the same columns in whatever order it comes; two classes that fold
    to one name are numbered.
    """
    prefix = f"score_{validate_version(version).lower()}_" if version else "score_"
    ordered = list(classes)
    columns: dict[str, str] = {}
    for name in sorted(ordered):
        base = column_for(name)[:_CLASS_LENGTH].rstrip("_")
        candidate, count = f"{prefix}{base}", 2
        while candidate in columns.values():
            candidate, count = f"{prefix}{base}_{count}", count + 1
        columns[name] = candidate
    return {name: columns[name] for name in ordered}


def outcome_type(signature: Signature) -> FieldType:
    """How predictions and labels are stored: class names as text, numbers as numbers."""
    return FieldType.STRING if signature.task is Task.CLASSIFICATION else FieldType.NUMBER


def live_columns(signature: Signature) -> dict[str, FieldType]:
    """Columns of a live table that its signature decides, in order: inputs, predicted, scores, label."""
    columns = {validate_column(field.column): field.type for field in signature.inputs}
    columns["predicted"] = outcome_type(signature)
    for column in score_columns(signature.classes).values():
        columns[column] = FieldType.NUMBER
    columns["label"] = outcome_type(signature)
    return columns


def training_columns(signature: Signature) -> dict[str, FieldType]:
    """Columns of a training table beside `id`: the inputs, then the target under its own name."""
    columns = {validate_column(field.column): field.type for field in signature.inputs}
    columns[validate_column(signature.target.column)] = (
        FieldType.STRING if signature.task is Task.CLASSIFICATION else signature.target.type
    )
    return columns


def checked_training_kinds(
    project: str, signature: Signature, columns: Mapping[str, Column]
) -> dict[str, FieldType]:
    """Types of the training table's columns, `id` first; InvalidInput if `columns` has others."""
    kinds = training_columns(signature)
    unknown = set(columns) - set(kinds) - {"id"}
    if unknown:
        raise InvalidInput(f"the training set of {project!r} has no columns {sorted(unknown)}")
    if "id" not in columns:
        raise InvalidInput(f"the training set of {project!r} needs row numbers in column 'id'")
    return {"id": FieldType.INTEGER, **kinds}


def training_prediction_columns(
    version: str, row_ids: Column, predicted: Column, scores: Mapping[str, Column] | None
) -> dict[str, Column]:
    """A version's predictions under the names of the training table's columns, `id` first."""
    names = score_columns(scores or {}, version)
    columns = {"id": row_ids, predicted_column(version): predicted}
    columns.update({names[name]: column for name, column in (scores or {}).items()})
    return columns


def prediction_kinds(columns: Mapping[str, Column]) -> dict[str, FieldType]:
    """Types of the columns of predictions on a training set, by what they hold."""
    kinds = {
        name: FieldType.STRING if isinstance(column, Categorical) else FieldType.NUMBER
        for name, column in columns.items()
    }
    return {**kinds, "id": FieldType.INTEGER}


def check_whole_numbers(name: str, column: Floats) -> None:
    """InvalidInput if a number that is not missing is no whole number of 64 bits."""
    whole = (column == np.rint(column)) & (np.abs(column) < _WHOLE_LIMIT)
    if not bool(np.all(np.isnan(column) | whole)):
        raise InvalidInput(f"column {name!r} takes whole numbers")


def column_values(name: str, column: Column, kind: FieldType) -> list[object]:
    """A column as values for a driver: None where missing.

    Raises:
        InvalidInput: the column does not hold what the table's column takes.
    """
    if isinstance(column, Categorical) != (kind is FieldType.STRING):
        raise InvalidInput(f"column {name!r} takes {'texts' if kind is FieldType.STRING else 'numbers'}")
    if isinstance(column, Categorical):
        return list(column.texts())
    numbers: list[float] = column.tolist()
    if kind is FieldType.NUMBER:
        missing = np.isnan(column).any()
        return [None if math.isnan(number) else number for number in numbers] if missing else list(numbers)
    convert = bool if kind is FieldType.BOOLEAN else int
    check_whole_numbers(name, column)
    return [None if math.isnan(number) else convert(number) for number in numbers]


def column_of(values: Sequence[object], *, text: bool) -> Column:
    """Values from a driver as a column, the opposite of `column_values`."""
    if text:
        return Categorical.of([None if value is None else str(value) for value in values])
    return np.array(values, dtype=np.float64)  # None becomes NaN


def classes_column(values: Sequence[object], classes: Sequence[str]) -> Categorical:
    """Class names as codes into `classes`, any unknown ones added behind them."""
    index = {name: code for code, name in enumerate(classes)}
    codes = [-1 if value is None else index.setdefault(str(value), len(index)) for value in values]
    return Categorical(np.array(codes, dtype=np.int32), tuple(index))

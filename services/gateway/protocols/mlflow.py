"""MLflow's scoring protocol: `/invocations` as `mlflow models serve` answers it since MLflow 2.0.

Source: mlflow.pyfunc.scoring_server and mlflow.utils.proto_json_utils of MLflow 3.
"""

from typing import Any

import msgspec
from msgspec import Struct

from services.errors import Conflict, InvalidInput, NotFound, Refused, StorageFull, Unavailable
from services.gateway.protocols.csv_bodies import read_csv
from services.gateway.protocols.interface import ParsedRequest, PredictionAnswer
from services.gateway.protocols.tables import decode, from_columns, from_rows, without_gaps
from services.gateway.validation import RequestSchema
from services.http.errors import (
    ErrorAnswer,
    InvalidField,
    InvalidJson,
    TooLarge,
    TooSlow,
    Unauthorized,
    WrongMethod,
    answer_for,
)
from services.http.request import JSON, HotRequest

SPOKEN = "2.0.0"
"""The release of MLflow that brought the protocol spoken here; `/version` says so."""

_CSV = "text/csv"
FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")


class UnsupportedMedia(InvalidInput):
    """A body of a kind that is not taken."""


# The first kind that fits counts. MLflow answers 400 where we say 422.
_KINDS: tuple[tuple[type[Exception], int, str], ...] = (
    (InvalidJson, 400, "BAD_REQUEST"),
    (TooLarge, 413, "BAD_REQUEST"),
    (UnsupportedMedia, 415, "BAD_REQUEST"),
    (InvalidInput, 400, "INVALID_PARAMETER_VALUE"),
    (Unauthorized, 401, "UNAUTHENTICATED"),
    (Refused, 403, "PERMISSION_DENIED"),
    (NotFound, 404, "RESOURCE_DOES_NOT_EXIST"),
    (WrongMethod, 405, "BAD_REQUEST"),
    (TooSlow, 408, "DEADLINE_EXCEEDED"),
    (Conflict, 409, "RESOURCE_CONFLICT"),
    (StorageFull, 503, "TEMPORARILY_UNAVAILABLE"),
    (Unavailable, 503, "TEMPORARILY_UNAVAILABLE"),
)


class Split(Struct, forbid_unknown_fields=True):
    """A data frame as pandas' orientation `split` writes it; without `columns` in the model's order."""

    data: list[list[Any]]
    columns: list[str] | None = None
    index: list[Any] | None = None


class Parameters(Struct, forbid_unknown_fields=True):
    """The one parameter there is: prediction ids that the client brings."""

    ids: list[str] | None = None


class Invocation(Struct, forbid_unknown_fields=True):
    """A request: exactly one of the four formats, and parameters."""

    dataframe_split: Split | None = None
    dataframe_records: list[dict[str, Any]] | None = None
    instances: list[Any] | None = None
    inputs: dict[str, Any] | list[Any] | None = None
    params: Parameters | None = None


class Invoked(Struct, omit_defaults=True):
    """An answer; MLflow's own has `predictions` alone and lets others add to it."""

    predictions: list[Any]
    ids: list[str]
    version: str
    revision: str
    probabilities: list[dict[str, float]] | None = None


class MLflowError(Struct):
    """An error as MLflow writes it."""

    error_code: str
    message: str


_decoder = msgspec.json.Decoder(Invocation)


class MLflow:
    """Reads and writes `/invocations`; keeps nothing, so it is its own form."""

    def read(self, request: HotRequest, schema: RequestSchema) -> ParsedRequest:
        """The rows of a request in JSON or CSV."""
        if request.header("content-encoding") not in (None, "identity"):
            raise UnsupportedMedia("compressed bodies are not taken")
        if _media_type(request) == _CSV:
            return ParsedRequest(read_csv(request.body, schema), None, self)
        invocation = decode(request.body, _decoder)
        ids = None if invocation.params is None else invocation.params.ids
        rows = _rows(invocation, schema)
        if ids is not None and len(ids) != len(rows):
            raise InvalidField(
                f"params.ids has {len(ids)} entries for {len(rows)} rows", field="params.ids"
            )
        return ParsedRequest(rows, ids, self)

    def reply(self, request: HotRequest, answered: PredictionAnswer) -> None:
        """The predictions, and beside them what else is known of them."""
        scores = answered.probabilities
        probabilities = (
            None if scores is None else [dict(zip(answered.classes, row, strict=True)) for row in scores]
        )
        invoked = Invoked(
            list(answered.predictions),
            list(answered.ids),
            answered.version.name,
            answered.revision,
            probabilities,
        )
        request.reply(200, msgspec.json.encode(invoked))

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """The error in MLflow's form."""
        answer = mlflow_error(error)
        request.reply(answer.status, answer.body, headers=answer.headers)
        return answer.status


def mlflow_error(error: Exception) -> ErrorAnswer:
    """An error in MLflow's form."""
    known = answer_for(error)
    for kind, status, code in _KINDS:
        if isinstance(error, kind):
            message = str(getattr(error, "message", error))
            return ErrorAnswer(status, msgspec.json.encode(MLflowError(code, message)), known.headers)
    internal = MLflowError("INTERNAL_ERROR", "an internal error; the service's log has it")
    return ErrorAnswer(500, msgspec.json.encode(internal), ())


def _media_type(request: HotRequest) -> str:
    """`text/csv` or JSON's; a body that does not say what it is, is taken for JSON."""
    whole = request.header("content-type") or JSON
    name, *parameters = [part.strip().lower() for part in whole.split(";")]
    if name not in (JSON, _CSV):
        raise UnsupportedMedia(f"this predictor takes {JSON} and {_CSV}, not {name[:100]}")
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key != "charset" or value.strip('"') not in ("utf-8", "utf8"):
            raise UnsupportedMedia("this predictor takes UTF-8 and no other parameters of the content type")
    return name


def _rows(invocation: Invocation, schema: RequestSchema) -> list[Any]:
    given = [name for name in FORMATS if getattr(invocation, name) is not None]
    if len(given) != 1:
        told = f"; it has {' and '.join(given)}" if given else ""
        raise InvalidField(f"the body needs exactly one of {', '.join(FORMATS)}{told}", field="")
    if invocation.dataframe_split is not None:
        split = invocation.dataframe_split
        return from_rows(schema, split.columns or schema.own, split.data, "dataframe_split.data")
    if invocation.dataframe_records is not None:
        return schema.rows(without_gaps(schema, invocation.dataframe_records), "dataframe_records")
    if invocation.instances is not None:
        return _listed(schema, invocation.instances, "instances")
    if isinstance(invocation.inputs, dict):
        return _columns(schema, invocation.inputs)
    return _listed(schema, invocation.inputs or [], "inputs")


def _listed(schema: RequestSchema, values: list[Any], place: str) -> list[Any]:
    """Rows as objects, as lists in the model's order, or, for a model of one input, as bare values."""
    if values and all(isinstance(value, list) for value in values):
        return from_rows(schema, schema.own, values, place)
    if values and len(schema.own) == 1 and not any(isinstance(value, (list, dict)) for value in values):
        return from_rows(schema, schema.own, [[value] for value in values], place)
    for index, value in enumerate(values):
        if not isinstance(value, dict):
            field = f"{place}[{index}]"
            raise InvalidField(f"{field} must be an object, as rows of one kind", field=field)
    return schema.rows(without_gaps(schema, values), place)


def _columns(schema: RequestSchema, columns: dict[str, Any]) -> list[Any]:
    """Named columns; bare values are the columns of a single row."""
    if columns and not any(isinstance(values, list) for values in columns.values()):
        return from_columns(schema, {name: [value] for name, value in columns.items()}, "inputs")
    for name, values in columns.items():
        if not isinstance(values, list):
            raise InvalidField(
                f"inputs.{name} must be a list, as the other columns", field=f"inputs.{name}"
            )
    return from_columns(schema, columns, "inputs")

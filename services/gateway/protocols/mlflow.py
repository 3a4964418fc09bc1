"""MLflow's scoring protocol: `/invocations` as `mlflow models serve` answers it since MLflow 2.0.

Source: mlflow.pyfunc.scoring_server and mlflow.utils.proto_json_utils of MLflow 3.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from services.errors import Conflict, InvalidInput, NotFound, Refused, StorageError, Unavailable
from services.gateway.protocols.csv_bodies import read_csv, rows_of_csv
from services.gateway.protocols.interface import (
    ParsedRequest,
    PredictionAnswer,
    RequestOutline,
    named_once,
)
from services.gateway.protocols.tables import (
    check_lengths,
    chosen,
    decode,
    from_columns,
    from_rows,
    without_gaps,
)
from services.gateway.validation import RequestSchema
from services.http.errors import (
    ErrorResponse,
    InvalidField,
    InvalidJson,
    TooLarge,
    TooSlow,
    Unauthorized,
    UnsupportedMedia,
    WrongMethod,
    answer_for,
)
from services.http.request import JSON, HotRequest

SPOKEN = "2.0.0"
"""The release of MLflow that brought the protocol spoken here; `/version` says so."""

_CSV = "text/csv"
FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")


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
    (StorageError, 503, "TEMPORARILY_UNAVAILABLE"),
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
    """An answer; MLflow's own has `predictions` alone and lets others add to it.

    Attributes:
        version, revision: that answered; several are joined by commas.
        versions: each row's, where several answered.
    """

    predictions: list[Any]
    ids: list[str]
    version: str
    revision: str
    probabilities: list[dict[str, float] | None] | None = None
    versions: list[str] | None = None


class MLflowError(Struct):
    """An error as MLflow writes it."""

    error_code: str
    message: str


_decoder = msgspec.json.Decoder(Invocation)


class MLflow:
    """Reads and writes `/invocations`; keeps nothing, so it is its own form."""

    def read(self, request: HotRequest, schema: RequestSchema) -> ParsedRequest:
        """The rows of a request in JSON or CSV."""
        return self.outline(request, schema.names).parsed(schema)

    def outline(self, request: HotRequest, inputs: frozenset[str]) -> RequestOutline:
        """The same, whatever version answers each row."""
        del inputs
        if _media_type(request) == _CSV:
            head, cells = read_csv(request.body)
            return RequestOutline(
                len(cells),
                None,
                self,
                lambda schema, numbers: rows_of_csv(head, cells, schema, numbers),
            )
        invocation = decode(request.body, _decoder)
        ids = None if invocation.params is None else invocation.params.ids
        count = _count(invocation)
        if ids is not None and len(ids) != count:
            raise InvalidField(f"params.ids has {len(ids)} entries for {count} rows", field="params.ids")
        return RequestOutline(count, ids, self, lambda schema, numbers: _rows(invocation, schema, numbers))

    def reply(self, request: HotRequest, answer: PredictionAnswer) -> None:
        """The predictions, and beside them what else is known of them."""
        probabilities = answer.by_class()
        invoked = Invoked(
            list(answer.predictions),
            list(answer.ids),
            named_once(answer.versions),
            named_once(answer.revisions),
            None if all(row is None for row in probabilities) else probabilities,
            [*answer.versions] if answer.is_of_several() else None,
        )
        request.reply(200, msgspec.json.encode(invoked))

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """The error in MLflow's form."""
        answer = mlflow_error(error)
        request.reply(answer.status, answer.body, headers=answer.headers)
        return answer.status


def mlflow_error(error: Exception) -> ErrorResponse:
    """An error in MLflow's form."""
    known = answer_for(error)
    for kind, status, code in _KINDS:
        if isinstance(error, kind):
            message = str(getattr(error, "message", error))
            return ErrorResponse(status, msgspec.json.encode(MLflowError(code, message)), known.headers)
    internal = MLflowError("INTERNAL_ERROR", "an internal error; the service's log has it")
    return ErrorResponse(500, msgspec.json.encode(internal), ())


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


def _count(invocation: Invocation) -> int:
    """How many rows it has; InvalidField unless it is of exactly one format."""
    given = [name for name in FORMATS if getattr(invocation, name) is not None]
    if len(given) != 1:
        told = f"; it has {' and '.join(given)}" if given else ""
        raise InvalidField(f"the body needs exactly one of {', '.join(FORMATS)}{told}", field="")
    rows = getattr(invocation, given[0])
    if isinstance(rows, Split):
        return len(rows.data)
    return check_lengths(_columns(rows), "inputs") if isinstance(rows, dict) else len(rows)


def _rows(invocation: Invocation, schema: RequestSchema, numbers: Sequence[int] | None) -> list[Any]:
    """The rows of these numbers, all where they are None."""
    if invocation.dataframe_split is not None:
        split = invocation.dataframe_split
        rows = chosen(split.data, numbers)
        return from_rows(schema, split.columns or schema.own, rows, "dataframe_split.data", numbers)
    if invocation.dataframe_records is not None:
        records = [*chosen(invocation.dataframe_records, numbers)]
        return schema.rows(without_gaps(schema, records), "dataframe_records", numbers)
    if invocation.instances is not None:
        return _listed(schema, invocation.instances, "instances", numbers)
    if isinstance(invocation.inputs, dict):
        return from_columns(schema, _columns(invocation.inputs), "inputs", numbers)
    return _listed(schema, invocation.inputs or [], "inputs", numbers)


def _listed(
    schema: RequestSchema, values: list[Any], place: str, numbers: Sequence[int] | None
) -> list[Any]:
    """Rows as objects, as lists in the model's order, or, for a model of one input, as bare values."""
    rows = [*chosen(values, numbers)]
    if values and all(isinstance(value, list) for value in values):
        return from_rows(schema, schema.own, rows, place, numbers)
    if values and len(schema.own) == 1 and not any(isinstance(value, (list, dict)) for value in values):
        return from_rows(schema, schema.own, [[value] for value in rows], place, numbers)
    for index, value in enumerate(values):
        if not isinstance(value, dict):
            field = f"{place}[{index}]"
            raise InvalidField(f"{field} must be an object, as rows of one kind", field=field)
    return schema.rows(without_gaps(schema, rows), place, numbers)


def _columns(columns: dict[str, Any]) -> dict[str, list[Any]]:
    """Named columns; bare values are the columns of a single row."""
    if columns and not any(isinstance(values, list) for values in columns.values()):
        return {name: [value] for name, value in columns.items()}
    for name, values in columns.items():
        if not isinstance(values, list):
            raise InvalidField(
                f"inputs.{name} must be a list, as the other columns", field=f"inputs.{name}"
            )
    return columns

"""The Open Inference Protocol, version 2, over REST: a table comes column by column, as tensors.

Source: the protocol's required REST API, and Triton's extension for binary tensor data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Struct

from services.errors import InvalidInput
from services.gateway.protocols.interface import (
    ParsedRequest,
    PredictionAnswer,
    RequestOutline,
    named_once,
)
from services.gateway.protocols.tables import check_lengths, decode, from_columns
from services.gateway.protocols.tensors import (
    BYTES,
    FLAT,
    Tensor,
    columns_of,
    flat_columns,
    texts_to_binary,
    values_of,
)
from services.gateway.validation import RequestSchema
from services.http.errors import ErrorResponse, InvalidField, TooLarge, UnsupportedMedia, answer_for
from services.http.request import HotRequest
from services.http.validation_errors import explain_value

EXTENSIONS = ("binary_tensor_data",)
PREDICTION, PROBABILITIES, PREDICTION_ID = "prediction", "probabilities", "prediction_id"
VERSION = "version"
OUTPUTS = (PREDICTION, PROBABILITIES, PREDICTION_ID, VERSION)
_ALWAYS = (PREDICTION, PROBABILITIES, PREDICTION_ID)
"""What is given where no output is named; `version` too where several versions answered."""
HEADER_LENGTH = "inference-header-content-length"
_BINARY = "application/octet-stream"
_NOT_SPOKEN = ("shared_memory_region", "classification")


class RequestedOutput(Struct):
    """An output that is wanted, and how."""

    name: str
    parameters: dict[str, Any] | None = None


class InferenceRequest(Struct):
    """A request for predictions; what else stands in it is passed over."""

    inputs: Annotated[list[Tensor], Meta(min_length=1)]
    id: str | None = None
    outputs: list[RequestedOutput] | None = None
    parameters: dict[str, Any] | None = None


class InferenceResponse(Struct, omit_defaults=True):
    """An answer; `id` is the request's."""

    model_name: str
    model_version: str
    outputs: list[Tensor]
    parameters: dict[str, Any] = {}
    id: str | None = None


class InferenceError(Struct):
    """An error as the protocol has it."""

    error: str


_FlatRequest: Any = msgspec.defstruct(
    "FlatRequest",
    [
        ("inputs", list[FLAT]),
        ("id", str | None, None),
        ("outputs", list[RequestedOutput] | None, None),
        ("parameters", dict[str, Any] | None, None),
    ],
)
_flat_decoder = msgspec.json.Decoder(_FlatRequest)
_decoder = msgspec.json.Decoder(InferenceRequest)


class Inference:
    """Reads `infer` requests and refuses; each request has a form of its own, which it names."""

    def read(self, request: HotRequest, schema: RequestSchema) -> ParsedRequest:
        """The rows of a request, from its JSON and the binary data behind it."""
        return self.outline(request, schema.names).parsed(schema)

    def outline(self, request: HotRequest, inputs: frozenset[str]) -> RequestOutline:
        """The same, whatever version answers each row."""
        asked, table = _table(*_divided(request))
        ids = None if PREDICTION_ID in inputs else table.pop(PREDICTION_ID)
        count = table.count()
        if ids is not None:
            ids = _checked_ids(ids, count)
        return RequestOutline(
            count,
            ids,
            _form(asked),
            lambda schema, numbers: from_columns(schema, table.columns(schema.own), "inputs", numbers),
        )

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """The error in the protocol's form."""
        return refuse(request, error)


@dataclass(frozen=True, slots=True)
class InferenceForm:
    """How one `infer` request is answered.

    Attributes:
        id: the request's own, given back.
        outputs: which are wanted, and whether as binary data; empty for all there are.
        binary: whether all are wanted as binary data, where none is named.
    """

    id: str | None
    outputs: Sequence[tuple[str, bool]]
    binary: bool

    def reply(self, request: HotRequest, answer: PredictionAnswer) -> None:
        """The outputs as tensors, their values in the JSON or behind it."""
        usual = OUTPUTS if answer.is_of_several() else _ALWAYS
        wanted = self.outputs or [(name, self.binary) for name in usual]
        tensors, parts = [], []
        for name, binary in wanted:
            tensor = _output(name, answer)
            if tensor is None:
                continue
            if binary:
                part = _to_binary(tensor)
                tensor.data, tensor.parameters = None, {"binary_data_size": len(part)}
                parts.append(part)
            tensors.append(tensor)
        response = InferenceResponse(
            answer.project,
            named_once(answer.versions),
            tensors,
            {"revision": named_once(answer.revisions)},
            self.id,
        )
        head = msgspec.json.encode(response)
        if not parts:
            request.reply(200, head)
            return
        request.reply(
            200,
            b"".join([head, *parts]),
            content_type=_BINARY,
            headers=((HEADER_LENGTH, str(len(head))),),
        )

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """The error in the protocol's form."""
        return refuse(request, error)


def refuse(request: HotRequest, error: Exception) -> int:
    """Reply with an error; the status."""
    answer = inference_error(error)
    request.reply(answer.status, answer.body, headers=answer.headers)
    return answer.status


def inference_error(error: Exception) -> ErrorResponse:
    """An error in the protocol's form: 400 where our own says 422."""
    known = answer_for(error)
    status = (
        400
        if isinstance(error, InvalidInput) and not isinstance(error, TooLarge | UnsupportedMedia)
        else known.status
    )
    message = getattr(error, "message", "an internal error; the service's log has it")
    return ErrorResponse(status, msgspec.json.encode(InferenceError(message)), known.headers)


def _divided(request: HotRequest) -> tuple[bytes, bytes]:
    """A body's JSON, and the binary data behind it."""
    length = request.header(HEADER_LENGTH)
    if length is None:
        return request.body, b""
    if not (length.isascii() and length.isdigit()) or int(length[:18]) > len(request.body):
        raise InvalidField(f"{HEADER_LENGTH} is not a length within the body", field=HEADER_LENGTH)
    return request.body[: int(length)], request.body[int(length) :]


class _Table:
    """A request's tensors and their values; a matrix is columns only once a version's inputs name them.

    Args:
        values: by tensor's name, in their order: the tensor and its values, row by row.
    """

    def __init__(self, values: dict[str, tuple[Any, list[Any]]]) -> None:
        self._values = values

    def pop(self, name: str) -> list[Any] | None:
        """The values of the tensor of that name, which is none of the inputs; None if there is none."""
        found = self._values.pop(name, None)
        return None if found is None else found[1]

    def count(self) -> int:
        """How many rows it has; InvalidField if the tensors differ in that."""
        return check_lengths(
            {name: range(tensor.shape[0]) for name, (tensor, _) in self._values.items()}, "inputs"
        )

    def columns(self, own: Sequence[str]) -> dict[str, list[Any]]:
        """All tensors as columns; `own` names those of a matrix that stands alone."""
        columns: dict[str, list[Any]] = {}
        names = own if len(self._values) == 1 else ()
        for tensor, values in self._values.values():
            for name, column in columns_of(tensor, values, names).items():
                if name in columns:
                    raise _twice(name)
                columns[name] = column
        return columns


def _twice(name: str) -> InvalidField:
    return InvalidField(f"input {name!r} stands twice", field=name)


def _table(head: bytes, binary: bytes) -> tuple[InferenceRequest, _Table]:
    """A request and its tensors; what is not simply flat is read again, more slowly and with words."""
    try:
        flat = _flat_decoder.decode(head)
    except (ValueError, RecursionError):
        flat = None
    columns = None if flat is None or binary else flat_columns(flat.inputs)
    if columns:
        return flat, _Table({tensor.name: (tensor, columns[tensor.name]) for tensor in flat.inputs})
    asked = decode(head, _decoder)
    return asked, _Table(_values(asked, binary))


def _values(asked: InferenceRequest, binary: bytes) -> dict[str, tuple[Tensor, list[Any]]]:
    """All tensors' values; binary data belong to the tensors that state a size, in their order."""
    found: dict[str, tuple[Tensor, list[Any]]] = {}
    at = 0
    for tensor in asked.inputs:
        size = _binary_size(tensor)
        part = None if size is None else binary[at : at + size]
        if part is not None and len(part) != size:
            raise InvalidField(f"input {tensor.name!r} ends after the body does", field=tensor.name)
        at += size or 0
        if tensor.name in found:
            raise _twice(tensor.name)
        found[tensor.name] = tensor, values_of(tensor, part)
    if at != len(binary):
        raise InvalidField("there are more binary data than the inputs' sizes say", field="inputs")
    return found


def _binary_size(tensor: Tensor) -> int | None:
    parameters = tensor.parameters
    if not parameters:
        return None
    _refuse_unspoken(tensor.name, parameters)
    size = parameters.get("binary_data_size")
    if size is None:
        return None
    if type(size) is not int or size < 0:
        raise InvalidField(f"binary_data_size of {tensor.name!r} is no size", field=tensor.name)
    return size


def _refuse_unspoken(name: str, parameters: dict[str, Any]) -> None:
    for key in _NOT_SPOKEN:
        if parameters.get(key):
            raise InvalidField(f"{key} of {name!r} is not supported here", field=name)


def _checked_ids(values: list[Any], count: int) -> list[str]:
    try:
        ids = msgspec.convert(values, list[str])
    except msgspec.ValidationError as error:
        raise explain_value(error, PREDICTION_ID) from None
    if len(ids) != count:
        raise InvalidField(f"{PREDICTION_ID} has {len(ids)} entries for {count} rows", field=PREDICTION_ID)
    return ids


def _form(asked: InferenceRequest) -> InferenceForm:
    outputs = []
    binary = bool((asked.parameters or {}).get("binary_data_output"))
    for output in asked.outputs or ():
        if output.name not in OUTPUTS:
            raise InvalidField(
                f"there is no output {output.name!r}; there are {', '.join(OUTPUTS)}", field="outputs"
            )
        parameters = output.parameters or {}
        _refuse_unspoken(output.name, parameters)
        outputs.append((output.name, bool(parameters.get("binary_data", binary))))
    return InferenceForm(asked.id, outputs, binary)


def _output(name: str, answer: PredictionAnswer) -> Tensor | None:
    """One output of n rows; None for probabilities that a model does not give."""
    count = len(answer.ids)
    if name == PREDICTION_ID:
        return Tensor(name, [count], BYTES, None, list(answer.ids))
    if name == VERSION:
        return Tensor(name, [count], BYTES, None, list(answer.versions))
    classes = list(dict.fromkeys(name for row in answer.classes for name in row))
    if name == PREDICTION:
        return Tensor(name, [count], BYTES if classes else "FP64", None, list(answer.predictions))
    # A class that a row's version does not know has no probability there.
    flat = [row.get(name, 0.0) for row in answer.by_class() if row is not None for name in classes]
    if len(flat) != count * len(classes) or not classes:
        return None
    return Tensor(name, [count, len(classes)], "FP64", None, flat)


def _to_binary(tensor: Tensor) -> bytes:
    values: list[Any] = tensor.data or []
    if tensor.datatype == BYTES:
        return texts_to_binary(values)
    return np.array(values, dtype="<f8").tobytes()

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
from services.gateway.protocols.interface import ParsedRequest, PredictionAnswer
from services.gateway.protocols.tables import decode, from_columns
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
from services.http.complaints import explain_value
from services.http.errors import ErrorAnswer, InvalidField, TooLarge, answer_for
from services.http.request import HotRequest

EXTENSIONS = ("binary_tensor_data",)
PREDICTION, PROBABILITIES, PREDICTION_ID = "prediction", "probabilities", "prediction_id"
OUTPUTS = (PREDICTION, PROBABILITIES, PREDICTION_ID)
_HEADER_LENGTH = "inference-header-content-length"
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
        if request.header("content-encoding") not in (None, "identity"):
            raise InvalidInput("compressed bodies are not taken")
        asked, columns = _table(*_divided(request), schema)
        ids = None
        if PREDICTION_ID in columns and PREDICTION_ID not in schema.names:
            ids = columns.pop(PREDICTION_ID)
        rows = from_columns(schema, columns, "inputs")
        if ids is not None:
            ids = _checked_ids(ids, len(rows))
        return ParsedRequest(rows, ids, _form(asked))

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

    def reply(self, request: HotRequest, answered: PredictionAnswer) -> None:
        """The outputs as tensors, their values in the JSON or behind it."""
        wanted = self.outputs or [(name, self.binary) for name in OUTPUTS]
        tensors, parts = [], []
        for name, binary in wanted:
            tensor = _output(name, answered)
            if tensor is None:
                continue
            if binary:
                part = _to_binary(tensor)
                tensor.data, tensor.parameters = None, {"binary_data_size": len(part)}
                parts.append(part)
            tensors.append(tensor)
        version = answered.version
        response = InferenceResponse(
            version.project, version.name, tensors, {"revision": answered.revision}, self.id
        )
        head = msgspec.json.encode(response)
        if not parts:
            request.reply(200, head)
            return
        request.reply(
            200,
            b"".join([head, *parts]),
            content_type=_BINARY,
            headers=((_HEADER_LENGTH, str(len(head))),),
        )

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """The error in the protocol's form."""
        return refuse(request, error)


def refuse(request: HotRequest, error: Exception) -> int:
    """Reply with an error; the status."""
    answer = inference_error(error)
    request.reply(answer.status, answer.body, headers=answer.headers)
    return answer.status


def inference_error(error: Exception) -> ErrorAnswer:
    """An error in the protocol's form: 400 where our own says 422."""
    known = answer_for(error)
    status = 400 if isinstance(error, InvalidInput) and not isinstance(error, TooLarge) else known.status
    message = getattr(error, "message", "an internal error; the service's log has it")
    return ErrorAnswer(status, msgspec.json.encode(InferenceError(message)), known.headers)


def _divided(request: HotRequest) -> tuple[bytes, bytes]:
    """A body's JSON, and the binary data behind it."""
    length = request.header(_HEADER_LENGTH)
    if length is None:
        return request.body, b""
    if not (length.isascii() and length.isdigit()) or int(length[:18]) > len(request.body):
        raise InvalidField(f"{_HEADER_LENGTH} is not a length within the body", field=_HEADER_LENGTH)
    return request.body[: int(length)], request.body[int(length) :]


def _table(
    head: bytes, binary: bytes, schema: RequestSchema
) -> tuple[InferenceRequest, dict[str, list[Any]]]:
    """A request and its columns; what is not simply flat is read again, more slowly and with words."""
    try:
        flat = _flat_decoder.decode(head)
    except (ValueError, RecursionError):
        flat = None
    columns = None if flat is None or binary else flat_columns(flat.inputs)
    if columns:
        return flat, columns
    asked = decode(head, _decoder)
    return asked, _columns(asked, binary, schema)


def _columns(asked: InferenceRequest, binary: bytes, schema: RequestSchema) -> dict[str, list[Any]]:
    """All tensors as columns; binary data belong to the tensors that state a size, in their order."""
    columns: dict[str, list[Any]] = {}
    at = 0
    alone = [tensor for tensor in asked.inputs if tensor.name != PREDICTION_ID]
    for tensor in asked.inputs:
        size = _binary_size(tensor)
        part = None if size is None else binary[at : at + size]
        if part is not None and len(part) != size:
            raise InvalidField(f"input {tensor.name!r} ends after the body does", field=tensor.name)
        at += size or 0
        names = schema.own if len(alone) == 1 and tensor is alone[0] else ()
        for name, values in columns_of(tensor, values_of(tensor, part), names).items():
            if name in columns:
                raise InvalidField(f"input {name!r} stands twice", field=name)
            columns[name] = values
    if at != len(binary):
        raise InvalidField("there are more binary data than the inputs' sizes say", field="inputs")
    return columns


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


def _output(name: str, answered: PredictionAnswer) -> Tensor | None:
    """One output of n rows; None for probabilities that the model does not give."""
    count = len(answered.ids)
    if name == PREDICTION_ID:
        return Tensor(name, [count], BYTES, None, list(answered.ids))
    if name == PREDICTION:
        return Tensor(
            name, [count], BYTES if answered.classes else "FP64", None, list(answered.predictions)
        )
    if answered.probabilities is None:
        return None
    flat = [value for row in answered.probabilities for value in row]
    return Tensor(name, [count, len(answered.classes)], "FP64", None, flat)


def _to_binary(tensor: Tensor) -> bytes:
    values: list[Any] = tensor.data or []
    if tensor.datatype == BYTES:
        return texts_to_binary(values)
    return np.array(values, dtype="<f8").tobytes()

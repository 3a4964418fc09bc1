"""What a small Flask or plumber service takes and gives: plain objects in, plain predictions out.

At the root of a listener one address takes both this and the gateway's own form: applications that were
written for such a service go on unchanged, and none that knows the own form notices.
"""

import re
from typing import Any

import msgspec
from msgspec import Raw, Struct

from services.errors import InvalidInput
from services.gateway.protocols.interface import ParsedRequest, PredictionAnswer, RequestOutline
from services.gateway.protocols.tables import chosen
from services.gateway.protocols.v1 import V1
from services.gateway.validation import RequestSchema
from services.http.errors import InvalidField
from services.http.request import HotRequest
from services.http.validation_errors import explain

_ID_HEADER = "prediction-id"


class _Peek(Struct):
    instances: Raw = Raw()


_peek = msgspec.json.Decoder(_Peek)
_row = msgspec.json.Decoder(dict[str, Any] | list[dict[str, Any]])
_LIST = re.compile(rb"\s*\[")


class Plain:
    """The form of a request that was one object, or a list of them."""

    def __init__(self, own: V1, *, single: bool) -> None:
        self._own = own
        self._single = single

    def reply(self, request: HotRequest, answer: PredictionAnswer) -> None:
        """The prediction of one object with its id in a header; of a list, the list of predictions."""
        if self._single:
            body = msgspec.json.encode(answer.predictions[0])
            request.reply(200, body, headers=((_ID_HEADER, answer.ids[0]),))
        else:
            request.reply(200, msgspec.json.encode(answer.predictions))

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """The error as the own form has it."""
        return self._own.refuse(request, error)


class PlainOrV1:
    """Takes the gateway's own form, and whatever else is an object or a list of objects as rows.

    No input of a project can be a list, so an object whose `instances` is one is the own form.
    """

    def __init__(self) -> None:
        self._own = V1()
        self._one = Plain(self._own, single=True)
        self._many = Plain(self._own, single=False)

    def read(self, request: HotRequest, schema: RequestSchema) -> ParsedRequest:
        """The rows of a request, whichever form it has."""
        try:
            return self._own.read(request, schema)
        except InvalidInput:
            if _is_own_form(request.body):
                raise
        return self._plain(request).parsed(schema)

    def outline(self, request: HotRequest, inputs: frozenset[str]) -> RequestOutline:
        """The same, whatever version answers each row."""
        if _is_own_form(request.body):
            return self._own.outline(request, inputs)
        return self._plain(request)

    def _plain(self, request: HotRequest) -> RequestOutline:
        try:
            value = _row.decode(request.body)
        except (ValueError, RecursionError) as error:
            raise explain(request.body, error) from None
        if isinstance(value, dict):
            alone = [value]
            return RequestOutline(1, None, self._one, lambda schema, _: schema.rows(alone, None))
        if not value:
            raise InvalidField("the body is an empty list; send at least one row", field="")
        rows = value
        return RequestOutline(
            len(rows),
            None,
            self._many,
            lambda schema, numbers: schema.rows(chosen(rows, numbers), "", numbers),
        )

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """The error as the own form has it."""
        return self._own.refuse(request, error)


def _is_own_form(body: bytes) -> bool:
    try:
        found = _peek.decode(body).instances
    except (ValueError, RecursionError):
        return False
    return _LIST.match(bytes(found)) is not None

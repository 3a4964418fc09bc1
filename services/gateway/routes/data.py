"""Rows to train on, streamed as NDJSON, so that a service in any language needs no database driver."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

import msgspec
from starlette.responses import StreamingResponse

from services.gateway.operations import SERVICE, Call, Operation, Parameter
from services.gateway.training_data import LivePeriod, Row, training_rows
from services.http.errors import InvalidField
from services.registry.service import Registry

_MEDIA_TYPE = "application/x-ndjson"
_SOURCES = ("historical", "live", "both")
_encoder = msgspec.json.Encoder()


def _data(call: Call) -> StreamingResponse:
    name = call.query.get("version", "")
    if not name:
        raise InvalidField("version is required: whose inputs the rows hold", field="version")
    source = call.query.get("source", "both")
    if source not in _SOURCES:
        raise InvalidField(f"source is one of {', '.join(_SOURCES)}", field="source")
    store = call.dependencies.store()
    chunks = training_rows(
        store,
        Registry(store).version(call.path["project"], name),
        historical=source != "live",
        live=source != "historical",
        period=LivePeriod(_instant(call, "since", 0), _instant(call, "until", 1 << 62)),
        limit=_limit(call),
    )
    lines = _lines(chunks)
    # The first chunk is read before the answer begins: what fails until then is still told as an error.
    return StreamingResponse(chain([next(lines, b"")], lines), media_type=_MEDIA_TYPE)


def _lines(chunks: Iterator[list[Row]]) -> Iterator[bytes]:
    for chunk in chunks:
        yield _encoder.encode_lines(chunk)


def _limit(call: Call) -> int | None:
    text = call.query.get("rows")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:12]) <= 10**9:
        raise InvalidField("rows is a whole number from 1 to 1,000,000,000", field="rows")
    return int(text)


def _instant(call: Call, name: str, otherwise: int) -> int:
    """A time of the query, in milliseconds since the Unix epoch."""
    text = call.query.get(name)
    if text is None:
        return otherwise
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise InvalidField(f"{name} is a time with its zone, such as 2026-01-31T12:00:00Z", field=name)
    return int(instant.timestamp() * 1000)


_TIME = {"type": "string", "format": "date-time"}
_QUERY = (
    Parameter("version", "Whose inputs the rows hold.", {"type": "string", "minLength": 1}, required=True),
    Parameter("source", "Which rows.", {"type": "string", "enum": list(_SOURCES), "default": "both"}),
    Parameter("rows", "Only the newest so many.", {"type": "integer", "minimum": 1, "maximum": 10**9}),
    Parameter("since", "Live rows asked at this time or later.", _TIME),
    Parameter("until", "Live rows asked before this time.", _TIME),
)
OPERATIONS = (
    Operation(
        "GET", "/v1/projects/{project}/data", "Rows to train a version on, one JSON object a line",
        SERVICE, _data, gives=str, errors=(404, 422), query=_QUERY, media_type=_MEDIA_TYPE,
    ),
)  # fmt: skip

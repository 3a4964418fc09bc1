"""The one shape of an error over HTTP, from the error kinds and back to them."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from services.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    Refused,
    RelevoError,
    StorageError,
    Unanswered,
    Unavailable,
    Uncertain,
)

_logger = logging.getLogger(__name__)


class InvalidField(InvalidInput):
    """A field of a request breaks a rule.

    Args:
        message: which rule.
        field: where, such as `instances[0].ph`.
    """

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class InvalidJson(InvalidInput):
    """A body is not JSON."""


class Unauthorized(Refused):
    """No token, or one that is not known."""


class TooLarge(InvalidInput):
    """A body is over the limit."""


class UnsupportedMedia(InvalidInput):
    """A body of a kind that is not taken."""


class TooSlow(RelevoError):
    """A request did not arrive in time."""


class WrongMethod(RelevoError):
    """A path is not asked by this method.

    Args:
        message: which it is.
        remedy: what to do about it.
        allowed: the methods by which it is asked.
    """

    def __init__(self, message: str, *, remedy: str = "", allowed: Sequence[str] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.allowed = allowed


class ErrorResponse(NamedTuple):
    """What is sent: the status, the JSON body, and headers beside the content's own."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]


class _Error(msgspec.Struct, omit_defaults=True):
    code: str
    message: str
    field: str = ""
    remedy: str = ""


class _Body(msgspec.Struct):
    error: _Error


# The first kind that fits counts, so the special ones stand before the general.
KINDS: tuple[tuple[type[RelevoError], int, str], ...] = (
    (InvalidJson, 400, "invalid_json"),
    (TooLarge, 413, "too_large"),
    (UnsupportedMedia, 415, "unsupported_media"),
    (InvalidInput, 422, "invalid_input"),
    (Unauthorized, 401, "unauthorized"),
    (Refused, 403, "forbidden"),
    (NotFound, 404, "not_found"),
    (WrongMethod, 405, "method_not_allowed"),
    (TooSlow, 408, "timeout"),
    (Unanswered, 409, "unanswered"),
    (Conflict, 409, "conflict"),
    (StorageError, 503, "spool_full"),
    (Uncertain, 503, "uncertain"),
    (Unavailable, 503, "unavailable"),
)
_RETRY_FULL_AFTER = 5.0


def check_encoding(encoding: str) -> None:
    """UnsupportedMedia if a body is compressed: unpacked, a small one could fill the memory."""
    if encoding.strip().lower() not in {"", "identity"}:
        raise UnsupportedMedia(
            f"bodies with Content-Encoding {encoding[:40]!r} are not taken", remedy="Send it as it is."
        )


def error_body(code: str, message: str, *, field: str = "", remedy: str = "") -> bytes:
    """The JSON text `{"error": {"code", "message", …}}`."""
    return msgspec.json.encode(_Body(_Error(code, message, field, remedy)))


def answer_for(error: Exception) -> ErrorResponse:
    """The answer to give for an error; one that is not of our kinds is logged and told as `internal`."""
    for kind, status, code in KINDS:
        if isinstance(error, kind):
            body = error_body(code, error.message, field=getattr(error, "field", ""), remedy=error.remedy)
            return ErrorResponse(status, body, _headers(error))
    _logger.error("internal error while answering", exc_info=error)
    return ErrorResponse(500, error_body("internal", "an internal error; the service's log has it"), ())


def _headers(error: RelevoError) -> tuple[tuple[str, str], ...]:
    if isinstance(error, Unavailable):
        return (("retry-after", str(max(1, round(error.retry_after)))),)
    if isinstance(error, StorageError):
        return (("retry-after", str(round(_RETRY_FULL_AFTER))),)
    if isinstance(error, Unauthorized):
        return (("www-authenticate", "Bearer"),)
    if isinstance(error, WrongMethod):
        return (("allow", ", ".join(error.allowed)),)
    return ()


def error_from(status: int, body: bytes, *, who: str) -> RelevoError:
    """The error kind that an answer of one of our services stands for.

    Args:
        status: a code of 400 or above.
        body: the answer's body; need not be in our shape.
        who: names the service in the message when its answer is not in our shape.
    """
    try:
        error = msgspec.json.decode(body, type=_Body).error
    except msgspec.MsgspecError:
        return Unavailable(f"{who} answered {status}", details=repr(body[:200]))
    if error.field:
        return InvalidField(error.message, field=error.field)
    for kind, _, code in KINDS:
        if code == error.code:
            return kind(error.message, remedy=error.remedy)
    return Unavailable(f"{who} answered {status}: {error.message}")

"""What our Starlette applications share: errors in the agreed shape, bodies with a limit."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.errors import RelevoError
from services.http.errors import ErrorAnswer, TooLarge, answer_for, error_body
from services.http.request import JSON

_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}


def error_response(error: Exception) -> Response:
    """The response for an error, as `answer_for` decides."""
    return response_of(answer_for(error))


def response_of(answer: ErrorAnswer) -> Response:
    """An error's answer as a response."""
    return Response(answer.body, answer.status, dict(answer.headers), JSON)


def exception_handlers() -> Mapping[Any, Callable[[Request, Exception], Response]]:
    """For `Starlette(exception_handlers=…)`: every error leaves in the agreed shape."""
    # Starlette answers a plain Exception and then raises it again, which closes the connection: right for
    # a bug, wrong for a kind of ours.
    return {HTTPException: _http_error, RelevoError: _any_error, Exception: _any_error}


def _any_error(_request: Request, error: Exception) -> Response:
    return error_response(error)


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return error_response(error)
    code = _CODES.get(error.status_code, "invalid_request")
    message = f"no such route: {request.url.path}" if error.status_code == 404 else str(error.detail)
    return Response(error_body(code, message), error.status_code, dict(error.headers or {}), JSON)


async def read_body(request: Request, limit: int) -> bytes:
    """A request's whole body.

    Raises:
        TooLarge: it is over `limit` bytes; the rest is not read.
    """
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"the body is over the limit of {limit:,} bytes")
        chunks.append(chunk)
    return b"".join(chunks)

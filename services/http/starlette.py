"""What our Starlette applications share: errors in the agreed shape, bodies with a limit."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.errors import RelevoError
from services.http.body_budget import GROWTH, SMALL_BODY, BodyBudget, BodyRoom, busy
from services.http.errors import ErrorResponse, TooLarge, answer_for, check_encoding, error_body
from services.http.request import JSON

_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media",
}


def error_response(error: Exception) -> Response:
    """The response for an error, as `answer_for` decides."""
    return response_of(answer_for(error))


def response_of(answer: ErrorResponse) -> Response:
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
        UnsupportedMedia: it is compressed.
    """
    async with body_within(request, limit, BodyBudget(limit, limit), 0.0) as body:
        return body


@asynccontextmanager
async def body_within(
    request: Request, limit: int, bodies: BodyBudget, seconds: float
) -> AsyncIterator[bytes]:
    """A request's whole body, counted among all bodies under way until the context ends.

    Args:
        request: whose body is not read yet.
        limit: bytes that it may have.
        bodies: gives room to it; while there is none, the client is not read from.
        seconds: how long it may wait for room.

    Raises:
        TooLarge: it is over the limit; the rest is not read.
        UnsupportedMedia: it is compressed.
        Unavailable: there was no room for it.
    """
    check_encoding(request.headers.get("content-encoding", ""))
    length = request.headers.get("content-length", "")
    expected = int(length) if length.isascii() and length.isdigit() else 0
    if expected > limit:
        raise _too_large(limit)
    counted = _CountedBody(bodies, seconds)
    try:
        if expected > SMALL_BODY:
            await counted.expect(expected)
        async for chunk in request.stream():
            if len(counted.content) + len(chunk) > limit:
                raise _too_large(limit)
            await counted.add(chunk)
        yield counted.whole()
    finally:
        counted.release()


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is over the limit of {limit:,} bytes")


class _CountedBody:
    """A body as it comes, within the budget of all bodies."""

    def __init__(self, bodies: BodyBudget, seconds: float) -> None:
        self.content = bytearray()
        self._bodies = bodies
        self._seconds = seconds
        self._small = 0
        self._room: BodyRoom | None = None
        self._granted = asyncio.Event()

    async def expect(self, size: int) -> None:
        """Wait for room for so many bytes more."""
        self._granted.clear()
        if self._room is None:
            self._room = self._bodies.room(size, self._granted.set)
        else:
            self._room.grow(size)
        if self._room.wanted:
            try:
                async with asyncio.timeout(self._seconds):
                    await self._granted.wait()
            except TimeoutError:
                raise busy() from None

    async def add(self, chunk: bytes) -> None:
        """Keep a part."""
        size = len(self.content) + len(chunk)
        if self._room is None and size <= SMALL_BODY:
            self._bodies.take(len(chunk))
            self._small += len(chunk)
        elif self._room is None or self._room.size < size:
            await self.expect(max(GROWTH, len(chunk)))
        self.content += chunk

    def whole(self) -> bytes:
        """All of it."""
        if self._room is not None:
            self._room.fit(len(self.content))
        whole, self.content = bytes(self.content), bytearray()
        return whole

    def release(self) -> None:
        """It is not needed any more."""
        self._bodies.give_back(self._small)
        if self._room is not None:
            self._room.release()

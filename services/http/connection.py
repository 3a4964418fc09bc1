"""One client connection: sends a request, parses its response, and knows whether it can be used again."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

import httptools

from services.errors import Unavailable, Uncertain

_ACKNOWLEDGE_NOW = getattr(socket, "TCP_QUICKACK", None)  # on Linux

Sink = Callable[[bytes], object]


class TimedOut(Uncertain):
    """No whole answer came in time; whether the server did what was asked is not known."""


class Dropped(Unavailable):
    """The server closed the connection before it answered.

    Attributes:
        untouched: not one byte of an answer had come.
    """

    def __init__(self, message: str, *, untouched: bool) -> None:
        super().__init__(message)
        self.untouched = untouched


@dataclass(slots=True)
class Response:
    """An answer; `headers` by lower-case name, the last one of a name counts."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class ClientConnection(asyncio.Protocol):
    """A connection to one origin, one request at a time."""

    def __init__(self, origin: str, most_bytes: int) -> None:
        self._origin = origin
        self._most_bytes = most_bytes
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Response] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sink: Sink | None = None
        self._head_only = False
        self._reset()

    def _reset(self) -> None:
        self._response = Response(0)
        self._chunks: list[bytes] = []
        self._size = 0
        self._touched = False
        self.reusable = False

    @property
    def open(self) -> bool:
        """Whether another request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def send(
        self, request: bytes, *, seconds: float, sink: Sink | None = None, head_only: bool = False
    ) -> Response:
        """Send a whole request and wait for the whole response.

        Args:
            request: its bytes, head and body.
            seconds: until `TimedOut`.
            sink: takes the parts of a successful body as they come, instead of the response.
            head_only: the request is a HEAD: its response has no body, whatever its headers say.
        """
        if not self.open or self._transport is None:
            raise Dropped(f"{self._origin} closed the connection", untouched=True)
        self._reset()
        self._sink = sink
        self._head_only = head_only
        self._waiting = self._loop.create_future()
        self._timer = self._loop.call_later(seconds, self._expire, seconds)
        self._transport.write(request)
        try:
            return await self._waiting
        finally:
            self._timer.cancel()
            self._waiting = None
            if not self.reusable:
                self.close()

    def close(self) -> None:
        """Give the connection up, sent or not."""
        if self._transport is not None:
            self._transport.abort()

    def _expire(self, seconds: float) -> None:
        self._fail(TimedOut(f"{self._origin} did not answer within {seconds:g} s"))

    def _fail(self, error: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)

    # From the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]  # always one that reads and writes

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        self._touched = True
        waiting = self._waiting
        if waiting is None:
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._fail(cause if isinstance(cause, Unavailable) else self._rubbish())
        if not waiting.done():
            self._acknowledge()

    def _acknowledge(self) -> None:
        """Say at once that a first part came: some servers (R's) wait for that before they send the rest.

        The system would say it 40 ms later (Nagle's algorithm there, delayed acknowledgement here).
        """
        if _ACKNOWLEDGE_NOW is not None and self._transport is not None:
            self._transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, _ACKNOWLEDGE_NOW, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server is gone; a body without a length ends here."""
        del exc
        if self._waiting is not None and self._response.status and self._ends_with_connection():
            self._finish()
        what = "while it answered" if self._touched else "before it answered"
        self._fail(Dropped(f"{self._origin} closed the connection {what}", untouched=not self._touched))
        self._transport = None

    def _rubbish(self) -> Unavailable:
        return Unavailable(f"{self._origin} did not answer in HTTP")

    def _ends_with_connection(self) -> bool:
        headers = self._response.headers
        return "content-length" not in headers and "transfer-encoding" not in headers

    # From the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header."""
        self._response.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The status is known; an interim one (100 Continue) is passed over."""
        status = self._parser.get_status_code()
        self._response.status = status
        if self._head_only and status >= 200:
            self._finish()

    def on_body(self, body: bytes) -> None:
        """Collect or hand on a part of the body."""
        if self._sink is not None and self._response.status < 300:
            self._sink(body)
            return
        self._size += len(body)
        if self._size > self._most_bytes:
            raise Unavailable(f"{self._origin} answered more than {self._most_bytes:,} bytes")
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._response.status < 200:
            self._response = Response(0)
            return
        self.reusable = self._parser.should_keep_alive()
        self._finish()

    def _finish(self) -> None:
        self._response.body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(self._response)

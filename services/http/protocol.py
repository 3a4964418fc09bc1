"""One HTTP/1.1 connection: hot routes from the parser's callbacks, everything else through ASGI.

Requests of a connection are answered in their order. Hot ones run side by side (so that pipelined
ones can share a batch); an ASGI one runs alone, as uvicorn's protocol does it.
"""

import logging
from collections import deque
from collections.abc import Iterable
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from services.errors import RelevoError, Unavailable
from services.http.addresses import Caller
from services.http.body_budget import GROWTH, SMALL_BODY, BodyBudget, busy
from services.http.connection_count import ConnectionCount
from services.http.errors import TooLarge, TooSlow, answer_for, check_encoding, error_body
from services.http.forwarding import NO_FORWARDERS, Forwarders
from services.http.limits import ConnectionLimits, ListenerState
from services.http.request import HotRequest
from services.http.routes import HotRoutes, Match

_logger = logging.getLogger(__name__)
_MOST_PIPELINED = 128
_MOST_PIPELINED_BYTES = 1 << 20
"""Bytes of a refused body that are read and dropped so that the connection can go on."""
_HOP_HEADERS = frozenset({b"upgrade", b"connection", b"http2-settings"})


class HotProtocol(HttpToolsProtocol):
    """A connection; `Server` makes them."""

    def __init__(
        self,
        config: Config,
        state: ListenerState,
        routes: HotRoutes,
        *,
        limits: ConnectionLimits,
        count: ConnectionCount,
        bodies: BodyBudget,
        forwarders: Forwarders = NO_FORWARDERS,
    ) -> None:
        super().__init__(config=config, server_state=state, app_state={})
        self._state = state
        self._routes = routes
        self._limits = limits
        self._count = count
        self._bodies = bodies
        self._trusted = False
        self._forwarders = forwarders
        self._queue: deque[HotRequest | RequestResponseCycle] = deque()
        self._cycles = 0
        self._running: RequestResponseCycle | None = None
        self._handlers: dict[HotRequest, Match] = {}
        self._receiving: HotRequest | None = None
        self._chunks: list[bytes] = []
        self._large = bytearray()
        self._size = 0
        self._head_size = 0
        self._queued_bytes = 0
        self._in_message = False
        self._began = self._active = self.loop.time()
        self._closing = False
        self._discarding = False
        self._ended = False

    # From the transport

    def connection_made(self, transport: Any) -> None:
        """Take a place among the connections, or refuse if there is none."""
        super().connection_made(transport)
        if not self._count.enter(self) and not transport.is_closing():
            self._refuse_with(Unavailable("too many connections are open", retry_after=1.0))

    def data_received(self, data: bytes) -> None:
        """Parse what came; answers may already be written when this returns."""
        if self._discarding:
            return
        self._active = self.loop.time()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            self._callback_failed(error)
        except httptools.HttpParserError:
            self._refuse(400, error_body("invalid_request", "this is not HTTP/1.1"))

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio takes True for "not yet"
        """Finish the answers that a client waits for after it has said its last word."""
        self._closing = True
        return bool(self._queue) and self.scheme == "http" and not self._discarding

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever still works on a request of this connection that the client has left."""
        del exc
        self.connections.discard(self)
        self._count.leave(self)
        for exchange in self._queue:
            exchange.disconnected = True
            if isinstance(exchange, RequestResponseCycle):
                exchange.message_event.set()
            elif exchange in self._handlers:
                self._give_room_back(exchange)
        self._queue.clear()
        self._handlers.clear()
        self._receiving = None
        self._chunks, self._large = [], bytearray()
        self.flow.resume_writing()
        self.transport.close()
        self.parser = None

    def pause_writing(self) -> None:
        """A client that does not read its answers is not read from either."""
        super().pause_writing()
        self.flow.pause_reading()

    def resume_writing(self) -> None:
        """Go on reading."""
        super().resume_writing()
        self._relieve()

    # From the server

    @property
    def idle(self) -> bool:
        """Whether nothing of it is being answered."""
        return not self._queue

    def give_way(self) -> None:
        """Close, because another needs the place."""
        self.transport.abort()

    def shutdown(self) -> None:
        """Answer what has been asked, then close; an idle connection closes at the next `check`."""
        self._closing = True
        last = self._queue[-1] if self._queue else None
        if isinstance(last, RequestResponseCycle):
            last.keep_alive = False

    def check(self, now: float) -> None:
        """Close the connection if it is over its time; the server calls this about each second."""
        if self.transport.is_closing():
            return
        quiet = now - self._active
        allowed = self._limits.farewell if self._closing else self._limits.idle
        if self._discarding:
            overdue = quiet > self._limits.linger and self._ended
        elif self.flow.write_paused:
            overdue = quiet > self._limits.stall
        elif self._waits_for_room():
            overdue = now - self._began > self._limits.room
        elif self._in_message and (self._receiving is not None or not self._queue):
            overdue = now - self._began > self._limits.receive
        elif self._in_message:
            overdue = quiet > self._limits.stall and not self.flow.read_paused
        else:
            overdue = not self._queue and quiet > allowed
        if overdue:
            self._close_overdue()

    def _close_overdue(self) -> None:
        if self.flow.write_paused or self._discarding:
            self.transport.abort()
        elif self._waits_for_room():
            self._refuse_with(busy())
        elif self._in_message and not self._discarding:
            self._refuse_with(TooSlow("the request took too long to arrive"))
        else:
            self.transport.close()

    # From the parser

    def on_message_begin(self) -> None:
        """Start a request; what ASGI needs is only made for ASGI."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._head_size = 0
        self._in_message = True
        self._began = self._active

    def on_url(self, url: bytes) -> None:
        """Collect the target."""
        self.url += url
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header."""
        super().on_header(name, value)
        self._count_head(len(name) + len(value))

    def on_headers_complete(self) -> None:
        """Choose the road: hot or ASGI."""
        if self._discarding or self.parser.should_upgrade():
            return
        match = self._routes.match(self.parser.get_method(), self.url)
        if match is None:
            self._begin_cycle()
        else:
            self._begin_hot(match)

    def on_body(self, body: bytes) -> None:
        """Collect a part of the body."""
        if self._discarding:
            return
        if self._receiving is None:
            super().on_body(body)
            return
        request = self._receiving
        self._size += len(body)
        if request.refusal is not None:
            return
        if self._size > self._limits.body:
            self._refuse_body()
        elif request.room is None and self._size <= SMALL_BODY:
            self._keep_small(request, body)
        else:
            self._keep_large(request, body)

    def on_message_complete(self) -> None:
        """Hand a whole request to its handler, as soon as no ASGI one stands before it."""
        if self._discarding or self.parser.should_upgrade():
            return
        self._in_message = False
        request = self._receiving
        if request is None:
            super().on_message_complete()
            return
        self._receiving = None
        if request.room is not None:
            request.room.fit(self._size)
            # Copying it would need its memory twice; whoever reads it takes either.
            request.body = cast("bytes", self._large)
            self._large = bytearray()
        else:
            request.body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks = []
        request.received = True
        self._queued_bytes += request.size
        if self._cycles == 0:
            self._handle(request)
        if self._is_pressed():
            self.flow.pause_reading()

    # Requests and their order

    def _begin_hot(self, match: Match) -> None:
        parser = self.parser
        request = HotRequest(
            self,
            parser.get_method().decode(),
            match.path,
            match.parameters,
            headers=self.headers,
            client=self._caller(),
        )
        request.keep_alive = parser.should_keep_alive() and parser.get_http_version() != "1.0"
        if self._routes.mark is not None:
            self._routes.mark(request)
        self._receiving = request
        self._handlers[request] = match
        self._queue.append(request)
        self._chunks = []
        self._large = bytearray()
        self._size = 0
        length = 0
        encoding = b""
        for name, value in self.headers:
            if name == b"content-length":
                length = int(value)
            elif name == b"content-encoding":
                encoding = value
        try:
            self._admit(request, match, encoding.decode("latin-1"))
        except Exception as error:  # noqa: BLE001 - told to the client by its kind; a bug is logged there
            self._turn_away(request, match, length, error)
            return
        if length > SMALL_BODY or length > self._limits.body:
            self._ask_for_room(request, length)
        if self._queue and self._queue[0] is request:
            self._continue(request)

    def _admit(self, request: HotRequest, match: Match, encoding: str) -> None:
        if match.admit is not None:
            match.admit(request)
        if not self._trusted and (match.admit is not None or self._routes.recognizes is None):
            self._trust()
        if encoding:
            check_encoding(encoding)

    def _turn_away(self, request: HotRequest, match: Match, length: int, error: Exception) -> None:
        """Refuse at the head: a small body is read past, so that its client may ask again here."""
        chunked = any(name == b"transfer-encoding" for name, _ in self.headers)
        request.refusal = error
        if self.expect_100_continue or chunked or length > SMALL_BODY:
            answer = match.complain(error)
            self._refuse(answer.status, answer.body, answer.headers)

    def _trust(self) -> None:
        self._trusted = True
        self._count.trust(self)

    # Room for bodies

    def _ask_for_room(self, request: HotRequest, size: int) -> None:
        """Room for so many bytes; while there is none, nothing is read."""
        if size > self._limits.body:
            self._refuse_body()
            return
        try:
            if request.room is None:
                request.room = self._bodies.room(size, self._room_granted)
            else:
                request.room.grow(size)
        except Unavailable as error:
            self._refuse_with(error)
            return
        if request.room.wanted:
            self._began = self.loop.time()
            self.flow.pause_reading()

    def _room_granted(self) -> None:
        self._began = self._active = self.loop.time()
        if self._queue and self._queue[0] is self._receiving:
            self._continue(self._receiving)
        self._relieve()

    def _waits_for_room(self) -> bool:
        request = self._receiving
        return request is not None and request.room is not None and request.room.wanted > 0

    def _keep_small(self, request: HotRequest, body: bytes) -> None:
        try:
            self._bodies.take(len(body))
        except Unavailable as error:
            self._refuse_with(error)
            return
        request.size += len(body)
        self._chunks.append(body)

    def _keep_large(self, request: HotRequest, body: bytes) -> None:
        """Keep a part of a body that has room, or whose length turns out to need some."""
        if request.room is None or (request.room.size < self._size and not request.room.wanted):
            self._ask_for_room(request, max(GROWTH, len(body)))
            if self._discarding:
                return
        if self._chunks:
            self._large += b"".join(self._chunks)
            self._chunks = []
        self._large += body

    def _give_room_back(self, request: HotRequest) -> None:
        """Its body is not needed any more."""
        if request.room is not None:
            room, request.room = request.room, None
            room.release()
        self._bodies.give_back(request.size)
        request.size = 0

    def _begin_cycle(self) -> None:
        if not self._trusted:
            self._recognize()
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.headers, self.expect_100_continue = url, headers, expects
        self.scope["headers"] = headers
        self.scope["client"] = self._caller()
        # Without a cycle before it, uvicorn starts this one at once: `_start_asgi_task` decides.
        self.cycle = None  # type: ignore[assignment]
        super().on_headers_complete()
        self.cycle.keep_alive = self.cycle.keep_alive and not self._closing

    def _recognize(self) -> None:
        """Trust the connection if this request shows a valid token, or needs none."""
        recognizes = self._routes.recognizes
        sent = next((value for name, value in self.headers if name == b"authorization"), None)
        if recognizes is None or recognizes(
            self._caller(), None if sent is None else sent.decode("latin-1")
        ):
            self._trust()

    def _caller(self) -> Caller:
        return self._forwarders.caller(self.client, self.headers) if self._forwarders else self.client

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._queue.append(cycle)
        self._cycles += 1
        if self._queue[0] is cycle:
            self._running = cycle
            super()._start_asgi_task(cycle, app)
        else:
            self.flow.pause_reading()

    def on_response_complete(self) -> None:
        """An ASGI answer is written: go on with what came behind it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._queue.popleft()
        self._cycles -= 1
        self._running = None
        self._dispatch_waiting()
        self._advance()

    def _dispatch_waiting(self) -> None:
        """Start hot requests that waited for an ASGI answer, up to the next ASGI request."""
        for exchange in tuple(self._queue):
            if isinstance(exchange, RequestResponseCycle):
                return
            if exchange.received and exchange in self._handlers:
                self._handle(exchange)

    def _handle(self, request: HotRequest) -> None:
        match = self._handlers.pop(request)
        if request.refusal is not None:
            answer = match.complain(request.refusal)
            request.reply(answer.status, answer.body, headers=answer.headers)
            return
        try:
            match.handler(request)
        except Exception as error:
            if request.answered:
                _logger.exception("error after the answer to %s %s", request.method, request.path)
                return
            answer = match.complain(error)
            request.reply(answer.status, answer.body, headers=answer.headers)

    def answered(self, request: HotRequest) -> None:
        """A hot request has its reply: write it if nothing stands before it."""
        self._queued_bytes -= request.size
        self._give_room_back(request)
        if self._queue and self._queue[0] is request:
            self._advance()

    def _advance(self) -> None:
        """Write all replies that are ready, in order; then start the ASGI request that is next."""
        queue = self._queue
        while queue:
            first = queue[0]
            if isinstance(first, RequestResponseCycle):
                if self._running is None:
                    self._running = first
                    super()._start_asgi_task(first, self.app)
                return
            if not first.answered:
                self._continue(first)
                break
            queue.popleft()
            self._write(first)
            if self._ended:
                return
        self._active = self.loop.time()
        self._relieve()

    def _continue(self, request: HotRequest) -> None:
        """Ask for a body that a client holds back until it is told to send it."""
        if self.expect_100_continue and request is self._receiving and not self._waits_for_room():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.expect_100_continue = False

    def _write(self, request: HotRequest) -> None:
        self.server_state.total_requests += 1
        last = not request.keep_alive or (self._closing and not self._queue and not self._in_message)
        close = b"connection: close\r\n" if last else b""
        self.transport.write(b"%b%b%b\r\n%b" % (request.head, self._state.date_line, close, request.body))
        if last:
            self._end()

    def _end(self) -> None:
        """Close after the last answer; a client that still sends is given time to read it."""
        self._ended = True
        if self._in_message and self.transport.can_write_eof():
            self._discarding = True
            self._active = self.loop.time()
            self.flow.resume_reading()
            self.transport.write_eof()
        else:
            self.transport.close()

    # Limits and refusals

    def _is_pressed(self) -> bool:
        return (
            self._cycles > 0
            or len(self._queue) > _MOST_PIPELINED
            or self._queued_bytes > _MOST_PIPELINED_BYTES
            or self.flow.write_paused
            or self._waits_for_room()
        )

    def _relieve(self) -> None:
        if self.flow.read_paused and not self._is_pressed() and not self.transport.is_closing():
            self.flow.resume_reading()

    def _count_head(self, size: int) -> None:
        self._head_size += size
        if self._head_size > self._limits.head and not self._discarding:
            self._refuse(431, error_body("too_large", "the request's target and headers are too long"))

    def _refuse_body(self) -> None:
        self._refuse_with(TooLarge(f"the body is over the limit of {self._limits.body:,} bytes"))

    def _refuse_with(self, error: RelevoError) -> None:
        """Refuse in the form of the route, where that is known already."""
        match = self._handlers.get(self._receiving) if self._receiving is not None else None
        answer = (answer_for if match is None else match.complain)(error)
        self._refuse(answer.status, answer.body, answer.headers)

    def _refuse(self, status: int, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Answer with an error in the request's turn, then close; what still comes is thrown away."""
        request = self._receiving
        if request is None:
            if self._in_message and self._queue and isinstance(self._queue[-1], RequestResponseCycle):
                self.transport.close()
                return
            request = HotRequest(self, "", "", {}, headers=[], client=self.client)
            self._queue.append(request)
        self._handlers.pop(request, None)
        self._give_room_back(request)
        self._receiving = None
        self._chunks, self._large = [], bytearray()
        self._discarding = True
        self._in_message = True
        request.keep_alive = False
        request.reply(status, body, headers=headers)

    def _callback_failed(self, error: Exception) -> None:
        cause = error.__context__
        if isinstance(cause, (httptools.HttpParserError, UnicodeError, ValueError)):
            self._refuse(
                400, error_body("invalid_request", "the request's target or headers are not valid")
            )
        else:
            _logger.error("error while a request was read", exc_info=cause)
            self._refuse(500, error_body("internal", "an internal error; the service's log has it"))

    def _without_upgrade(self, rest: bytes) -> None:
        """Take a request that offers another protocol as what it also is: an HTTP/1.1 request."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(400, error_body("invalid_request", "CONNECT is not supported"))
            return
        kept = [header for header in self.headers if header[0] not in _HOP_HEADERS]
        lines = b"".join(b"%b: %b\r\n" % header for header in kept)
        self.data_received(b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method, self.url, lines, rest))

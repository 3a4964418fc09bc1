"""The asynchronous client between our processes: a small pool of keep-alive connections to one origin."""

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from urllib.parse import urlsplit

from services.errors import InvalidInput, Unavailable
from services.http.connection import ClientConnection, Dropped, Response, Sink, TimedOut

__all__ = ["Dropped", "HttpClient", "Response", "TimedOut"]

_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_NO_HEADERS: Mapping[str, str] = {}


class HttpClient:
    """Asks one origin; use it in one loop, and close it.

    Args:
        origin: such as `http://127.0.0.1:8000`; `https` checks the certificate.
        connections: most connections at once; further requests wait for one.
        waiting: most requests that wait; beyond that they fail at once.
        most_bytes: the longest body that a response may have (one with a sink may have any length).
        tls: settings for `https`; None for the system's authorities.

    Raises:
        InvalidInput: the origin is not an HTTP URL.
    """

    def __init__(
        self,
        origin: str,
        *,
        connections: int = 32,
        waiting: int = 10_000,
        most_bytes: int = 256 << 20,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidInput(f"{origin!r} is not an HTTP address")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self._host_line = f"host: {parts.netloc}\r\n"
        self._most = connections
        self._most_waiting = waiting
        self._most_bytes = most_bytes
        self._idle: list[ClientConnection] = []
        self._all: set[ClientConnection] = set()
        self._used = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._closed = False

    async def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] = _NO_HEADERS,
        *,
        timeout: float = 30.0,  # noqa: ASYNC109 - also stops the wait for a free connection
        repeatable: bool | None = None,
        sink: Sink | None = None,
    ) -> Response:
        """Ask, and return the answer whatever its status.

        Args:
            method: in capitals.
            path: with its query, percent-encoded.
            body: sent with its length.
            headers: beside `host` and `content-length`.
            timeout: seconds for everything: a free connection, connecting, the answer.
            repeatable: whether asking twice does no harm; by default GET, HEAD, PUT, DELETE and OPTIONS.
                Only then is a request sent again when a kept connection turns out to be closed, and once
                more when the server, or one of its replicas, ends while it answers.
            sink: takes the parts of a successful body as they come, instead of the response.

        Raises:
            Unavailable: the server was not reached, or closed the connection.
            TimedOut: it was too slow; a kind of Uncertain.
        """
        request = self._encode(method, path, body, headers)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        may_repeat = method in _REPEATABLE if repeatable is None else repeatable
        await self._take_place(deadline)
        try:
            return await self._repeatedly(request, deadline, sink, method, may_repeat=may_repeat)
        finally:
            self._give_place()

    async def close(self) -> None:
        """Close all connections; requests under way fail as Unavailable."""
        self._closed = True
        for connection in tuple(self._all):
            connection.close()
        self._all.clear()
        self._idle.clear()
        await asyncio.sleep(0)  # lets the transports tell their protocols

    async def _repeatedly(
        self, request: bytes, deadline: float, sink: Sink | None, method: str, *, may_repeat: bool
    ) -> Response:
        """Send, and once more where that does no harm: there may be another replica behind the name."""
        stale_allowed, failures_allowed = may_repeat, int(may_repeat and sink is None)
        fresh = False
        while True:
            connection, kept = await self._connection(deadline, fresh=fresh)
            try:
                return await self._send(connection, request, deadline, sink, method)
            except Dropped as error:
                if stale_allowed and kept and error.untouched:
                    stale_allowed = False
                elif failures_allowed:
                    failures_allowed = 0
                else:
                    raise
                fresh = True

    async def _send(
        self, connection: ClientConnection, request: bytes, deadline: float, sink: Sink | None, method: str
    ) -> Response:
        seconds = max(0.0, deadline - asyncio.get_running_loop().time())
        try:
            response = await connection.send(
                request, seconds=seconds, sink=sink, head_only=method == "HEAD"
            )
        finally:
            if connection.reusable and connection.open and not self._closed:
                self._idle.append(connection)
            else:
                self._all.discard(connection)
        return response

    def _encode(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        if lines.count("\n") != len(headers) or any(character in path for character in " \r\n"):
            raise InvalidInput("a path or header holds a space or line break that HTTP does not allow")
        length = f"content-length: {len(body)}\r\n" if body or method in {"POST", "PUT", "PATCH"} else ""
        return f"{method} {path} HTTP/1.1\r\n{self._host_line}{length}{lines}\r\n".encode("latin-1") + body

    async def _connection(self, deadline: float, *, fresh: bool) -> tuple[ClientConnection, bool]:
        """A connection and whether it was kept from an earlier request."""
        while self._idle and not fresh:
            connection = self._idle.pop()
            if connection.open:
                return connection, True
            self._all.discard(connection)
        if self._closed:
            raise Unavailable(f"the client of {self.origin} is closed")
        return await self._connect(deadline), False

    async def _connect(self, deadline: float) -> ClientConnection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(deadline):
                _, connection = await loop.create_connection(
                    lambda: ClientConnection(self.origin, self._most_bytes),
                    self._host,
                    self._port,
                    ssl=self._tls,
                )
        except TimeoutError as error:
            raise Unavailable(f"{self.origin} did not take the connection in time") from error
        except OSError as error:
            raise Unavailable(f"{self.origin} cannot be reached", details=str(error)) from error
        self._all.add(connection)
        return connection

    async def _take_place(self, deadline: float) -> None:
        """Wait until fewer than `connections` requests are under way; first come, first served."""
        if self._closed:
            raise Unavailable(f"the client of {self.origin} is closed")
        if self._used < self._most:
            self._used += 1
            return
        if len(self._waiters) >= self._most_waiting:
            raise Unavailable(f"too many requests wait for {self.origin}")
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout_at(deadline):
                await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                self._give_place()  # the place had just been handed over
            elif waiter in self._waiters:
                self._waiters.remove(waiter)
            if isinstance(error, TimeoutError):
                raise Unavailable(f"no connection to {self.origin} became free in time") from error
            raise

    def _give_place(self) -> None:
        """Hand the place to whoever has waited longest, or give it back."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._used -= 1

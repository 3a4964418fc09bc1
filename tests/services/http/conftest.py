"""Runs coroutines on each event loop there is, and talks to servers byte by byte."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httptools
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.errors import Conflict
from services.http.addresses import Caller
from services.http.errors import Unauthorized
from services.http.forwarding import Forwarders
from services.http.limits import ConnectionLimits
from services.http.loop import loop_factory
from services.http.request import HotRequest
from services.http.routes import HotRoutes
from services.http.server import Server
from services.http.starlette import exception_handlers
from tests.waiting import eventually_in_loop

LOOPS = {"asyncio": None} | ({"uvloop": loop_factory()} if loop_factory() else {})
Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine to its end on a fresh loop; tasks that it leaves behind fail the test."""

    async def watched(main: Coroutine[Any, Any, None]) -> None:
        async with asyncio.timeout(30):
            await main
        for _ in range(100):
            if len(asyncio.all_tasks()) == 1:
                return
            await asyncio.sleep(0.01)
        pytest.fail(f"tasks left behind: {asyncio.all_tasks() - {asyncio.current_task()}}")

    def run(main: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(watched(main))

    return run


class _Answer:
    """Parses one response."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.body = b""
        self.done = False
        self._parser = httptools.HttpResponseParser(self)
        self.status = 0

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode()

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.done = True


@dataclass
class Raw:
    """A client's side of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Write bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> _Answer:
        """The next response; reads its head by lines and its body by length, so that no byte is lost."""
        answer = _Answer()
        head = await self.reader.readuntil(b"\r\n\r\n")
        answer.feed(head)
        if not answer.done:
            answer.feed(await self.reader.readexactly(int(answer.headers.get("content-length", 0))))
        return answer

    async def is_closed(self) -> bool:
        """Wait until the server closes; whether nothing more came."""
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True

    async def close(self) -> None:
        """Leave."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    def vanish(self) -> None:
        """Break the connection without a word (RST)."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@dataclass
class Served:
    """A running server with two hot routes and two ordinary ones."""

    server: Server
    port: int
    held: list[HotRequest]

    @property
    def address(self) -> str:
        """The server's URL."""
        return self.server.address(self.port)

    async def connect(self) -> Raw:
        """A new connection."""
        return Raw(*await asyncio.open_connection("127.0.0.1", self.port))

    async def until_held(self, count: int) -> None:
        """Wait until so many requests wait for their reply."""
        await eventually_in_loop(lambda: len(self.held) >= count)

    def connections(self) -> list[Any]:
        """The server's side of the open connections."""
        return list(self.server._listeners[self.port].state.connections)


@pytest.fixture(name="until")
def until_fixture() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Waits for a condition."""
    return eventually_in_loop


async def _slow(request: Request) -> Response:
    await asyncio.sleep(0.05)
    return PlainTextResponse(request.url.path)


async def _who(request: Request) -> Response:
    return PlainTextResponse(request.client.host if request.client else "")


async def _refused(_request: Request) -> Response:
    raise Conflict("it has changed")


async def _size(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


Serve = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture
def serve() -> Serve:
    """Starts a server: `/echo` answers at once, `/hold` when told to; `/slow` and `/size` are ASGI.

    `/guarded` wants a token, whatever it is.
    """

    @asynccontextmanager
    async def serve(
        forwarded_by: Sequence[str] = (),
        admit: Callable[[HotRequest], None] | None = None,
        recognizes: Callable[[Caller, str | None], bool] | None = None,
        **limits: float,
    ) -> AsyncIterator[Served]:
        forwarders = Forwarders(forwarded_by)
        server = Server(ConnectionLimits(**limits), forwarders)  # type: ignore[arg-type]
        forwarders.start()
        held: list[HotRequest] = []
        routes = HotRoutes(recognizes=recognizes)
        routes.add("POST", "/echo/{name}", lambda request: request.reply(200, request.body))
        routes.add("POST", "/hold", held.append)
        routes.add("POST", "/admitted", lambda request: request.reply(200, request.body), admit=admit)
        routes.add("POST", "/bug", _bug)
        routes.add("POST", "/guarded", lambda request: request.reply(200, request.body), admit=_admit)
        app = Starlette(
            routes=[
                Route("/slow", _slow),
                Route("/size", _size, methods=["POST"]),
                Route("/who", _who),
                Route("/refused", _refused),
            ],
            exception_handlers=exception_handlers(),
        )
        port = await server.start(app, routes)
        try:
            yield Served(server, port, held)
        finally:
            await server.stop(grace=0.3)
            await forwarders.stop()

    return serve


def _admit(request: HotRequest) -> None:
    if request.header("authorization") is None:
        raise Unauthorized("send a token")


def _bug(_request: HotRequest) -> None:
    raise KeyError("a secret inside")


def post(path: str, body: bytes = b"", *headers: str) -> bytes:
    """A POST request's bytes."""
    lines = "".join(f"{header}\r\n" for header in headers)
    return (
        f"POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {len(body)}\r\n{lines}\r\n".encode() + body
    )


@pytest.fixture(name="post")
def post_fixture() -> Callable[..., bytes]:
    """Builds POST requests."""
    return post

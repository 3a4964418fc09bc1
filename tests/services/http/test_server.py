"""Listeners that come and go, and a stop that loses nothing that was asked."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette

from services.errors import NotFound, Unavailable
from services.http.client import HttpClient
from services.http.routes import HotRoutes
from services.http.server import Server
from services.http.sockets import CAN_SHARE
from tests.services.http.conftest import Run, Serve


def _routes(answer: Any) -> Any:
    routes = HotRoutes()
    routes.add("GET", "/who", lambda request: request.reply(200, answer))
    return routes


async def _who(server: Any, port: Any) -> Any:
    client = HttpClient(server.address(port))
    try:
        return (await client.request("GET", "/who")).body
    finally:
        await client.close()


def test_listeners_are_added_and_removed_while_others_answer(run: Run) -> None:
    async def main() -> None:
        server = Server()
        first = await server.start(Starlette(), _routes(b"first"))
        second = await server.start(Starlette(), _routes(b"second"))
        assert [await _who(server, first), await _who(server, second)] == [b"first", b"second"]
        address = server.address(first)
        await server.stop_listening(first)
        client = HttpClient(address)
        with pytest.raises(Unavailable, match="cannot be reached"):
            await client.request("GET", "/who")
        await client.close()
        assert await _who(server, second) == b"second"
        again = await server.start(Starlette(), _routes(b"third"), port=first)
        assert (again, await _who(server, first)) == (first, b"third")
        with pytest.raises(NotFound, match="nothing listens"):
            await server.stop_listening(1)
        await server.stop()

    run(main())


def test_a_taken_port_is_told_in_words(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve() as served:
            with pytest.raises(Unavailable, match=f"cannot listen on 127.0.0.1:{served.port}"):
                await served.server.start(Starlette(), port=served.port)

    run(main())


@pytest.mark.skipif(not CAN_SHARE, reason="this system does not spread connections over processes")
def test_two_servers_share_a_port(run: Run) -> None:
    async def main() -> None:
        one, other = Server(), Server()
        port = await one.start(Starlette(), _routes(b"one"), share=True)
        await other.start(Starlette(), _routes(b"other"), port=port, share=True)
        assert {await _who(one, port) for _ in range(64)} == {b"one", b"other"}
        await one.stop()
        assert {await _who(other, port) for _ in range(4)} == {b"other"}
        await other.stop()

    run(main())


def test_requests_under_way_are_answered_before_a_stop(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve() as served:
            hot, ordinary = await served.connect(), await served.connect()
            await hot.send(post("/hold"))
            await ordinary.send(b"GET /slow HTTP/1.1\r\nhost: test\r\n\r\n")
            await served.until_held(1)
            stopping = asyncio.create_task(served.server.stop())
            slow = await ordinary.answer()
            assert (slow.body, slow.headers["connection"]) == (b"/slow", "close")
            served.held[0].reply(200, b"done")
            answer = await hot.answer()
            assert (answer.body, answer.headers["connection"]) == (b"done", "close")
            await stopping
            await hot.close()
            await ordinary.close()

    run(main())


def test_a_stop_under_load_loses_no_answer(run: Run, serve: Serve) -> None:
    async def ask(address: Any, answered: Any, enough: Any) -> str:
        client = HttpClient(address, connections=1)
        try:
            while True:
                answer = await client.request("POST", "/echo/x", b"payload")
                assert (answer.status, answer.body) == (200, b"payload")
                answered.append(1)
                if len(answered) > 500:
                    enough.set()
        except Unavailable as error:
            return str(error)
        finally:
            await client.close()

    async def main() -> None:
        async with serve() as served:
            answered: list[Any] = []
            enough = asyncio.Event()
            asking = [asyncio.create_task(ask(served.address, answered, enough)) for _ in range(20)]
            await enough.wait()
            await served.server.stop()
            told = set(await asyncio.gather(*asking))
            assert all("cannot be reached" in text for text in told), told

    run(main())


def test_a_stop_does_not_wait_for_ever(run: Run, serve: Serve, post: Callable[..., bytes]) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(post("/hold"))
            await served.until_held(1)
            await served.server.stop(grace=0.1)
            assert served.held[0].disconnected
            await client.close()

    run(main())

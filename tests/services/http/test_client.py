"""The client: kept connections, their limits, and every way in which a server can fail."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.errors import InvalidInput, Unavailable
from services.http.client import HttpClient, TimedOut
from tests.services.http.conftest import Run, Serve


@asynccontextmanager
async def scripted(*answers: Any) -> AsyncIterator[Any]:
    """A server that gives these bytes, one each connection, after a request; then closes if told so."""
    connections: list[Any] = []

    async def serve(reader: Any, writer: Any) -> None:
        answer = answers[min(len(connections), len(answers) - 1)]
        connections.append(writer)
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await reader.read()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = HttpClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield client, connections
    finally:
        await client.close()
        server.close()
        for writer in connections:
            writer.close()
        await asyncio.sleep(0)


def test_one_connection_serves_requests_that_follow_each_other(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve() as served:
            client = HttpClient(served.address)
            for _ in range(10):
                assert (await client.request("POST", "/echo/x", b"a")).body == b"a"
            assert len(served.connections()) == 1
            await client.close()

    run(main())


def test_the_pool_has_a_limit_and_requests_wait_their_turn(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve() as served:
            client = HttpClient(served.address, connections=2, waiting=3)
            asking = [asyncio.create_task(client.request("POST", "/hold")) for _ in range(5)]
            await served.until_held(2)
            with pytest.raises(Unavailable, match="too many requests wait"):
                await client.request("POST", "/hold")
            for number in range(5):
                await served.until_held(number + 1)
                assert len(served.connections()) == 2
                served.held[number].reply(200, str(number).encode())
            assert {(await task).body for task in asking} == {b"0", b"1", b"2", b"3", b"4"}
            await client.close()

    run(main())


def test_a_request_that_waits_too_long_for_a_place_leaves_it_to_others(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve() as served:
            client = HttpClient(served.address, connections=1)
            first = asyncio.create_task(client.request("POST", "/hold"))
            await served.until_held(1)
            with pytest.raises(Unavailable, match="became free in time"):
                await client.request("POST", "/echo/x", timeout=0.05)
            cancelled = asyncio.create_task(client.request("POST", "/echo/x"))
            await asyncio.sleep(0)
            cancelled.cancel()
            served.held[0].reply(200, b"")
            await first
            assert (await client.request("POST", "/echo/x", b"next")).body == b"next"
            await client.close()

    run(main())


def test_an_answer_that_does_not_come_is_a_time_out_of_its_own_kind(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve() as served:
            client = HttpClient(served.address)
            with pytest.raises(TimedOut, match="did not answer within"):
                await client.request("POST", "/hold", timeout=0.05)
            assert (await client.request("POST", "/echo/x", b"on")).body == b"on"
            await client.close()

    run(main())


def test_a_kept_connection_that_went_stale_is_replaced_where_asking_twice_is_safe(run: Run) -> None:
    once = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    async def main() -> None:
        for method, repeatable, works in (("GET", None, True), ("POST", None, False), ("POST", True, True)):
            async with scripted(once) as (client, connections):
                await client.request("GET", "/")
                # The server closes at the next request's first byte: the client cannot have known.
                asking = asyncio.create_task(client.request(method, "/", b"", repeatable=repeatable))
                await asyncio.sleep(0)
                connections[0].close()
                if works:
                    assert (await asking).body == b"ok"
                    assert len(connections) == 2
                else:
                    with pytest.raises(Unavailable, match="closed the connection before it answered"):
                        await asking

    run(main())


def test_a_server_that_ends_while_it_answers_is_asked_once_more_where_that_is_safe(run: Run) -> None:
    async def main() -> None:
        answers = [b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal", b""]
        good = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone"
        asked: list[Any] = []

        async def serve(reader: Any, writer: Any) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                asked.append(len(asked))
                writer.write(answers[len(asked) % 2] if len(asked) in {1, 3, 4} else good)
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        client = HttpClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert (await client.request("POST", "/predict", repeatable=True)).body == b"done"
        with pytest.raises(Unavailable, match="closed the connection"):
            await client.request("POST", "/predict", repeatable=True)
        assert len(asked) == 4
        asked[:] = [0, 1]
        with pytest.raises(Unavailable, match="closed the connection"):
            await client.request("POST", "/label")
        assert len(asked) == 3
        await client.close()
        server.close()
        await asyncio.sleep(0)

    run(main())


def test_no_server_no_http_and_no_end_are_told_apart(
    run: Run, until: Callable[[Callable[[], object]], Awaitable[None]]
) -> None:
    async def main() -> None:
        nobody = HttpClient("http://127.0.0.1:9")
        with pytest.raises(Unavailable, match="cannot be reached"):
            await nobody.request("GET", "/")
        await nobody.close()
        async with scripted(b"SSH-2.0-OpenSSH_9.2\r\n") as (client, _):
            with pytest.raises(Unavailable, match="did not answer in HTTP"):
                await client.request("GET", "/")
        async with scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab") as (client, connections):
            asking = asyncio.create_task(client.request("POST", "/"))
            await until(lambda: connections and client._all and next(iter(client._all))._touched)
            connections[0].close()
            with pytest.raises(Unavailable, match="closed the connection while it answered"):
                await asking

    run(main())


def test_interim_answers_bodies_without_length_and_heads_without_body_are_understood(
    run: Run, until: Callable[[Callable[[], object]], Awaitable[None]]
) -> None:
    async def main() -> None:
        interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok"
        async with scripted(interim) as (client, _):
            answer = await client.request("PUT", "/", b"x")
            assert (answer.status, answer.body) == (201, b"ok")
        async with scripted(b"HTTP/1.1 200 OK\r\n\r\nuntil the end") as (client, connections):
            asking = asyncio.create_task(client.request("GET", "/"))
            await until(lambda: connections and client._all and next(iter(client._all))._touched)
            connections[0].close()
            assert (await asking).body == b"until the end"
        async with scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n") as (client, _):
            assert (await client.request("HEAD", "/")).body == b""

    run(main())


def test_long_bodies_go_to_a_sink_or_are_refused(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve() as served:
            client = HttpClient(served.address, most_bytes=1000)
            with pytest.raises(Unavailable, match="more than 1,000 bytes"):
                await client.request("POST", "/echo/x", b"x" * 2000)
            parts: list[bytes] = []
            await client.request("POST", "/echo/x", b"x" * 200_000, sink=parts.append)
            assert b"".join(parts) == b"x" * 200_000
            await client.close()

    run(main())


def test_what_would_break_the_request_is_not_sent(run: Run) -> None:
    async def main() -> None:
        with pytest.raises(InvalidInput, match="not an HTTP address"):
            HttpClient("ftp://example")
        client = HttpClient("http://127.0.0.1:9")
        for path, headers in (("/a b", {}), ("/a\r\nx: y", {}), ("/", {"x": "a\r\ny: z"})):
            with pytest.raises(InvalidInput, match="does not allow"):
                await client.request("GET", path, headers=headers)
        await client.close()
        with pytest.raises(Unavailable, match="is closed"):
            await client.request("GET", "/")

    run(main())

"""Clients that are slow, leave, do not read, or say their last word early."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.services.http.conftest import Run, Serve


def test_a_client_that_breaks_off_is_noticed_and_its_replies_dropped(
    run: Run,
    serve: Serve,
    post: Callable[..., bytes],
    until: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(post("/hold") + post("/hold"))
            await served.until_held(2)
            client.vanish()
            await until(lambda: served.held[0].disconnected)
            for request in served.held:
                request.reply(200, b"nobody reads this")

    run(main())


def test_a_client_that_leaves_politely_holds_nothing_back(
    run: Run,
    serve: Serve,
    post: Callable[..., bytes],
    until: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(post("/hold"))
            await served.until_held(1)
            await client.close()
            served.held[0].reply(200, b"nobody reads this")
            await until(lambda: not served.connections())

    run(main())


def test_a_request_that_never_ends_is_given_up(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve(receive=0.1) as served:
            for part in (b"POST /echo/x HT", b"POST /echo/x HTTP/1.1\r\ncontent-length: 5\r\n\r\nab"):
                client = await served.connect()
                await client.send(part)
                assert (await client.answer()).status == 408
                assert await client.is_closed()
                await client.close()

    run(main())


def test_an_upload_that_stalls_on_an_ordinary_route_is_given_up(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve(stall=0.1) as served:
            client = await served.connect()
            await client.send(b"POST /size HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\nab")
            await client.is_closed()
            await client.close()

    run(main())


def test_an_idle_connection_is_closed(run: Run, serve: Serve, post: Callable[..., bytes]) -> None:
    async def main() -> None:
        async with serve(idle=0.1) as served:
            client = await served.connect()
            await client.send(post("/echo/x", b"a"))
            await client.answer()
            assert await client.is_closed()
            await client.close()

    run(main())


def test_a_client_that_does_not_read_is_not_read_from(
    run: Run,
    serve: Serve,
    post: Callable[..., bytes],
    until: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            big, count = b"x" * 1_000_000, 60
            sending = asyncio.create_task(client.send(post("/echo/x", big) * count))
            await until(lambda: any(one.flow.write_paused for one in served.connections()))
            connection = served.connections()[0]
            assert connection.flow.read_paused
            assert connection.server_state.total_requests < count / 2
            for _ in range(count):
                assert (await client.answer()).body == big
            await sending
            await client.close()

    run(main())


def test_a_client_that_has_said_its_last_word_gets_its_answers(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(post("/hold"))
            client.writer.write_eof()
            await served.until_held(1)
            await asyncio.sleep(0)
            served.held[0].reply(200, b"still")
            assert (await client.answer()).body == b"still"
            assert await client.is_closed()
            await client.close()

    run(main())


def test_many_pipelined_requests_wait_outside_once_enough_are_inside(
    run: Run,
    serve: Serve,
    post: Callable[..., bytes],
    until: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            sending = asyncio.create_task(client.send(post("/hold", b"y" * 1000) * 5000))
            await until(lambda: any(one.flow.read_paused for one in served.connections()))
            answered = 0
            while answered < 5000:
                await served.until_held(1)
                assert len(served.held) < 1500
                for request in tuple(served.held):
                    request.reply(200, b"ok")
                    answered += 1
                del served.held[:]
            for _ in range(5000):
                assert (await client.answer()).body == b"ok"
            await sending
            await client.close()

    run(main())

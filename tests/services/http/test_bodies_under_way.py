"""Bodies are read only from who may ask, and only while there is room for them."""

from collections.abc import Awaitable, Callable

from services.http.errors import Unauthorized
from services.http.request import HotRequest
from tests.services.http.conftest import Run, Serve

LARGE = b"x" * (200 << 10)
TOKEN = "authorization: right"


def head(path: str, length: int, *headers: str) -> bytes:
    lines = "".join(f"{line}\r\n" for line in headers)
    return f"POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n{lines}\r\n".encode()


def admit(request: HotRequest) -> None:
    if request.header("authorization") != "right":
        raise Unauthorized("send a token")


def test_who_may_not_ask_is_told_at_the_head_before_any_body_is_sent(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve(admit=admit) as served:
            for headers in ((), ("expect: 100-continue",)):
                client = await served.connect()
                await client.send(head("/admitted", 20 << 20, *headers))
                answer = await client.answer()
                assert answer.status == 401
                assert answer.headers["www-authenticate"] == "Bearer"
                await client.close()

    run(main())


def test_a_refusal_of_a_small_request_leaves_the_connection_open(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve(admit=admit) as served:
            client = await served.connect()
            await client.send(post("/admitted", b"abc") + post("/admitted", b"abc", TOKEN))
            assert (await client.answer()).status == 401
            answer = await client.answer()
            assert (answer.status, answer.body) == (200, b"abc")
            await client.close()

    run(main())


def test_a_large_body_waits_unread_until_there_is_room_and_small_ones_pass(
    run: Run, serve: Serve, post: Callable[..., bytes],
    until: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:  # fmt: skip
    async def main() -> None:
        async with serve(body=300 << 10, bodies=300 << 10) as served:
            first, second = await served.connect(), await served.connect()
            await first.send(post("/hold", LARGE))
            await served.until_held(1)
            await second.send(head("/hold", len(LARGE)))
            await until(lambda: any(one.flow.read_paused for one in served.connections()))
            third = await served.connect()
            await third.send(post("/echo/x", b"small"))
            assert (await third.answer()).body == b"small"
            second.writer.write(LARGE)
            assert len(served.held) == 1
            served.held[0].reply(200, b"")
            await first.answer()
            await served.until_held(2)
            assert bytes(served.held[1].body) == LARGE
            served.held[1].reply(200, b"")
            assert (await second.answer()).status == 200
            for client in (first, second, third):
                await client.close()

    run(main())


def test_a_body_that_finds_no_room_in_time_is_refused_with_a_hint_when_to_come_again(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve(body=300 << 10, bodies=300 << 10, room=0.1) as served:
            first, second = await served.connect(), await served.connect()
            await first.send(post("/hold", LARGE))
            await served.until_held(1)
            await second.send(head("/hold", len(LARGE)))
            answer = await second.answer()
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) >= 1
            served.held[0].reply(200, b"")
            await first.close()
            await second.close()

    run(main())


def test_room_is_given_back_by_clients_that_leave_and_by_bodies_of_unknown_length(
    run: Run, serve: Serve, post: Callable[..., bytes],
    until: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:  # fmt: skip
    async def main() -> None:
        async with serve(body=2 << 20, bodies=2 << 20) as served:
            for _ in range(4):
                client = await served.connect()
                await client.send(head("/hold", 2 << 20) + LARGE)
                await until(lambda: any(one.idle is False for one in served.connections()))
                client.vanish()
                await until(lambda: not served.connections())
            chunk = f"{len(LARGE):x}\r\n".encode() + LARGE + b"\r\n"
            for path, whole in (("/echo/x", LARGE * 3), ("/size", b"614400")) * 5:
                client = await served.connect()
                await client.send(
                    f"POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode()
                    + chunk * 3
                    + b"0\r\n\r\n"
                )
                answer = await client.answer()
                assert (answer.status, answer.body) == (200, whole)
                await client.close()

    run(main())


def test_small_bodies_together_stay_within_their_budget(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve(small_bodies=10_000) as served:
            first, second = await served.connect(), await served.connect()
            await first.send(post("/hold", b"x" * 9_000))
            await served.until_held(1)
            await second.send(post("/echo/x", b"x" * 2_000))
            assert (await second.answer()).status == 503
            served.held[0].reply(200, b"")
            await first.answer()
            third = await served.connect()
            await third.send(post("/echo/x", b"x" * 9_000))
            assert (await third.answer()).status == 200
            for client in (first, second, third):
                await client.close()

    run(main())


def test_compressed_bodies_are_refused_by_name(run: Run, serve: Serve, post: Callable[..., bytes]) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(post("/echo/x", b"abc", "content-encoding: gzip"))
            answer = await client.answer()
            assert answer.status == 415
            assert b"gzip" in answer.body
            await client.send(post("/echo/x", b"abc", "content-encoding: identity"))
            assert (await client.answer()).status == 200
            await client.close()

    run(main())


def test_idle_strangers_give_way_and_never_cost_a_client_its_connection(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve(connections=20, admit=admit, recognizes=lambda _, sent: sent == "right") as served:
            client = await served.connect()
            await client.send(post("/admitted", b"a", TOKEN))
            assert (await client.answer()).status == 200
            strangers = [await served.connect() for _ in range(50)]
            await strangers[-1].send(b"POST /admitted HTTP/1.1\r\n")
            late = await served.connect()
            for one in (client, late):
                await one.send(post("/admitted", b"b", TOKEN))
                assert (await one.answer()).body == b"b"
            assert len(served.connections()) <= 20
            for one in (client, late, *strangers):
                await one.close()

    run(main())


def test_when_all_places_are_taken_by_clients_one_more_is_told_to_come_again(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve(connections=3, admit=admit) as served:
            clients = [await served.connect() for _ in range(3)]
            for client in clients:
                await client.send(post("/admitted", b"a", TOKEN))
                await client.answer()
            more = await served.connect()
            answer = await more.answer()
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) >= 1
            for client in (*clients, more):
                await client.close()

    run(main())

"""Requests on hot routes, and between them on ordinary ones: bodies, order, errors."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.http.conftest import Run, Serve


def test_a_connection_is_kept_for_many_requests(run: Run, serve: Serve, post: Callable[..., bytes]) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            for number in range(5):
                await client.send(post("/echo/a", str(number).encode()))
                assert (await client.answer()).body == str(number).encode()
            await client.close()

    run(main())


def test_pipelined_requests_are_answered_in_order_whatever_is_ready_first(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(post("/hold") + post("/hold") + post("/echo/x", b"third"))
            await served.until_held(2)
            served.held[1].reply(200, b"second")
            served.held[0].reply(200, b"first")
            assert [(await client.answer()).body for _ in range(3)] == [b"first", b"second", b"third"]
            await client.close()

    run(main())


def test_hot_and_ordinary_requests_share_a_connection_in_order(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            get = b"GET /slow HTTP/1.1\r\nhost: test\r\n\r\n"
            await client.send(post("/echo/x", b"1") + get + post("/echo/x", b"3") + post("/hold") + get)
            assert (await client.answer()).body == b"1"
            assert (await client.answer()).body == b"/slow"
            assert (await client.answer()).body == b"3"
            await served.until_held(1)
            served.held[0].reply(200, b"4")
            assert (await client.answer()).body == b"4"
            assert (await client.answer()).body == b"/slow"
            await client.close()

    run(main())


def test_chunked_bodies_and_single_bytes_arrive_whole(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            head = b"POST /echo/x HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"
            for byte in head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n":
                await client.send(bytes([byte]))
            assert (await client.answer()).body == b"abcde"
            await client.close()

    run(main())


def test_a_client_that_asks_first_is_told_to_send_its_body(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            head = (
                b"POST /echo/x HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"
            )
            await client.send(head)
            assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            await client.send(b"ok")
            assert (await client.answer()).body == b"ok"
            await client.close()

    run(main())


def test_a_body_over_the_limit_is_refused_before_it_is_sent(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve(body=10) as served:
            client = await served.connect()
            await client.send(b"POST /echo/x HTTP/1.1\r\nhost: test\r\ncontent-length: 11\r\n\r\n")
            answer = await client.answer()
            assert (answer.status, json.loads(answer.body)["error"]["code"]) == (413, "too_large")
            assert answer.headers["connection"] == "close"
            assert await client.is_closed()
            await client.close()

    run(main())


def test_a_client_that_sends_too_much_still_reads_why(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve(body=1000) as served:
            client = await served.connect()
            await client.send(b"POST /echo/x HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n")
            for _ in range(200):
                await client.send(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
            assert (await client.answer()).status == 413
            await client.close()

    run(main())


@pytest.mark.parametrize(
    "rubbish",
    [b"rubbish\r\n\r\n", b"GET  HTTP/9\r\n\r\n", b"\x16\x03\x01\x00\xa5", b"POST /\xff\xfe http\r\n\r\n",
     b"POST /echo/x HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
     b"POST /echo/x HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"],
)  # fmt: skip
def test_what_is_not_http_is_refused_and_the_connection_closed(
    run: Run, serve: Serve, rubbish: bytes
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(rubbish)
            answer = await client.answer()
            assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, "invalid_request")
            assert await client.is_closed()
            await client.close()

    run(main())


def test_rubbish_after_a_request_waits_for_its_turn(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(post("/hold") + b"rubbish\r\n\r\n")
            await served.until_held(1)
            served.held[0].reply(200, b"first")
            assert (await client.answer()).body == b"first"
            assert (await client.answer()).status == 400
            await client.close()

    run(main())


def test_headers_without_end_are_refused(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve(head=1000) as served:
            client = await served.connect()
            await client.send(b"POST /echo/x HTTP/1.1\r\n" + b"x: " + b"y" * 2000 + b"\r\nz: 1\r\n\r\n")
            assert (await client.answer()).status == 431
            await client.close()

    run(main())


def test_an_offer_of_http_2_is_passed_over_and_the_body_kept(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            offer = ("connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABk")
            await client.send(post("/echo/x", b"body", *offer) + post("/echo/x", b"next"))
            assert (await client.answer()).body == b"body"
            assert (await client.answer()).body == b"next"
            await client.send(post("/size", b"12345", *offer))
            assert (await client.answer()).body == b"5"
            await client.close()

    run(main())


def test_http_1_0_and_connection_close_end_the_connection(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve() as served:
            old = b"POST /echo/x HTTP/1.0\r\ncontent-length: 1\r\n\r\na"
            for request in (old, post("/echo/x", b"a", "connection: close")):
                client = await served.connect()
                await client.send(request)
                answer = await client.answer()
                assert (answer.body, answer.headers["connection"]) == (b"a", "close")
                assert await client.is_closed()
                await client.close()

    run(main())


def test_a_bug_in_a_handler_tells_nothing_of_the_inside_and_keeps_the_connection(
    run: Run, serve: Serve, post: Callable[..., bytes], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(post("/bug"))
            answer = await client.answer()
            assert (answer.status, json.loads(answer.body)["error"]["code"]) == (500, "internal")
            assert b"secret" not in answer.body
            await client.send(post("/echo/x", b"on"))
            assert (await client.answer()).body == b"on"
            await client.close()

    run(main())
    assert "a secret inside" in caplog.text


def test_an_unknown_route_is_told_in_the_agreed_shape(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(post("/nowhere"))
            answer = await client.answer()
            assert (answer.status, json.loads(answer.body)["error"]["code"]) == (404, "not_found")
            await client.close()

    run(main())


def test_a_refusal_on_an_ordinary_route_keeps_the_connection(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            for _ in range(2):
                await client.send(b"GET /refused HTTP/1.1\r\nhost: test\r\n\r\n")
                answer = await client.answer()
                assert (answer.status, json.loads(answer.body)["error"]["code"]) == (409, "conflict")
            await client.close()

    run(main())


def test_no_header_makes_a_caller_another_address(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(b"GET /who HTTP/1.1\r\nhost: test\r\nx-forwarded-for: 10.1.2.3\r\n\r\n")
            assert (await client.answer()).body == b"127.0.0.1"
            await client.close()

    run(main())


def test_a_request_is_answered_once(run: Run, serve: Serve, post: Callable[..., bytes]) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(post("/hold"))
            await served.until_held(1)
            served.held[0].reply(200, b"once")
            with pytest.raises(RuntimeError, match="twice"):
                served.held[0].reply(200, b"again")
            with pytest.raises(ValueError, match="line break"):
                await _with_broken_header(served, client, post)
            await client.close()

    async def _with_broken_header(served: Any, client: Any, post: Callable[..., bytes]) -> None:
        await client.send(post("/hold"))
        await served.until_held(2)
        served.held[1].reply(503, b"", headers=[("x", "a\r\nb: c")])

    run(main())


def test_what_is_refused_at_its_head_is_answered_in_its_turn_and_its_body_not_kept(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    async def main() -> None:
        async with serve() as served:
            client = await served.connect()
            await client.send(post("/hold") + post("/guarded", b"x" * 1000)[:-500])
            await served.until_held(1)
            (connection,) = served.connections()
            assert connection._size == 500
            assert connection._chunks == []
            await client.send(b"x" * 500 + post("/guarded", b"ab", "authorization: any") + post("/guarded"))
            served.held[0].reply(200, b"first")
            answers = [await client.answer() for _ in range(4)]
            assert [answer.status for answer in answers] == [200, 401, 200, 401]
            assert answers[2].body == b"ab"
            await client.close()

    run(main())


def test_a_long_body_that_is_refused_at_its_head_ends_the_connection(run: Run, serve: Serve) -> None:
    async def main() -> None:
        async with serve() as served:
            for told in (b"content-length: 9000000", b"transfer-encoding: chunked"):
                client = await served.connect()
                await client.send(b"POST /guarded HTTP/1.1\r\nhost: test\r\n%b\r\n\r\n" % told)
                answer = await client.answer()
                assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
                assert answer.headers["connection"] == "close"
                assert await client.is_closed()
                await client.close()

    run(main())

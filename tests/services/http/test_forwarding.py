"""Where a request comes from: what a named balancer says of it, and nobody else."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.errors import InvalidInput
from services.http.addresses import address_in, is_within
from services.http.forwarding import Forwarders
from tests.services.http.conftest import Run, Serve

BALANCER = "10.0.0.7"


def _caller(listed: Any, peer: Any, *told: Any) -> Any:
    headers = [(b"x-forwarded-for", text.encode()) for text in told]
    return Forwarders(listed).caller((peer, 4711), [(b"host", b"x"), *headers])


def test_a_header_of_anybody_else_is_ignored() -> None:
    assert _caller([BALANCER], "203.0.113.9", "192.168.0.5") == ("203.0.113.9", 4711)
    assert _caller([], BALANCER, "192.168.0.5") == (BALANCER, 4711)
    assert not Forwarders()


@pytest.mark.parametrize(
    ("told", "host"),
    [
        (("203.0.113.9",), "203.0.113.9"),
        (("192.168.0.5, 203.0.113.9",), "203.0.113.9"),
        (("192.168.0.5", "203.0.113.9"), "203.0.113.9"),
        (("192.168.0.5, 203.0.113.9, 10.0.0.8",), "203.0.113.9"),
        (("192.168.0.5, 203.0.113.9", "10.0.0.8"), "203.0.113.9"),
        (("10.0.0.8",), "10.0.0.8"),
        (("2001:db8::9",), "2001:db8::9"),
        (("[2001:db8::9]:50000",), "2001:db8::9"),
        (("203.0.113.9:50000",), "203.0.113.9"),
        (("::ffff:203.0.113.9",), "203.0.113.9"),
        (("fe80::1%eth0",), "fe80::1"),
    ],
)
def test_the_last_address_that_is_no_forwarders_own_counts(told: Any, host: str) -> None:
    assert _caller(["10.0.0.0/29", "10.0.0.8"], BALANCER, *told) == (host, 0)


@pytest.mark.parametrize(
    "told",
    ["", "unknown", "192.168.0.5,", "192.168.0.5, rubbish", "192.168.0.5, 1.2.3.4.5", "1.2.3.4\xff", "[::1",
     "192.168.0.5, rubbish, 10.0.0.7", "_hidden", "10.0.0.0/8", "1.2.3.4;1.2.3.5"],
)  # fmt: skip
def test_where_a_balancer_knows_nothing_nobody_is_meant(told: str) -> None:
    forwarders = Forwarders([BALANCER])
    headers = [(b"x-forwarded-for", told.encode("latin-1"))]
    assert forwarders.caller((BALANCER, 1), headers) is None
    assert not is_within(None, [])


def test_a_balancer_that_asks_for_itself_is_who_it_is() -> None:
    assert _caller([BALANCER], BALANCER) == (BALANCER, 4711)
    assert Forwarders([BALANCER]).caller(None, []) is None


def test_forwarders_of_version_six_and_of_both() -> None:
    assert _caller(["2001:db8::/64"], "2001:db8::7", "203.0.113.9") == ("203.0.113.9", 0)
    assert _caller([BALANCER], f"::ffff:{BALANCER}", "203.0.113.9") == ("203.0.113.9", 0)
    assert _caller(["2001:db8::/64"], "2001:db9::7", "203.0.113.9") == ("2001:db9::7", 4711)


@pytest.mark.parametrize(
    "text", ["", "10.0.0.300", "10.0.0.7/8", "0.0.0.0/0", "::/0", "a b", "-a", "*", "a/b"]
)
def test_what_is_no_peer_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Forwarders([text])


def test_an_address_is_read_whatever_is_around_it() -> None:
    assert str(address_in(" 10.0.0.7 ")) == BALANCER
    assert address_in("10.0.0.7 10.0.0.8") is None


def test_both_roads_of_a_connection_believe_a_named_peer_only(
    run: Run, serve: Serve, post: Callable[..., bytes]
) -> None:
    spoofed = "X-Forwarded-For: 192.168.0.5, 203.0.113.9"

    async def main(forwarded_by: Any, host: Any) -> None:
        async with serve(forwarded_by) as served:
            client = await served.connect()
            await client.send(f"GET /who HTTP/1.1\r\nhost: test\r\n{spoofed}\r\n\r\n".encode())
            assert (await client.answer()).body == host
            await client.send(post("/hold", b"", spoofed))
            await served.until_held(1)
            assert served.held[0].client[0].encode() == host
            served.held[0].reply(200, b"")
            await client.answer()
            await client.close()

    run(main(["127.0.0.1"], b"203.0.113.9"))
    run(main(["127.0.0.2"], b"127.0.0.1"))
    run(main([], b"127.0.0.1"))


def test_a_host_is_looked_up_while_the_server_runs(
    run: Run, until: Callable[[Callable[[], object]], Awaitable[None]]
) -> None:
    async def main() -> None:
        forwarders = Forwarders(["localhost", "no-such-host.invalid"])
        told = [(b"x-forwarded-for", b"203.0.113.9")]
        assert forwarders.caller(("127.0.0.1", 1), told) == ("127.0.0.1", 1)
        forwarders.start()
        await until(lambda: forwarders.caller(("127.0.0.1", 1), told) == ("203.0.113.9", 0))
        await forwarders.stop()

    run(main())

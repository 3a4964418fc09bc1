"""Whoever asks, and however much they send: the gateway stays small, and others are answered."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from services.registry.model import TokenRole
from tests.services.gateway.api.conftest import Platform

PATHS = (
    "/v1/projects/wine/predict",
    "/v1/projects/wine/versions/A/predict",
    "/v1/projects/wine/invocations",
    "/v2/models/wine/infer",
    "/v1/projects/wine/labels",
)
LONG = 32 << 20


@contextmanager
def asked(address: str, path: str, *headers: str, body: bytes = b"") -> Iterator[socket.socket]:
    """A connection over which the head of a POST was sent, and what is given of its body."""
    where = urlsplit(address)
    assert where.hostname is not None
    lines = "".join(f"{header}\r\n" for header in headers)
    with socket.create_connection((where.hostname, where.port or 0), timeout=30) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nhost: test\r\n{lines}\r\n".encode() + body)
        yield connection


def answer(connection: socket.socket) -> HTTPResponse:
    """What is answered; the connection goes on if the answer says so."""
    response = HTTPResponse(connection, method="POST")
    response.begin()
    response.read()
    return response


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("length", [f"content-length: {LONG}", "transfer-encoding: chunked"])
def test_a_stranger_is_answered_before_anything_of_a_body_has_come(
    wine: Platform, path: str, length: str
) -> None:
    for token in ("", "authorization: Bearer relevo_c_wrong"):
        with asked(wine.address, path, length, *filter(None, [token])) as connection:
            response = answer(connection)
        assert response.status == 401
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", PATHS)
def test_a_token_that_is_good_for_less_is_told_so_before_a_body_has_come(wine: Platform, path: str) -> None:
    token = wine.token(TokenRole.CLIENT, "beer")
    wine.followed(lambda: _status(wine, path, token) == 403)


def _status(platform: Platform, path: str, token: str) -> int:
    headers = (f"content-length: {LONG}", f"authorization: Bearer {token}")
    with asked(platform.address, path, *headers) as connection:
        return answer(connection).status


def test_a_short_body_of_a_stranger_does_not_end_the_connection(wine: Platform) -> None:
    with asked(wine.address, PATHS[0], "content-length: 2", body=b"{}") as connection:
        assert answer(connection).status == 401
        again = f"POST {PATHS[0]} HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n{{}}"
        connection.sendall(again.encode())
        assert answer(connection).status == 401


def test_what_was_refused_at_its_head_is_counted(wine: Platform) -> None:
    def counted() -> float:
        with wine.http() as http:
            lines = http.get("/metrics").text.splitlines()
        found = [line.split()[1] for line in lines if line.startswith('relevo_refused_total{status="401"}')]
        return float(found[0]) if found else 0.0

    before = counted()
    with asked(wine.address, PATHS[0], f"content-length: {LONG}") as connection:
        assert answer(connection).status == 401
    assert counted() == before + 1

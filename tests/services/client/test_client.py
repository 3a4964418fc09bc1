"""The client turns every answer into a value or into a kind of `services.errors`."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from services.client import GatewayClient
from services.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    Refused,
    RelevoError,
    StorageError,
    Unavailable,
    Uncertain,
)


class _Server(ThreadingHTTPServer):
    """Answers every request with what a test chose, and keeps what it was asked."""

    daemon_threads = False
    answer: tuple[int, dict[str, str], bytes] = (200, {}, b"[]")
    cut = False
    silent: threading.Event | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str, str | None]] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers["Authorization"]))
        if self.server.silent is not None:
            self.server.silent.wait(10)
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + (100 if self.server.cut else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the standard library's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[_Server]:
    serving = _Server()
    thread = threading.Thread(target=serving.serve_forever, args=(0.02,))
    thread.start()
    yield serving
    if serving.silent is not None:
        serving.silent.set()
    serving.shutdown()
    serving.server_close()
    thread.join()


@pytest.fixture
def client(server: _Server) -> Iterator[GatewayClient]:
    with GatewayClient(f"http://127.0.0.1:{server.server_port}", "secret-token", read_seconds=0.3) as made:
        yield made


def _error(code: str, field: str = "") -> bytes:
    place = f',"field":"{field}"' if field else ""
    return f'{{"error":{{"code":"{code}","message":"in words"{place}}}}}'.encode()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_json", InvalidInput),
        (401, "unauthorized", Refused),
        (403, "forbidden", Refused),
        (404, "not_found", NotFound),
        (409, "conflict", Conflict),
        (413, "too_large", InvalidInput),
        (422, "invalid_input", InvalidInput),
        (503, "unavailable", Unavailable),
        (503, "uncertain", Uncertain),
        (503, "spool_full", StorageError),
    ],
)
def test_each_error_comes_back_as_its_kind_in_the_same_words(
    server: _Server, client: GatewayClient, status: int, code: str, kind: Any
) -> None:
    server.answer = (status, {}, _error(code))
    with pytest.raises(kind) as raised:
        client.projects()
    assert raised.value.message == "in words"


def test_an_error_about_a_field_names_it(server: _Server, client: GatewayClient) -> None:
    server.answer = (422, {}, _error("invalid_input", "instances[0].ph"))
    with pytest.raises(InvalidInput) as raised:
        client.predict("wine", [{"ph": 1}])
    error: Any = raised.value
    assert error.field == "instances[0].ph"


def test_when_to_come_back_is_kept(server: _Server, client: GatewayClient) -> None:
    server.answer = (503, {"Retry-After": "7"}, _error("unavailable"))
    with pytest.raises(Unavailable) as raised:
        client.projects()
    assert raised.value.retry_after == 7.0


def test_an_answer_that_is_not_the_apis_is_an_error_with_words(
    server: _Server, client: GatewayClient
) -> None:
    server.answer = (200, {}, b"<html>")
    with pytest.raises(RelevoError, match="cannot be read"):
        client.projects()
    server.answer = (502, {}, b"<html>")
    with pytest.raises(Unavailable):
        client.projects()


def test_a_redirect_is_not_followed_with_the_token(server: _Server, client: GatewayClient) -> None:
    server.answer = (302, {"Location": "http://127.0.0.1:9/steal"}, b"")
    with pytest.raises(RelevoError):
        client.projects()
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with (
        GatewayClient("http://127.0.0.1:9", "secret-token") as client,
        pytest.raises(Unavailable) as raised,
    ):
        client.projects()
    assert "secret-token" not in raised.value.message + raised.value.details


def test_a_server_that_says_nothing_is_uncertain(server: _Server, client: GatewayClient) -> None:
    server.silent = threading.Event()
    with pytest.raises(Uncertain):
        client.projects()


def test_a_stream_that_breaks_off_is_unavailable(server: _Server, client: GatewayClient) -> None:
    server.answer, server.cut = (200, {}, b'{"ph":1}\n'), True
    with pytest.raises(Unavailable):
        list(client.data("wine", "A"))


def test_what_is_no_address_is_told(client: GatewayClient) -> None:
    del client
    with GatewayClient("gateway:8000") as other, pytest.raises(InvalidInput, match="is not an address"):
        other.projects()


def test_names_of_any_kind_stay_one_segment_of_the_path(server: _Server, client: GatewayClient) -> None:
    server.answer = (404, {}, _error("not_found"))
    with pytest.raises(NotFound):
        client.history("../tokens?x='\"; DROP")
    method, path, authorization = server.asked[0]
    assert path == "/v1/projects/..%2Ftokens%3Fx%3D%27%22%3B%20DROP/history"
    assert (method, authorization) == ("GET", "Bearer secret-token")

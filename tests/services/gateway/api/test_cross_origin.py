"""Pages of listed origins may call and read the answers; those of others may not."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.errors import InvalidInput
from services.gateway.messages import ListenerState
from services.http.cross_origin import AllowedOrigins
from services.registry.model import Listener
from tests.services.gateway.api.conftest import Platform, StubModel

SHOP, OTHER = "https://shop.example.com", "https://evil.example.com"
BODY = {"instances": [{"ph": 3.5, "alcohol": 9.5}]}
PREDICT = "/v1/projects/wine/predict"
ALLOWED = "access-control-allow-origin"


@pytest.fixture
def gateway(tmp_path: Path, model: StubModel, helpers: SimpleNamespace) -> Iterator[Platform]:
    """A gateway that lists one origin."""
    with helpers.open_platform(tmp_path, "--allow-origin", f"{SHOP}:443/") as platform:
        platform.register("wine", "A", helpers.signature("ph", "alcohol"), model.address)
        with platform.client() as client:
            helpers.wait_until(lambda: "wine" in client.projects())
        yield platform


def _preflight(
    http: Any, path: Any, origin: Any, method: Any = "POST", headers: Any = "authorization,content-type"
) -> Any:
    asked = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": headers,
    }
    return http.options(path, headers=asked)


def test_a_listed_origin_may_call_and_nothing_else_may(
    gateway: Any, port: int, helpers: SimpleNamespace
) -> None:
    with gateway.http("") as http:
        for path in (PREDICT, "/v1/projects/wine/labels", "/v2/models/wine/infer"):
            answer = _preflight(http, path, SHOP)
            assert answer.status_code == 200
            assert answer.headers[ALLOWED] == SHOP
            assert "access-control-allow-credentials" not in answer.headers
            for origin, method in ((OTHER, "POST"), ("null", "POST"), (SHOP, "PUT"), (SHOP, "DELETE")):
                assert _preflight(http, path, origin, method).status_code == 400
        assert _preflight(http, PREDICT, SHOP, headers="x-secret").status_code == 400
        refused = http.post(PREDICT, json=BODY, headers={"origin": SHOP})
        assert (refused.status_code, refused.headers[ALLOWED]) == (401, SHOP)
    with gateway.http() as http:
        for path in (PREDICT, "/v1/projects/wine/openapi.json"):
            method = "POST" if path == PREDICT else "GET"
            body = {"json": BODY} if path == PREDICT else {}
            answer = http.request(method, path, headers={"origin": SHOP}, **body)
            assert (answer.status_code, answer.headers[ALLOWED]) == (200, SHOP)
            assert "Origin" in answer.headers["vary"]
            for headers in ({"origin": OTHER}, {}):
                assert ALLOWED not in http.request(method, path, headers=headers, **body).headers
    _a_refused_body_is_told_to_listed_pages(gateway)
    _listener_takes_listed_pages_only(gateway, port, helpers)


def _a_refused_body_is_told_to_listed_pages(gateway: Any) -> None:
    """Also where its length alone is too much, and nothing of it is read."""
    host, _, port = gateway.address.removeprefix("http://").partition(":")
    for path in (PREDICT, "/v2/models/wine/infer", "/v1/projects/wine/invocations"):
        for origin, allowed in ((SHOP, True), (OTHER, False)):
            head = (
                f"POST {path} HTTP/1.1\r\nhost: x\r\norigin: {origin}\r\n"
                f"authorization: Bearer {gateway.admin_token}\r\ncontent-length: {1 << 30}\r\n\r\n"
            )
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                connection.sendall(f"{head}\r\n\r\n".encode())
                answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
            assert answer.startswith("HTTP/1.1 413 ")
            assert (f"{ALLOWED}: {SHOP}" in answer) is allowed


def _listener_takes_listed_pages_only(gateway: Any, port: int, helpers: SimpleNamespace) -> None:
    with gateway.client() as client:
        client.put_listener(Listener(port, "wine", "", ("127.0.0.0/8",)))
        helpers.wait_until(lambda: client.listeners()[0].state == "listening")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        for path, body in (("/predict", BODY["instances"][0]), ("/labels", [])):
            assert http.post(path, json=body, headers={"origin": OTHER}).status_code == 403
            answer = http.post(path, json=body, headers={"origin": SHOP})
            assert (answer.status_code, answer.headers[ALLOWED]) == (200, SHOP)


def test_without_listed_origins_no_page_may_read(wine: Platform) -> None:
    with wine.http() as http:
        assert ALLOWED not in http.post(PREDICT, json=BODY, headers={"origin": SHOP}).headers
        assert _preflight(http, PREDICT, SHOP).status_code == 405


def test_no_page_calls_where_no_token_keeps_it_out(listener_of_wine: httpx.Client) -> None:
    assert listener_of_wine.post("/predict", json=BODY).status_code == 200
    refused = listener_of_wine.post("/predict", json=BODY, headers={"origin": OTHER})
    assert refused.status_code == 403
    assert listener_of_wine.get("/v2", headers={"origin": OTHER}).status_code == 403


@pytest.fixture
def listener_of_wine(opened: Callable[[Listener], ListenerState], port: int) -> Iterator[httpx.Client]:
    opened(Listener(port, "wine", "", ("127.0.0.0/8",)))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        yield http


@pytest.mark.parametrize(
    "text",
    ["*", "null", "shop.example.com", "https://*.example.com", "https://a.com/path", "https://u@a.com",
     "https://", "ftp://a.com", "https://a.com:x", ""],
)  # fmt: skip
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        AllowedOrigins([text])


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Shop.Example.com/", "https://shop.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://shop.example.com:443", "https://shop.example.com"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_origins_are_kept_as_browsers_write_them(text: str, origin: str) -> None:
    AllowedOrigins([text]).check(origin)

"""Whatever goes wrong under a protocol's routes is told in that protocol's own form."""

import json
import socket
from typing import Any

import httpx
import pytest

from tests.services.gateway.api.conftest import Platform

INFER, INVOKE = "/v2/models/wine/infer", "/v1/projects/wine/invocations"
TOO_LONG = 33 << 20


def _is_inference(body: Any) -> Any:
    return set(body) == {"error"} and isinstance(body["error"], str)


def _is_mlflow(body: Any) -> bool:
    return set(body) == {"error_code", "message"}


def _is_own(body: Any) -> Any:
    return set(body) == {"error"} and {"code", "message"} <= set(body["error"])


@pytest.mark.parametrize(
    ("method", "path", "allowed", "fits"),
    [
        ("POST", "/v2", "GET, HEAD", _is_inference),
        ("DELETE", "/v2/health/live", "GET, HEAD", _is_inference),
        ("POST", "/v2/models/wine", "GET, HEAD", _is_inference),
        ("PUT", "/v2/models/wine/versions/A/ready", "GET, HEAD", _is_inference),
        ("GET", INFER, "POST", _is_inference),
        ("PROPFIND", INFER, "POST", _is_inference),
        ("GET", INVOKE, "POST", _is_mlflow),
        ("GET", "/v1/projects/wine/predict", "POST", _is_own),
        ("PATCH", "/health", "GET, HEAD", _is_own),
    ],
)
def test_a_wrong_method_is_told_with_the_right_ones(
    wine: Platform, method: str, path: Any, allowed: str, fits: Any
) -> None:
    with wine.http() as http:
        answer = http.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert fits(answer.json())


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PROPFIND"])
def test_what_the_protocol_does_not_have_is_not_found_by_any_method(wine: Platform, method: str) -> None:
    with wine.http() as http:
        for path in ("/v2/", "/v2/repository/index", "/v2/models/wine/infer/"):
            answer = http.request(method, path)
            assert answer.status_code == 404
            assert _is_inference(answer.json())


@pytest.mark.parametrize(
    ("path", "content", "headers", "expected"),
    [
        (INFER, b"{", {}, (400, _is_inference)),
        (INFER, b"[]", {}, (400, _is_inference)),
        (INFER, b"\xff", {}, (400, _is_inference)),
        (INFER, b"{}", {"inference-header-content-length": "x"}, (400, _is_inference)),
        (INFER, b"{}", {"content-encoding": "gzip"}, (415, _is_inference)),
        (INFER, b"{}", {"authorization": "Bearer x"}, (401, _is_inference)),
        ("/v2/models/beer/infer", b"{}", {}, (404, _is_inference)),
        ("/v2/models/wine/versions/Z/infer", b"{}", {}, (404, _is_inference)),
        (INVOKE, b"{", {}, (400, _is_mlflow)),
        (INVOKE, b"x", {"content-type": "application/x-parquet"}, (415, _is_mlflow)),
        (INVOKE, b"{}", {"authorization": "Bearer x"}, (401, _is_mlflow)),
        ("/v1/projects/beer/invocations", b"{}", {}, (404, _is_mlflow)),
    ],
)
def test_what_cannot_be_answered_is_told_in_the_protocols_form(
    wine: Platform, path: Any, content: bytes, headers: Any, expected: Any
) -> None:
    with wine.http() as http:
        answer = http.post(path, content=content, headers=headers)
    status, fits = expected
    assert answer.status_code == status
    assert fits(answer.json())


def test_a_listener_tells_wrong_methods_in_the_same_forms(listener: httpx.Client) -> None:
    for path, fits in (
        ("/invocations", _is_mlflow),
        ("/v2/models/wine/infer", _is_inference),
        ("/predict", _is_own),
    ):
        answer = listener.get(path)
        assert answer.status_code == 405
        assert fits(answer.json())
    assert _is_mlflow(listener.post("/ping").json())


@pytest.mark.parametrize(
    ("path", "fits"), [(INFER, _is_inference), (INVOKE, _is_mlflow), ("/v1/projects/wine/predict", _is_own)]
)
def test_a_body_over_the_limit_is_told_before_it_is_read(wine: Platform, path: Any, fits: Any) -> None:
    status, body = _refused_before_the_body(wine.address, path, wine.admin_token)
    assert status == 413
    assert fits(body)
    status, body = _refused_before_the_body(wine.address, path, "wrong")
    assert status == 401
    assert fits(body)


def _refused_before_the_body(address: Any, path: Any, token: str) -> Any:
    """Status and body of the answer to a request whose length alone is too much."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
            f"content-length: {TOO_LONG}\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)

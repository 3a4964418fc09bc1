"""Ports of their own: opened, followed, closed, and their failures shown."""

import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.gateway.messages import LabelCounts, ListenerState
from services.registry.model import Listener, TokenRole
from tests.services.gateway.api.conftest import Platform

BODY = {"instances": [{"ph": 3.5, "alcohol": 9.5}]}


def _state(client: Any, port: int) -> Any:
    return next(state for state in client.listeners() if state.port == port)


def _ask(port: int, token: Any = "", path: Any = "/predict", body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(trust_env=False) as http:
        return http.post(f"http://127.0.0.1:{port}{path}", json=body or BODY, headers=headers)


def test_a_projects_port_answers_at_the_root_to_whoever_has_a_token(
    wine: Platform, opened: Callable[[Listener], ListenerState], port: int
) -> None:
    assert opened(Listener(port, "wine")).state == "listening"
    assert _ask(port).status_code == 401
    answer = _ask(port, wine.token(TokenRole.CLIENT, "beer"))
    assert answer.status_code in {401, 403}
    prediction = _ask(port, wine.admin_token).json()["predictions"][0]
    assert prediction["prediction"] == 13.0
    with wine.client() as client:
        assert client.label("wine", [(prediction["id"], 7.0)]) == LabelCounts(1, 0, 0, 0)


def test_a_network_may_call_without_a_token(opened: Callable[[Listener], ListenerState], port: int) -> None:
    opened(Listener(port, "wine", "A", ("10.0.0.0/8", "127.0.0.0/8")))
    assert _ask(port).status_code == 200
    assert _ask(port, path="/labels", body=[]).status_code == 422
    with httpx.Client(trust_env=False, base_url=f"http://127.0.0.1:{port}") as http:
        assert http.post("/labels", content=b"[]").json()["accepted"] == 0
        assert http.get("/health").status_code == 200
        assert "/predict" in http.get("/openapi.json").json()["paths"]
        assert http.get("/v1/projects").status_code == 404


def test_another_network_needs_a_token(
    wine: Platform, opened: Callable[[Listener], ListenerState], port: int
) -> None:
    opened(Listener(port, "wine", "", ("10.0.0.0/8",)))
    assert _ask(port).status_code == 401
    assert _ask(port, wine.admin_token).status_code == 200


def test_the_registry_names_a_versions_listener_as_its_url(
    wine: Platform, opened: Callable[[Listener], ListenerState], port: int
) -> None:
    opened(Listener(port, "wine", "A"))
    with wine.client() as client:
        assert client.project("wine").version("A").url == f"http://127.0.0.1:{port}"
        client.remove_listener(port)
        assert client.project("wine").version("A").url == f"{wine.address}/v1/projects/wine/versions/A"


def test_where_only_the_project_has_a_listener_each_version_is_asked_there_by_its_name(
    wine: Platform, opened: Callable[[Listener], ListenerState], port: int
) -> None:
    opened(Listener(port, "wine", "", ("127.0.0.0/8",)))
    with wine.client() as client:
        url = client.project("wine").version("A").url
    assert url == f"http://127.0.0.1:{port}/versions/A"
    with httpx.Client(trust_env=False) as http:
        answer = http.post(f"{url}/predict", json=BODY["instances"][0])
        assert (answer.status_code, answer.json()) == (200, 13.0)
        assert http.post(f"http://127.0.0.1:{port}/versions/Z/predict", json={}).status_code == 404
        assert http.get(f"{url}/predict").status_code == 405


def test_a_listener_that_another_gateway_was_given_is_followed(
    wine: Platform, opened: Callable[[Listener], ListenerState], port: int, helpers: SimpleNamespace
) -> None:
    wine.store.put_listener(Listener(port, "wine"))
    with wine.client() as client:
        helpers.wait_until(lambda: any(state.state == "listening" for state in client.listeners()))
        assert _ask(port, wine.admin_token).status_code == 200
        wine.store.remove_listener(port)
        helpers.wait_until(lambda: not client.listeners())
    with pytest.raises(httpx.ConnectError):
        _ask(port)


def test_a_taken_port_is_a_state_until_it_becomes_free(
    wine: Platform, opened: Callable[[Listener], ListenerState], helpers: SimpleNamespace
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        state = opened(Listener(port, "wine"))
        assert state.state == "failed"
        assert "cannot listen" in state.message
        with wine.client() as client:
            assert client.health().listeners[0].state == "failed"
    with wine.client() as client:
        helpers.wait_until(lambda: _state(client, port).state == "listening")


def test_other_machines_are_not_served_without_tls(
    opened: Callable[[Listener], ListenerState], port: int
) -> None:
    state = opened(Listener(port, "wine", host="0.0.0.0"))
    assert state.state == "failed"
    assert "TLS" in state.message


@pytest.mark.parametrize(
    ("port", "body"),
    [
        ("0", {"project": "wine"}),
        ("70000", {"project": "wine"}),
        ("x", {"project": "wine"}),
        ("18000", {"project": "wine", "networks": ["here"]}),
    ],
)
def test_a_listener_that_makes_no_sense_is_refused(wine: Platform, port: str, body: Any) -> None:
    with wine.http() as http:
        assert http.put(f"/v1/listeners/{port}", json=body).status_code == 422

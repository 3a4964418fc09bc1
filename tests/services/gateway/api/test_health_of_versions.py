"""A version's health is known before anybody asks it for a prediction, and follows the service."""

from typing import Any


def health(platform: Any, project: str) -> dict[str, str]:
    with platform.client() as client:
        return {name: status.health for name, status in client.project(project).status.items()}


def test_health_is_known_before_the_first_request(wine: Any, model: Any, helpers: Any) -> None:
    wine.register("unasked", "A", helpers.signature("ph"), model.address)
    wine.register("unasked", "B", helpers.signature("ph"), "http://127.0.0.1:9")
    with wine.client() as client:
        helpers.wait_until(lambda: "unasked" in client.projects())
    helpers.wait_until(lambda: health(wine, "unasked") == {"A": "ok", "B": "down"})
    assert not model.seen


def test_a_service_that_loads_a_model_comes_up_by_itself_even_after_a_request_failed(
    wine: Any, model: Any, helpers: Any
) -> None:
    model.loaded = False
    model.answer = lambda _rows: (503, b"{}")
    wine.register("loading", "A", helpers.signature("ph"), model.address)
    with wine.client() as client, wine.http() as http:
        helpers.wait_until(lambda: "loading" in client.projects())
        body = {"instances": [{"ph": 3.0}]}
        assert http.post("/v1/projects/loading/predict", json=body).status_code == 503
    helpers.wait_until(lambda: health(wine, "loading") == {"A": "down"})
    model.loaded = True
    helpers.wait_until(lambda: health(wine, "loading") == {"A": "ok"})


def test_a_version_without_a_service_is_unknown(wine: Any, helpers: Any) -> None:
    wine.register("nowhere", "A", helpers.signature("ph"), "")
    with wine.client() as client:
        helpers.wait_until(lambda: "nowhere" in client.projects())
    assert health(wine, "nowhere") == {"A": "unknown"}

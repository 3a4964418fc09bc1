"""A champion that is down, slow or wrong: the client is told to come back, others do not suffer."""

import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from services.gateway.coalescing import MOST_CALLS
from tests.services.gateway.api.conftest import Platform, StubModel

ROW = {"ph": 3.5, "alcohol": 9.5}


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>not json</html>"),
        (200, b'{"predictions":[],"revision":"x"}'),
        (200, b'{"predictions":["high"],"revision":"x"}'),
        (200, b'{"predictions":[null],"revision":"x"}'),
        (200, b'{"predictions":[NaN],"revision":"x"}'),
        (200, b'{"predictions":[1.0]}'),
        (500, b"Traceback (most recent call last): secret"),
        (404, b""),
    ],
)
def test_a_champion_that_breaks_the_contract_is_a_503_with_a_retry_hint(
    wine: Platform, model: StubModel, answer: Any
) -> None:
    model.answer = lambda _: answer
    response = _predict(wine)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) >= 1
    error = response.json()["error"]
    assert error["code"] == "unavailable"
    assert "version A of wine" in error["message"]
    assert "Traceback" not in response.text
    assert model.address not in response.text


def test_a_slow_champion_is_a_503_once_its_time_is_over(wine: Platform, model: StubModel) -> None:
    model.delay = 3.0
    response = _predict(wine)
    assert response.status_code == 503
    assert "did not answer in time" in response.json()["error"]["message"]


def test_a_champion_that_is_down_is_a_503_and_is_counted(wine: Platform, helpers: SimpleNamespace) -> None:
    wine.register("down", "A", helpers.signature("ph", "alcohol"), "http://127.0.0.1:9")
    with wine.client() as client:
        helpers.wait_until(lambda: "down" in client.projects())
        assert _predict(wine, "down").status_code == 503
        assert 'relevo_requests_total{project="down",status="503",version="A"} 1.0' in client.metrics()
        status = client.project("down").status["A"]
    assert (status.health, status.errors) == ("down", 1)


def test_a_version_that_never_registered_a_service_is_a_503(
    wine: Platform, helpers: SimpleNamespace
) -> None:
    wine.register("silent", "A", helpers.signature("ph", "alcohol"), "")
    with wine.client() as client:
        helpers.wait_until(lambda: "silent" in client.projects())
    response = _predict(wine, "silent")
    assert response.status_code == 503
    assert "no service" in response.json()["error"]["message"]


def test_a_row_that_the_model_refuses_is_told_to_its_client_alone(
    wine: Platform, model: StubModel, helpers: SimpleNamespace
) -> None:
    def picky(rows: Any) -> Any:
        for index, row in enumerate(rows):
            if row["ph"] > 14:
                error = {
                    "code": "invalid_input",
                    "message": "ph is at most 14",
                    "field": f"instances[{index}].ph",
                }
                return 422, json.dumps({"error": error}).encode()
        return helpers.add_up(rows)

    def shared() -> Any:
        bad = {"ph": 99.0, "alcohol": 9.5}
        return any(bad in body["instances"] and len(body["instances"]) > 1 for _, body in model.seen)

    model.answer = picky
    model.delay = 0.2
    with ThreadPoolExecutor(16) as pool:
        for _ in range(10):
            # While these hold every call that may be under way, the others gather into one.
            first = [pool.submit(_predict, wine) for _ in range(MOST_CALLS)]
            helpers.wait_until(lambda: model.seen)
            rest = [pool.submit(_predict, wine, "wine", 99.0 if n == 3 else 3.5) for n in range(8)]
            assert {future.result().status_code for future in first} == {200}
            assert [future.result().status_code for future in rest] == [
                422 if n == 3 else 200 for n in range(8)
            ]
            if shared():
                break
    assert shared()
    model.delay = 0.0
    assert _predict(wine, "wine", 99.0).json()["error"]["field"] == "instances[0].ph"


def test_requests_that_arrive_together_are_asked_together(wine: Platform, model: StubModel) -> None:
    model.delay = 0.1
    with ThreadPoolExecutor(32) as pool:
        responses = list(pool.map(lambda n: _predict(wine, "wine", float(n)), range(32)))
    assert [each.json()["predictions"][0]["prediction"] for each in responses] == [
        n + 9.5 for n in range(32)
    ]
    assert len(model.seen) < 32


def _predict(wine: Platform, project: str = "wine", ph: float = 3.5) -> Any:
    with wine.http() as http:
        return http.post(f"/v1/projects/{project}/predict", json={"instances": [{**ROW, "ph": ph}]})

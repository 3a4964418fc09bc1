"""The root of a listener takes and gives what a small Flask or plumber service does, and v1's own form."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.gateway.messages import ListenerState
from services.registry.model import Field, Listener
from tests.services.gateway.api.conftest import Platform, StubModel

ROW = {"ph": 3.5, "alcohol": 9.5}


def test_one_object_gives_one_prediction_and_its_id_in_a_header(
    wine: Platform, listener: httpx.Client
) -> None:
    answer = listener.post("/predict", json=ROW)
    assert answer.json() == 13.0
    with wine.client() as client:
        counts = client.label("wine", [(answer.headers["prediction-id"], 7.0)])
    assert (counts.accepted, counts.not_yet_matched) == (1, 0)


def test_a_list_gives_a_list(listener: httpx.Client) -> None:
    answer = listener.post("/predict", json=[ROW, {"ph": 1, "alcohol": 2}])
    assert answer.json() == [13.0, 3.0]


def test_v1s_own_form_goes_on_at_the_same_address(listener: httpx.Client) -> None:
    answer = listener.post("/predict", json={"instances": [ROW]}).json()
    assert answer["predictions"][0]["prediction"] == 13.0
    refused = listener.post("/predict", json={"instances": [{"ph": 1}]})
    assert refused.json()["error"]["field"] == "instances[0].alcohol"


def test_classes_are_given_by_name(
    sorts: Any, opened: Callable[[Listener], ListenerState], port: int, model: StubModel
) -> None:
    opened(Listener(port, "sorts", "A", ("127.0.0.0/8",)))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        assert http.post("/predict", json={"ph": 3}).json() == "red"


def test_an_input_called_instances_is_still_a_row(
    wine: Platform,
    model: StubModel,
    helpers: SimpleNamespace,
    opened: Callable[[Listener], ListenerState],
    port: int,
) -> None:
    wine.register("odd", "A", helpers.signature(Field("instances", "instances")), model.address)
    with wine.client() as client:
        helpers.wait_until(lambda: "odd" in client.projects())
    opened(Listener(port, "odd", "", ("127.0.0.0/8",)))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        assert http.post("/predict", json={"instances": 4}).json() == 4.0
        own = http.post("/predict", json={"instances": [{"instances": 5}]}).json()
        assert own["predictions"][0]["prediction"] == 5.0


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"ph": 1}', 422, "alcohol"),
        (b'{"ph": "1", "alcohol": 2}', 422, "ph"),
        (b'[{"ph": 1, "alcohol": 2}, {"ph": 1, "alcohol": null}]', 422, "[1].alcohol"),
        (b"[]", 422, ""),
        (b"3", 422, ""),
        (b"[3]", 422, "[0]"),
        (b"{", 400, ""),
        (b'{"ph": NaN, "alcohol": 2}', 422, "ph"),
    ],
)
def test_what_is_wrong_with_a_plain_body_is_told_by_field(
    listener: httpx.Client, body: bytes, status: int, field: str
) -> None:
    answer = listener.post("/predict", content=body)
    assert answer.status_code == status
    assert answer.json()["error"].get("field", "") == field


def test_the_apis_own_address_takes_v1_only(wine: Platform) -> None:
    with wine.http() as http:
        assert http.post("/v1/projects/wine/predict", json=ROW).status_code == 422

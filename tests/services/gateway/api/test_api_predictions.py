"""What a client application gets from `/predict`."""

import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.errors import Refused
from services.registry.model import TokenRole
from services.store.identifiers import format_id, new_ids
from tests.services.gateway.api.conftest import Platform

ROW = {"ph": 3.5, "alcohol": 9.5}


def test_each_instance_gets_its_prediction_under_an_id_of_its_own(wine: Platform) -> None:
    with wine.client() as client:
        answers = client.predict("wine", [ROW, {"ph": 1, "alcohol": 2}])
    assert [answer.prediction for answer in answers] == [13.0, 3.0]
    assert len({answer.id for answer in answers}) == 2
    assert {UUID(answer.id).version for answer in answers} == {7}
    assert {(answer.version, answer.revision) for answer in answers} == {("A", "a" * 64)}


def test_ids_that_the_client_brought_are_kept(wine: Platform) -> None:
    brought = [format_id(*row) for row in new_ids(2).tolist()]
    with wine.client() as client:
        answers = client.predict("wine", [ROW, ROW], ids=brought)
    assert [answer.id for answer in answers] == brought


def test_predictions_reach_the_store_under_their_ids(wine: Platform, helpers: SimpleNamespace) -> None:
    with wine.client() as client:
        answer = client.predict("wine", [ROW])[0]
    helpers.wait_until(
        lambda: any(str(row) == answer.id for row in wine.store.newest("wine", "A", 50).get("id", []))
    )
    newest = wine.store.newest("wine", "A", 50)
    place = [str(row) for row in newest["id"]].index(answer.id)
    assert newest["predicted"][place] == 13.0
    assert newest["ph"][place] == 3.5


def test_ten_thousand_rows_in_one_request_are_answered_in_order(wine: Platform) -> None:
    rows = [{"ph": float(number), "alcohol": 0.5} for number in range(10_000)]
    with wine.client() as client:
        answers = client.predict("wine", rows)
    assert [answer.prediction for answer in answers] == [number + 0.5 for number in range(10_000)]


def test_what_is_only_tried_is_answered_and_nowhere_recorded(
    wine: Platform, helpers: SimpleNamespace
) -> None:
    with wine.client() as client:
        tried = client.try_version("wine", "A", [ROW, {"ph": 1, "alcohol": 2}])
        asked = client.predict("wine", [ROW])[0].id
    assert (tried.predictions, tried.revision) == ([13.0, 3.0], "a" * 64)
    helpers.wait_until(
        lambda: asked in [str(row) for row in wine.store.newest("wine", "A", 50).get("id", [])]
    )
    newest = wine.store.newest("wine", "A", 50)
    assert 2.0 not in newest["alcohol"]


def test_only_an_administrator_tries(wine: Platform) -> None:
    with wine.client(wine.token(TokenRole.CLIENT, "wine")) as client, pytest.raises(Refused):
        client.try_version("wine", "A", [ROW])


def test_one_version_can_be_asked_by_name(wine: Platform) -> None:
    with wine.client() as client:
        assert client.predict("wine", [ROW], version="A")[0].version == "A"


@pytest.mark.parametrize(
    ("body", "status", "field", "words"),
    [
        ({"instances": [{**ROW, "ph": "high"}]}, 422, "instances[0].ph", "must be a number"),
        ({"instances": [ROW, {**ROW, "ph": None}]}, 422, "instances[1].ph", "not null"),
        ({"instances": [ROW, {"ph": 3}]}, 422, "instances[1].alcohol", "is required"),
        ({"instances": [{**ROW, "colour": 1}]}, 422, "instances[0].colour", "is not an input"),
        ({"instances": []}, 422, "instances", "empty"),
        ({}, 422, "instances", "is required"),
        ({"instances": [ROW], "ids": []}, 422, "ids", "0 entries for 1 instances"),
        ({"instances": [ROW], "ids": ["x"]}, 422, "ids[0]", "is not a UUID"),
        ({"instances": [ROW], "ids": [str(uuid4())]}, 422, "ids[0]", "time-based"),
        ({"instances": [ROW], "extra": 1}, 422, "extra", ""),
        ([], 422, "", "must be an object"),
    ],
)
def test_bad_input_is_refused_with_the_field_and_the_reason(
    wine: Platform, body: Any, status: int, field: str, words: str
) -> None:
    answer = _post(wine, json.dumps(body))
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == "invalid_input"
    assert error.get("field", "") == field
    assert words in error["message"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_nan_and_infinity_are_refused_by_name(wine: Platform, number: str) -> None:
    answer = _post(wine, '{"instances":[{"ph":3.5,"alcohol":NUMBER}]}'.replace("NUMBER", number))
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "instances[0].alcohol"


def test_a_number_beyond_all_floats_is_refused(wine: Platform) -> None:
    answer = _post(wine, '{"instances":[{"ph":1e999,"alcohol":1}]}')
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "instances[0].ph"


@pytest.mark.parametrize("body", [b"", b"{", b"ph=3.5", b"\xff\xfe", b'{"\xff":[]}'])
def test_what_is_not_json_is_refused_as_such(wine: Platform, body: bytes) -> None:
    answer = _post(wine, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_json"


def test_a_body_over_the_limit_is_refused(wine: Platform) -> None:
    answer = _post(wine, b" " * ((32 << 20) + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/projects/beer/predict",
        "/v1/projects/wine'%3B%20DROP%20TABLE%20tokens%3B--/predict",
        "/v1/projects/%22%22/predict",
        "/v1/projects/wine/versions/Z/predict",
    ],
)
def test_unknown_projects_and_versions_are_not_found(wine: Platform, path: str) -> None:
    answer = _post(wine, json.dumps({"instances": [ROW]}), path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_an_id_twice_in_a_request_and_one_of_the_future_are_refused(wine: Platform) -> None:
    now = format_id(*new_ids(1).tolist()[0])
    answer = _post(wine, json.dumps({"instances": [ROW, ROW], "ids": [now, now]}))
    assert answer.json()["error"]["field"] == "ids[1]"
    future = "7fffffff-ffff-7000-8000-000000000000"
    answer = _post(wine, json.dumps({"instances": [ROW], "ids": [future]}))
    assert answer.json()["error"]["field"] == "ids[0]"


def _post(wine: Platform, body: str | bytes, path: str = "/v1/projects/wine/predict") -> httpx.Response:
    with wine.http() as http:
        return http.post(path, content=body)

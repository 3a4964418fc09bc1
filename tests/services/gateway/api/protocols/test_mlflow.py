"""MLflow's scoring protocol at a listener: its own client, its four JSON forms, CSV, and its errors."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.services.gateway.api.conftest import Platform, StubModel

ROW = {"ph": 3.5, "alcohol": 9.5}
SPLIT = {"columns": ["alcohol", "ph"], "data": [[9.5, 3.5], [2, 1]], "index": [7, 9]}
FORMS = [
    {"dataframe_split": SPLIT},
    {"dataframe_split": {"data": [[3.5, 9.5], [1, 2]]}},
    {"dataframe_records": [ROW, {"alcohol": 2, "ph": 1}]},
    {"instances": [ROW, {"ph": 1, "alcohol": 2}]},
    {"instances": [[3.5, 9.5], [1, 2]]},
    {"inputs": {"alcohol": [9.5, 2], "ph": [3.5, 1]}},
    {"inputs": [ROW, {"ph": 1, "alcohol": 2}]},
    {"inputs": [[3.5, 9.5], [1, 2]]},
]


def _error(answer: Any) -> Any:
    body = answer.json()
    assert set(body) == {"error_code", "message"}
    return answer.status_code, body["error_code"], body["message"]


def test_mlflows_own_client_works_unchanged(
    listening: int, run_client: Callable[[str, str, str], str]
) -> None:
    rows = json.dumps([ROW, {"ph": 1.0, "alcohol": 2.0}])
    answers = json.loads(run_client("mlflow_client.py", str(listening), rows))
    assert answers["version"] == "2.0.0"
    assert answers["frame"]["predictions"] == answers["array"]["predictions"] == [13.0, 3.0]
    assert answers["read"] == [13.0, 3.0]
    assert len(set(answers["frame"]["ids"] + answers["array"]["ids"])) == 4
    for word in (
        "error code 400",
        "INVALID_PARAMETER_VALUE",
        "dataframe_split.data[0].ph must be a number",
    ):
        assert word in answers["refused"]
    assert "alcohol must be a number, not null" in answers["refused_missing"]


@pytest.mark.parametrize("form", FORMS)
def test_every_json_form_gives_the_same_predictions(listener: httpx.Client, form: Any) -> None:
    answer = listener.post("/invocations", json=form)
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"] == [13.0, 3.0]
    assert answer.json()["version"] == "A"


def test_one_row_may_be_bare_values(listener: httpx.Client) -> None:
    assert listener.post("/invocations", json={"inputs": ROW}).json()["predictions"] == [13.0]


@pytest.mark.parametrize(
    ("text", "predictions"),
    [
        ("ph,alcohol\n3.5,9.5\n1,2\n", [13.0, 3.0]),
        ('"alcohol","ph"\r\n"9.5","3.5"', [13.0]),
        ("\ufeffph,alcohol\n3.5,9.5", [13.0]),
    ],
)
def test_csv_gives_the_same_predictions(listener: httpx.Client, text: str, predictions: Any) -> None:
    answer = listener.post("/invocations", content=text.encode(), headers={"content-type": "text/csv"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"] == predictions


def test_csv_keeps_types_and_missing_values(mixed: Any, model: StubModel) -> None:
    text = "ph,n,kind,sweet\n1,5.0,NA,True\n2,,,FALSE\nNaN,3,red,true"
    headers = {"content-type": "text/csv; charset=utf-8"}
    with mixed.http() as http:
        refused = http.post("/v1/projects/mixed/invocations", content=text, headers=headers)
        assert _error(refused)[2] == "rows[2].ph must be a number, not null"
        taken = http.post(
            "/v1/projects/mixed/invocations", content=text.rpartition("\n")[0], headers=headers
        )
    assert taken.status_code == 200, taken.text
    assert model.seen[-1][1]["instances"] == [
        {"ph": 1.0, "n": 5, "kind": "NA", "sweet": True},
        {"ph": 2.0, "kind": None, "sweet": False},
    ]


def test_nan_is_a_missing_value_outside_texts_only(mixed: Any, model: StubModel) -> None:
    body = b'{"dataframe_records": [{"ph": 1, "n": NaN, "kind": "NaN \\" NaN", "sweet": true}]}'
    with mixed.http() as http:
        assert http.post("/v1/projects/mixed/invocations", content=body).status_code == 200
        assert model.seen[-1][1]["instances"] == [{"ph": 1.0, "kind": 'NaN " NaN', "sweet": True}]
        assert http.post("/v1/projects/mixed/invocations", content=b'{"inputs": [NaN]}').status_code == 400


def test_classes_come_with_their_probabilities(sorts: Any) -> None:
    with sorts.http() as http:
        answer = http.post("/v1/projects/sorts/versions/A/invocations", json={"inputs": [3.5]}).json()
    assert answer["predictions"] == ["red"]
    assert answer["probabilities"] == [{"red": 0.75, "white": 0.25}]


def test_ids_may_be_brought_as_a_parameter(listener: httpx.Client) -> None:
    brought = "0197b7a0-0000-7000-8000-000000000001"
    body: dict[str, Any] = {"instances": [ROW], "params": {"ids": [brought]}}
    assert listener.post("/invocations", json=body).json()["ids"] == [brought]
    body["instances"].append(ROW)
    assert "params.ids" in _error(listener.post("/invocations", json=body))[2]


def test_the_servers_own_questions_are_answered(
    listener: httpx.Client, model: StubModel, helpers: SimpleNamespace
) -> None:
    for path in ("/ping", "/health", "/version"):
        assert listener.get(path).status_code == 200
    assert listener.get("/ping").text == "\n"
    model.answer = lambda instances: (500, b"{}")
    helpers.wait_until(lambda: listener.post("/invocations", json=FORMS[0]).status_code == 503)
    assert _error(listener.get("/ping"))[:2] == (503, "TEMPORARILY_UNAVAILABLE")


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"{", "BAD_REQUEST", "not valid JSON"),
        (b"[]", "INVALID_PARAMETER_VALUE", "must be an object"),
        (b"{}", "INVALID_PARAMETER_VALUE", "exactly one of"),
        (b'{"inputs": [], "instances": []}', "INVALID_PARAMETER_VALUE", "it has instances and inputs"),
        (b'{"instances": []}', "INVALID_PARAMETER_VALUE", "instances is empty"),
        (b'{"instances": [1]}', "INVALID_PARAMETER_VALUE", "instances[0] must be an object"),
        (b'{"instances": [[1]]}', "INVALID_PARAMETER_VALUE", "1 values for 2 columns"),
        (b'{"instances": [{"ph": 1}]}', "INVALID_PARAMETER_VALUE", "instances[0].alcohol is required"),
        (b'{"inputs": {"ph": [1], "alcohol": [1, 2]}}', "INVALID_PARAMETER_VALUE", "differ in length"),
        (b'{"inputs": {"ph": [1], "alcohol": 2}}', "INVALID_PARAMETER_VALUE", "alcohol must be a list"),
        (b'{"inputs": {"ph": [[1]], "alcohol": [2]}}', "INVALID_PARAMETER_VALUE", "inputs[0].ph must be"),
        (b'{"inputs": {}}', "INVALID_PARAMETER_VALUE", "inputs is empty"),
        (b'{"dataframe_split": {"columns": ["ph", "ph"], "data": [[1, 2]]}}', "INVALID_PARAMETER_VALUE",
         "the column ph stands twice"),
        (b'{"dataframe_split": {"columns": ["ph"], "rows": []}}', "INVALID_PARAMETER_VALUE", "rows"),
        (b'{"instances": [{"ph": 1, "alcohol": Infinity}]}', "INVALID_PARAMETER_VALUE", "infinite"),
        (b'{"inputs": [{"ph": 1, "alcohol": 2}], "params": {"a": 3}}', "INVALID_PARAMETER_VALUE", "a is"),
        (b'{"messages": []}', "INVALID_PARAMETER_VALUE", "messages"),
    ],
)  # fmt: skip
def test_bad_json_is_told_in_mlflows_form(
    listener: httpx.Client, body: bytes, code: str, words: str
) -> None:
    status, found, message = _error(listener.post("/invocations", content=body))
    assert (status, found) == (400, code)
    assert words in message


@pytest.mark.parametrize(
    "text", [b"", b"ph,alcohol", b"ph,alcohol\n1", b"ph,alcohol\n1,\xff", b'"ph', b"ph,ph\n1,2"]
)
def test_bad_csv_is_told_in_mlflows_form(listener: httpx.Client, text: bytes) -> None:
    answer = listener.post("/invocations", content=text, headers={"content-type": "text/csv"})
    assert _error(answer)[:2] == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    "kind", ["text/csv; header=present", "application/vnd.apache.parquet", "text/csv;charset=x"]
)
def test_other_kinds_of_bodies_are_told_so(listener: httpx.Client, kind: str) -> None:
    answer = listener.post("/invocations", content=b"x", headers={"content-type": kind})
    assert _error(answer)[:2] == (415, "BAD_REQUEST")


def test_tokens_and_names_are_told_in_mlflows_form(wine: Platform) -> None:
    body = {"instances": [ROW]}
    with wine.http("") as http:
        assert _error(http.post("/v1/projects/wine/invocations", json=body))[:2] == (401, "UNAUTHENTICATED")
    with wine.http() as http:
        answer = http.post("/v1/projects/beer/invocations", json=body)
        assert _error(answer)[:2] == (404, "RESOURCE_DOES_NOT_EXIST")

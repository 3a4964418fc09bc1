"""The Open Inference Protocol: Triton's own client, tensors in JSON and binary, metadata, errors."""

import json
import socket
import struct
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.gateway.messages import ListenerState
from services.registry.model import Listener
from tests.services.gateway.api.conftest import Platform, StubModel

URL = "/v2/models/wine/infer"
BROUGHT = "0197b7a0-0000-7000-8000-000000000002"


def _tensor(name: Any, data: Any, datatype: Any = "FP64", shape: Any = None, **more: Any) -> Any:
    return {"name": name, "shape": shape or [len(data)], "datatype": datatype, "data": data, **more}


PH, ALCOHOL = _tensor("ph", [3.5, 1]), _tensor("alcohol", [9.5, 2])


def _outputs(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return {output["name"]: output for output in answer.json()["outputs"]}


def _error(answer: Any) -> Any:
    assert set(answer.json()) == {"error"}
    return answer.status_code, answer.json()["error"]


def test_tritons_own_client_works_unchanged(
    listening: int, run_client: Callable[[str, str, str], str]
) -> None:
    columns = json.dumps({"ph": [3.5, 1.0], "alcohol": [9.5, 2.0]})
    told = json.loads(run_client("triton_client.py", f"127.0.0.1:{listening}", columns))
    assert [told[key] for key in ("live", "ready", "model", "version", "unknown")] == [True] * 4 + [False]
    assert told["server"]["name"] == "relevo"
    assert [one["name"] for one in told["metadata"]["inputs"]] == ["ph", "alcohol"]
    for way in ("default", "by_version", "json", "async"):
        assert told[way]["prediction"] == [13.0, 3.0]
    assert told["default"]["id"] == "r1"
    assert len(set(told["default"]["prediction_id"])) == 2
    assert set(told["json"]) == {"prediction", "id"}
    assert told["no_model"][0] == "404"
    assert told["no_column"] == ["400", "inputs[0].alcohol is required"]


def test_tritons_client_sends_mixed_types_and_reads_classes(
    sorts: Any,
    opened: Callable[[Listener], ListenerState],
    port: int,
    run_client: Callable[[str, str, str], str],
) -> None:
    opened(Listener(port, "sorts", "A", ("127.0.0.0/8",)))
    told = json.loads(run_client("triton_classes.py", f"127.0.0.1:{port}", "sorts"))
    assert told == {"prediction": ["red"], "probabilities": [[0.75, 0.25]]}


def test_a_mixed_table_comes_column_by_column(mixed: Any, model: StubModel) -> None:
    inputs = [
        _tensor("kind", ["red", None], "BYTES"),
        _tensor("sweet", [True, False], "BOOL"),
        _tensor("ph", [1, 2], "INT8"),
        _tensor("n", [5.0, None], "FP32", [2, 1]),
    ]
    with mixed.http() as http:
        answer = http.post("/v2/models/mixed/versions/A/infer", json={"id": "mine", "inputs": inputs})
    assert _outputs(answer)["prediction"] == _tensor("prediction", [7.0, 2.0])
    assert model.seen[-1][1]["instances"] == [
        {"ph": 1.0, "n": 5, "kind": "red", "sweet": True},
        {"ph": 2.0, "kind": None, "sweet": False},
    ]
    body = answer.json()
    assert (body["id"], body["model_name"], body["model_version"]) == ("mine", "mixed", "A")
    assert body["parameters"] == {"revision": "a" * 64}


def test_a_matrix_has_the_inputs_in_the_models_order(listener: httpx.Client) -> None:
    for data in ([3.5, 9.5, 1, 2], [[3.5, 9.5], [1, 2]]):
        answer = listener.post(URL, json={"inputs": [_tensor("x", data, "FP32", [2, 2])]})
        assert _outputs(answer)["prediction"]["data"] == [13.0, 3.0]


def _binary(tensors: Any, **more: Any) -> Any:
    """A body whose tensors are binary: pairs of a tensor and its bytes."""
    inputs = []
    for tensor, data in tensors:
        inputs.append({**tensor, "parameters": {"binary_data_size": len(data)}})
        del inputs[-1]["data"]
    head = json.dumps({"inputs": inputs, **more}).encode()
    return head + b"".join(data for _, data in tensors), {"inference-header-content-length": str(len(head))}


def _counted(*texts: Any) -> Any:
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def test_binary_tensors_of_every_kind_and_nan_for_what_is_missing(mixed: Any, model: StubModel) -> None:
    content, headers = _binary([
        (_tensor("ph", [0, 0], "FP32"), struct.pack("<2f", 0.5, 2)),
        (_tensor("n", [0, 0], "FP64"), struct.pack("<2d", 3, float("nan"))),
        (_tensor("kind", [0, 0], "BYTES"), _counted("weiß".encode(), b"")),
        (_tensor("sweet", [0, 0], "BOOL"), b"\x01\x00"),
    ])  # fmt: skip
    with mixed.http() as http:
        assert http.post("/v2/models/mixed/infer", content=content, headers=headers).status_code == 200
    assert model.seen[-1][1]["instances"] == [
        {"ph": 0.5, "n": 3, "kind": "weiß", "sweet": True},
        {"ph": 2.0, "kind": "", "sweet": False},
    ]


def test_prediction_ids_may_be_brought_and_come_back(listener: httpx.Client) -> None:
    inputs = [_tensor("ph", [1]), _tensor("alcohol", [2]), _tensor("prediction_id", [BROUGHT], "BYTES")]
    assert _outputs(listener.post(URL, json={"inputs": inputs}))["prediction_id"]["data"] == [BROUGHT]
    inputs[2]["data"] = ["mine"]
    assert _error(listener.post(URL, json={"inputs": inputs}))[0] == 400


def test_metadata_tells_inputs_outputs_and_versions(sorts: Any, mixed: Any) -> None:
    with mixed.http() as http:
        inputs = http.get("/v2/models/mixed").json()["inputs"]
        assert [one["datatype"] for one in inputs] == ["FP64", "INT64", "BYTES", "BOOL"]
        assert inputs[1]["parameters"] == {"required": False, "nullable": False}
        model = http.get("/v2/models/sorts/versions/A").json()
        assert http.get("/v2/models/sorts/versions/A/ready").json() == {"name": "sorts", "ready": True}
    assert model["versions"] == ["A"]
    assert [(one["datatype"], one["shape"]) for one in model["outputs"]] == [
        ("BYTES", [-1]), ("FP64", [-1, 2]), ("BYTES", [-1])
    ]  # fmt: skip


def test_a_listener_knows_no_model_but_its_own(
    mixed: Any, opened: Callable[[Listener], ListenerState], port: int, listener: httpx.Client
) -> None:
    for path in ("/v2/models/mixed", "/v2/models/mixed/ready", "/v2/models/wine/versions/B"):
        assert _error(listener.get(path))[0] == 404
    assert _error(listener.post("/v2/models/mixed/infer", json={"inputs": [PH]}))[0] == 404
    assert _error(listener.post("/v2/models/wine/versions/B/infer", json={"inputs": [PH]}))[0] == 404
    assert _error(listener.get("/v2/repository/index"))[0] == 404


def test_tokens_are_asked_for_but_by_health(wine: Platform) -> None:
    with wine.http("") as http:
        assert http.get("/v2/health/live").json() == {"live": True}
        assert http.get("/v2/health/ready").json() == {"ready": True}
        assert _error(http.get("/v2/models/wine"))[0] == 401
        assert _error(http.post(URL, json={"inputs": [PH, ALCOHOL]}))[0] == 401


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ([], "inputs must not be empty"),
        ([PH], "inputs[0].alcohol is required"),
        ([PH, ALCOHOL, _tensor("x", [1, 2])], "inputs[0].x is not an input"),
        ([PH, PH], "stands twice"),
        ([PH, _tensor("alcohol", [1])], "differ in length"),
        ([PH, _tensor("alcohol", [1, None])], "inputs[1].alcohol must be a number, not null"),
        ([PH, _tensor("alcohol", ["1", "2"])], "alcohol[0] must be a number"),
        ([PH, _tensor("alcohol", ["1", "2"], "BYTES")], "inputs[0].alcohol must be a number, not a text"),
        ([PH, _tensor("alcohol", [True, True], "BOOL")], "inputs[0].alcohol must be a number"),
        ([PH, _tensor("alcohol", [1, 300], "INT8")], "alcohol[1] must be <= 127"),
        ([PH, _tensor("alcohol", [1, -1], "UINT64")], "alcohol[1] must be >= 0"),
        ([PH, _tensor("alcohol", [1, 2], "FP128")], "datatype"),
        ([PH, _tensor("alcohol", [1, 2], shape=[3])], "2 values for the shape [3]"),
        ([PH, _tensor("alcohol", [1, 2], shape=[2, 1, 1])], "one or two dimensions"),
        ([PH, _tensor("alcohol", [[1], [2, 3]], shape=[2, 1])], "do not fit"),
        ([PH, _tensor("alcohol", [1, 2], shape=[-2])], "shape"),
        ([PH, _tensor("alcohol", [], shape=[0])], "differ in length"),
        ([_tensor("ph", [], shape=[0]), _tensor("alcohol", [], shape=[0])], "inputs is empty"),
        ([_tensor("x", [1, 2, 3], shape=[1, 3])], "3 columns; the model has 2 inputs"),
        ([PH, {"name": "alcohol", "shape": [2], "datatype": "FP64"}], "no data"),
        ([PH, _tensor("alcohol", [1, 2], parameters={"shared_memory_region": "r"})], "not supported"),
        ([PH, _tensor("alcohol", [1, 2], parameters={"binary_data_size": 16})], "ends after the body"),
        ([PH, _tensor("alcohol", [1, 2], parameters={"binary_data_size": "x"})], "no size"),
        ([PH, {"name": "alcohol"}], "inputs[1].shape is required"),
    ],
)  # fmt: skip
def test_bad_tensors_are_told_in_the_protocols_form(
    listener: httpx.Client, inputs: Any, words: str
) -> None:
    status, message = _error(listener.post(URL, json={"inputs": inputs}))
    assert status == 400
    assert words in message


@pytest.mark.parametrize(
    ("tensor", "data", "words"),
    [
        (_tensor("alcohol", [0]), b"1234567", "no whole number of values"),
        (_tensor("alcohol", [0]), struct.pack("<d", float("inf")), "infinite"),
        (_tensor("alcohol", [0]), struct.pack("<2d", 1, 2), "2 values for the shape [1]"),
        (_tensor("alcohol", [0], "BOOL"), b"\x02", "neither 0 nor 1"),
        (_tensor("alcohol", [0], "BYTES"), struct.pack("<I", 9) + b"x", "ends within a text"),
        (_tensor("alcohol", [0], "BYTES"), _counted(b"\xff"), "not valid UTF-8"),
    ],
)
def test_bad_binary_data_are_told_in_the_protocols_form(
    listener: httpx.Client, tensor: Any, data: Any, words: str
) -> None:
    content, headers = _binary([(tensor, data), (_tensor("ph", [0]), struct.pack("<d", 1))])
    status, message = _error(listener.post(URL, content=content, headers=headers))
    assert status == 400
    assert words in message


def test_other_bad_requests_are_told_in_the_protocols_form(listener: httpx.Client) -> None:
    good = {"inputs": [PH, ALCOHOL]}
    for answer, wanted, words in (
        (listener.post(URL, content=b"{"), 400, "not valid JSON"),
        (listener.post(URL, content=b"[]"), 400, "must be an object"),
        (listener.post(URL, json=good, headers={"inference-header-content-length": "999"}), 400, "length"),
        (listener.post(URL, json=good, headers={"content-encoding": "gzip"}), 415, "'gzip'"),
        (listener.post(URL, json={**good, "outputs": [{"name": "x"}]}), 400, "no output 'x'"),
        (listener.post(URL, json={**good, "outputs": [
            {"name": "prediction", "parameters": {"classification": 2}}]}), 400, "not supported"),
    ):  # fmt: skip
        status, message = _error(answer)
        assert status == wanted
        assert words in message


@pytest.mark.parametrize(("path", "key"), [(URL, "error"), ("/invocations", "error_code")])
def test_a_body_over_the_limit_is_told_in_each_protocols_form(listening: int, path: Any, key: str) -> None:
    with socket.create_connection(("127.0.0.1", listening), timeout=10) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {1 << 30}\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert isinstance(json.loads(body)[key], str)

"""The descriptions: whole, resolvable, and true to what the gateway accepts."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import jsonschema_rs
import pytest

from services.gateway.messages import ListenerState
from services.registry.model import Field, FieldType, Listener
from tests.services.gateway.api.conftest import Platform, StubModel


def _references(value: Any) -> Any:
    return set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(value)))


def test_the_gateways_description_names_every_operation_and_resolves(wine: Platform) -> None:
    with wine.client() as client:
        document = client.openapi()
    assert "/v1/projects/{project}/champion" in document["paths"]
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert _references(document) <= known
    identifiers = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(identifiers) == len(set(identifiers))
    for path in document["paths"].values():
        for operation in path.values():
            if {} in operation["security"]:
                assert "401" in operation["responses"]  # no token is needed, but a wrong one is told
            elif operation["security"]:
                assert {"401", "403"} <= set(operation["responses"])


@pytest.fixture
def described(wine: Platform, model: StubModel, helpers: SimpleNamespace) -> Iterator[dict[str, Any]]:
    fields = (
        Field("ph", "ph", unit="pH"),
        Field("n", "n", FieldType.INTEGER, required=False),
        Field("kind", "kind", FieldType.STRING, nullable=True),
    )
    wine.register("told", "A", helpers.signature(*fields), model.address)
    with wine.client() as client:
        helpers.wait_until(lambda: "told" in client.projects())
        yield client.openapi("told")


def test_a_projects_description_resolves_and_tells_errors(described: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert _references(described) <= known
    predict = described["paths"]["/v1/projects/told/predict"]["post"]
    answers = {"200", "400", "401", "403", "404", "409", "413", "415", "422", "503"}
    assert set(predict["responses"]) == answers
    assert "/v1/projects/told/versions/A/predict" in described["paths"]
    assert "/v1/projects/told/labels" in described["paths"]


@pytest.mark.parametrize(
    ("instance", "good"),
    [
        ({"ph": 1, "kind": "red"}, True),
        ({"ph": 1.5, "kind": None, "n": 3}, True),
        ({"ph": 1, "kind": "red", "n": 3.0}, True),
        ({"ph": 1, "kind": "red", "n": 3.5}, False),
        ({"ph": 1, "kind": "red", "n": 2**60}, False),
        ({"ph": "1", "kind": "red"}, False),
        ({"ph": 1}, False),
        ({"ph": None, "kind": "red"}, False),
        ({"ph": 1, "kind": "red", "n": None}, False),
        ({"ph": 1, "kind": "r" * 5000}, False),
        ({"ph": 1, "kind": "red", "x": 1}, False),
        ({"ph": True, "kind": "red"}, False),
    ],
)
def test_the_schema_and_the_gateway_agree_on_what_an_instance_is(
    wine: Platform, described: dict[str, Any], instance: Any, good: bool
) -> None:
    schema = described["components"]["schemas"]["PredictRequestInstance"]
    assert jsonschema_rs.is_valid(schema, instance) is good
    with wine.http() as http:
        answer = http.post("/v1/projects/told/predict", json={"instances": [instance]})
    assert answer.status_code == (200 if good else 422), answer.text


def test_an_answer_fits_its_description(wine: Platform, described: dict[str, Any]) -> None:
    components = described["components"]["schemas"]
    with wine.http() as http:
        answer = http.post(
            "/v1/projects/told/predict", json={"instances": [{"ph": 1, "kind": None}]}
        ).json()
    assert jsonschema_rs.is_valid(components["PredictAnswer"], answer)


# In a process of its own: the validator's libraries use what Python has deprecated.
_VALIDATE = """
import json, sys
from openapi_spec_validator import OpenAPIV31SpecValidator
for document in json.load(sys.stdin):
    print(sum(1 for _ in OpenAPIV31SpecValidator(document).iter_errors()))
"""


def test_every_description_is_valid_to_a_public_validator(
    wine: Platform, described: dict[str, Any], opened: Callable[[Listener], ListenerState], port: int
) -> None:
    opened(Listener(port, "told", "", ("127.0.0.0/8",)))
    with wine.client() as client:
        documents = [client.openapi(), described]
    documents.append(httpx.get(f"http://127.0.0.1:{port}/openapi.json", trust_env=False).json())
    documents.append({**described, "info": {}})
    command = [sys.executable, "-W", "ignore", "-c", _VALIDATE]
    told = subprocess.run(command, input=json.dumps(documents), text=True, capture_output=True, check=True)
    *good, bad = map(int, told.stdout.split())
    assert good == [0, 0, 0]
    assert bad > 0


AT_LISTENERS = {
    "/predict", "/labels", "/health", "/openapi.json", "/invocations", "/ping", "/version", "/v2",
    "/v2/health/live", "/v2/health/ready", "/v2/models/{project}", "/v2/models/{project}/ready",
    "/v2/models/{project}/infer", "/v2/models/{project}/versions/{version}",
    "/v2/models/{project}/versions/{version}/ready", "/v2/models/{project}/versions/{version}/infer",
}  # fmt: skip


@pytest.mark.parametrize(("version", "more"), [("A", set()), ("", {"/versions/A/predict"})])
def test_a_listeners_description_has_every_route_that_stands_there(
    described: dict[str, Any],
    opened: Callable[[Listener], ListenerState],
    port: int,
    version: str,
    more: Any,
) -> None:
    opened(Listener(port, "told", version, ("127.0.0.0/8",)))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        document = http.get("/openapi.json").json()
        assert set(document["paths"]) == AT_LISTENERS | more
        for path, operations in document["paths"].items():
            there = path.format(project="told", version="A")
            for method, operation in operations.items():
                assert {} in operation["security"] or operation["security"] == []
                for parameter in operation.get("parameters", []):
                    known = {"project": ["told"], "version": ["A"]}
                    assert parameter["schema"]["enum"] == known[parameter["name"]]
                answer = http.request(method, there, json={} if method == "post" else None)
                assert str(answer.status_code) in operation["responses"], there


def test_a_listeners_description_takes_plain_rows_and_needs_no_token(
    wine: Platform, described: dict[str, Any], opened: Callable[[Listener], ListenerState], port: int
) -> None:
    opened(Listener(port, "told", "A", ("127.0.0.0/8",)))
    document = httpx.get(f"http://127.0.0.1:{port}/openapi.json", trust_env=False).json()
    predict = document["paths"]["/predict"]["post"]
    assert {} in predict["security"]
    body = predict["requestBody"]["content"]["application/json"]["schema"]
    schema = {**body, "components": document["components"]}
    row = {"ph": 1, "kind": None}
    for instance, good in (
        (row, True),
        ([row], True),
        ({"instances": [row]}, True),
        ([], False),
        ({}, False),
    ):
        assert jsonschema_rs.is_valid(schema, instance) is good
        answer = httpx.post(f"http://127.0.0.1:{port}/predict", json=instance, trust_env=False)
        assert answer.status_code == (200 if good else 422)

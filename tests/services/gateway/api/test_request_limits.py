"""What could not be stored is refused before it is taken, with its field and the limit."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from services.gateway.messages import RegisterRequest
from services.registry.model import Field, FieldType, Mode, Revision, Signature, Task, Version
from services.store.identifiers import format_id, new_ids
from tests.services.gateway.api.conftest import Platform, StubModel

REVISION = "b" * 64
WIDE = Signature(
    tuple(Field(f"Text {n}", f"text_{n}", FieldType.STRING, required=False) for n in range(70)),
    Field("kind", "kind", FieldType.STRING),
    Task.CLASSIFICATION,
    ("a", "b"),
)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, running_model: StubModel) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("limits")
    made = Platform(folder)
    made.register("wide", "A", WIDE, running_model.address)
    made.start()
    with made.client() as client:
        made.followed(lambda: "wide" in client.projects())
    yield made
    made.close()


@pytest.fixture
def http(platform: Platform, model: StubModel) -> Iterator[httpx.Client]:
    model.answer = lambda rows: (
        200, json.dumps({"predictions": ["a"] * len(rows), "revision": REVISION}).encode(),
    )  # fmt: skip
    with platform.http() as opened:
        yield opened


def refused(answer: httpx.Response) -> tuple[str, str]:
    """The field and the words of a refusal."""
    assert answer.status_code == 422, answer.text[:500]
    error = answer.json()["error"]
    return error.get("field", ""), error["message"]


def label(text: Any) -> list[dict[str, Any]]:
    return [{"id": format_id(*new_ids(1)[0].tolist()), "label": text}]


def test_a_label_is_a_short_text(http: httpx.Client) -> None:
    assert http.post("/v1/projects/wide/labels", json=label("ä" * 4096)).status_code == 200
    field, words = refused(http.post("/v1/projects/wide/labels", json=label("x" * 1_200_000)))
    assert (field, words) == ("[0].label", "[0].label is longer than 4,096 characters")


def test_labels_come_in_portions(http: httpx.Client) -> None:
    _, words = refused(http.post("/v1/projects/wide/labels", json=label("a") * 50_001))
    assert "longer than 50,000 entries" in words


def test_the_texts_of_a_row_are_bounded_together(platform: Platform, http: httpx.Client) -> None:
    long = {f"Text {number}": "é" * 4096 for number in range(70)}
    field, words = refused(http.post("/v1/projects/wide/predict", json={"instances": [{}, long]}))
    assert field == "instances[1]"
    assert words == "instances[1] has texts of 573,440 bytes; at most 400,000 are kept"
    fits = {f"Text {number}": "é" * 4096 for number in range(48)}
    answer = http.post("/v1/projects/wide/predict", json={"instances": [fits]})
    assert answer.status_code == 200
    platform.followed(lambda: http.get("/health").json()["spool"]["rows"] == 0)
    assert http.get("/health").json()["spool"]["set_aside"] == 0


def test_rows_come_in_portions(http: httpx.Client) -> None:
    field, words = refused(http.post("/v1/projects/wide/predict", json={"instances": [{}] * 50_001}))
    assert (field, words) == ("instances", "the request has 50,001 rows; at most 50,000 are taken")


def test_a_long_id_is_not_told_back(http: httpx.Client) -> None:
    body = {"instances": [{}], "ids": ["x" * 1_000_000]}
    field, words = refused(http.post("/v1/projects/wide/predict", json=body))
    assert (field, words) == ("ids[0]", "ids[0]: an id of 1,000,000 characters is not a UUID")


def test_a_model_whose_revision_is_too_long_breaks_the_contract(
    http: httpx.Client, model: StubModel
) -> None:
    answer = {"predictions": ["a"], "revision": "r" * 1_100_000}
    model.answer = lambda _: (200, json.dumps(answer).encode())
    assert http.post("/v1/projects/wide/predict", json={"instances": [{}]}).status_code == 503


@pytest.mark.parametrize("length", [129, 1_100_000])
def test_a_version_with_too_long_a_revision_is_not_registered(
    platform: Platform, http: httpx.Client, length: int
) -> None:
    revision = Revision("wide", "B", "r" * length, 1, datetime.now(UTC), 1)
    asked = RegisterRequest("wide", "B", "http://127.0.0.1:9", WIDE, revision)
    answer = http.post("/v1/register", content=msgspec.json.encode(asked))
    if length > 500_000:
        assert answer.status_code == 413
        assert "500,000 bytes" in answer.json()["error"]["message"]
    else:
        assert refused(answer) == (
            "revision.sha256",
            "revision.sha256 has 129 characters; at most 128 are kept",
        )
    project = platform.store.project("wide")
    assert project is not None
    assert project.version("B") is None


def test_a_signature_whose_rows_could_not_be_kept_is_not_registered(
    platform: Platform, http: httpx.Client
) -> None:
    inputs = tuple(Field(f"n{number}", f"n{number}") for number in range(1_500))
    signature = Signature(inputs, Field("y", "y"), Task.REGRESSION)
    version = Version("broad", "A", Mode.CHALLENGER, signature, REVISION, datetime.now(UTC))
    answer = http.put("/v1/projects/broad/versions/A", content=msgspec.json.encode(version))
    assert "at most 300,000 can be kept" in refused(answer)[1]
    assert platform.store.project("broad") is None


def test_a_reason_is_a_short_text(http: httpx.Client) -> None:
    asked = {"champion": "B", "expected": "A", "generation": 1, "who": "ann", "reason": "x" * 5_000}
    assert refused(http.post("/v1/projects/wide/champion", json=asked))[0] == "reason"


def test_a_text_of_a_training_set_is_short(http: httpx.Client) -> None:
    columns = {**{field.name: ["x"] for field in WIDE.inputs}, "kind": ["a"], "Text 3": ["x" * 5_000]}
    body = {"signature": msgspec.to_builtins(WIDE), "columns": columns}
    answer = http.put("/v1/projects/wide/training", json=body)
    assert refused(answer)[0] == "columns.Text 3[0]"


def test_each_limit_is_in_the_description(http: httpx.Client) -> None:
    own = http.get("/v1/projects/wide/openapi.json").json()
    schemas = own["components"]["schemas"]
    assert schemas["LabelItem"]["properties"]["label"]["maxLength"] == 4096
    assert schemas["PredictRequest"]["properties"]["instances"]["maxItems"] == 50_000
    assert schemas["PredictRequest"]["properties"]["ids"]["maxItems"] == 50_000
    assert schemas["PredictRequestInstance"]["properties"]["Text 1"]["maxLength"] == 4096
    assert "400,000 bytes" in schemas["PredictRequestInstance"]["description"]
    labels = own["paths"]["/v1/projects/wide/labels"]["post"]["requestBody"]
    assert labels["content"]["application/json"]["schema"]["maxItems"] == 50_000
    whole = http.get("/v1/openapi.json").json()
    assert whole["components"]["schemas"]["Revision"]["properties"]["sha256"]["maxLength"] == 128
    assert whole["paths"]["/v1/register"]["post"]["requestBody"]["description"] == "At most 500,000 bytes."


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1969-12-31T00:00:00Z"]
)
def test_a_moment_that_is_not_of_this_time_is_refused(http: httpx.Client, moment: str) -> None:
    version = Version("wide", "C", Mode.CHALLENGER, WIDE, REVISION, datetime.now(UTC))
    body = {**msgspec.to_builtins(version), "created_at": moment}
    assert refused(http.put("/v1/projects/wide/versions/C", json=body))[0] == "created_at"
    revision = Revision("wide", "A", REVISION, 1, datetime.now(UTC), 1)
    body = {**msgspec.to_builtins(revision), "trained_at": moment}
    assert refused(http.post("/v1/projects/wide/versions/A/revisions", json=body))[0] == "trained_at"


@pytest.mark.parametrize("number", [2**63, 10**30, -1])
def test_a_count_that_no_column_holds_is_refused(http: httpx.Client, number: int) -> None:
    revision = Revision("wide", "A", REVISION, 1, datetime.now(UTC), 1)
    for name in ("size", "rows"):
        body = {**msgspec.to_builtins(revision), name: number}
        assert refused(http.post("/v1/projects/wide/versions/A/revisions", json=body))[0] == name


@pytest.mark.parametrize(
    "id_",
    [
        "00000000-0000-1000-8000-000000000000",
        "13814000-1dd2-11b2-8000-000000000000",
        "03bb2cc3-d800-7000-8000-000000000000",
        "ffffffff-ffff-7fff-bfff-ffffffffffff",
        "ffffffff-ffff-1fff-bfff-ffffffffffff",
        "01890000-0000-4000-8000-000000000000",
    ],
)
def test_an_own_id_of_no_time_of_ours_is_refused(http: httpx.Client, id_: str) -> None:
    body = {"instances": [{}], "ids": [id_]}
    own = http.post("/v1/projects/wide/predict", json=body)
    labels = http.post("/v1/projects/wide/labels", json=[{"id": id_, "label": "a"}])
    if id_.startswith("13814000"):  # 1970-01-01 itself
        assert (own.status_code, labels.status_code) == (200, 200)
    else:
        assert (refused(own)[0], refused(labels)[0]) == ("ids[0]", "[0].id")

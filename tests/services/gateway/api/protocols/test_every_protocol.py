"""What every protocol of the registry does, whichever is added next."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.gateway.protocols import PredictionAnswer
from services.gateway.protocols.registry import PROTOCOLS, ProtocolKind
from services.gateway.validation import RequestSchema
from services.http.request import HotRequest
from services.registry.model import Field, FieldType, Mode, PolicyChoice, Project, Signature, Task, Version
from services.store.identifiers import format_id, new_ids, parse_id
from tests.services.gateway.api.conftest import Platform, StubModel

ROWS = [{"ph": 1.5, "kind": "red"}, {"ph": 2.0, "kind": "white"}, {"ph": 4.0, "kind": "red"}]
FIELDS = (Field("ph", "ph"), Field("kind", "kind", FieldType.STRING))
IDS = [format_id(*one) for one in new_ids(3).tolist()]


def _tensors(rows: list[dict[str, Any]], ids: list[str]) -> dict[str, Any]:
    columns = {"ph": "FP64", "kind": "BYTES"}
    tensors = [
        {"name": name, "shape": [len(rows)], "datatype": kind, "data": [row[name] for row in rows]}
        for name, kind in columns.items()
    ]
    return {
        "inputs": [
            *tensors,
            {"name": "prediction_id", "shape": [len(ids)], "datatype": "BYTES", "data": ids},
        ]
    }


BODIES = {
    "v1": lambda rows, ids: {"instances": rows, "ids": ids},
    "mlflow": lambda rows, ids: {"instances": rows, "params": {"ids": ids}},
    "inference": _tensors,
}
"""The same rows and ids in each protocol: a new one adds its own here."""


class Asked:
    """Stands where a connection does, for a request that nobody sent."""

    def answered(self, request: HotRequest) -> None:
        """It has its reply."""


def _request(kind: ProtocolKind, rows: list[dict[str, Any]], ids: list[str]) -> HotRequest:
    request = HotRequest(Asked(), "POST", kind.paths[0], {"project": "wine"}, headers=[], client=None)
    request.body = json.dumps(BODIES[kind.name](rows, ids)).encode()
    return request


@pytest.fixture(scope="module")
def version() -> Version:
    """One of two inputs."""
    signature = Signature(FIELDS, Field("quality", "quality"), Task.REGRESSION)
    return Version("wine", "A", Mode.CHAMPION, signature, "a" * 64, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def schema(version: Version) -> RequestSchema:
    """The version's, alone in its project."""
    return RequestSchema(Project("wine", "A", 1, PolicyChoice(), (version,)), version)


def test_each_has_a_body_here() -> None:
    assert {kind.name for kind in PROTOCOLS} == set(BODIES)


@pytest.mark.parametrize("kind", PROTOCOLS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("at", ["api", "listener"])
def test_a_request_outlined_gives_the_rows_that_it_gives_when_read(
    kind: ProtocolKind, at: str, schema: RequestSchema
) -> None:
    protocol = getattr(kind, at)
    whole = protocol.read(_request(kind, ROWS, IDS), schema)
    outline = protocol.outline(_request(kind, ROWS, IDS), schema.names)
    assert (outline.count, list(outline.ids)) == (3, list(whole.ids)) == (3, IDS)
    assert schema.values(outline.rows(schema, None)) == schema.values(whole.rows)
    chosen = schema.values(outline.rows(schema, [2, 0]))
    assert chosen == [schema.values(whole.rows)[place] for place in (2, 0)]


@pytest.mark.parametrize("kind", PROTOCOLS, ids=lambda kind: kind.name)
def test_an_answer_of_several_versions_names_them(kind: ProtocolKind, version: Version) -> None:
    request = _request(kind, ROWS, IDS)
    parts = [([1], ["B"]), ([0, 2], ["A", "A"])]
    answer = PredictionAnswer.merged([
        (
            places,
            PredictionAnswer(
                "wine", names, [f"revision {name}" for name in names], [IDS[place] for place in places],
                [float(place) for place in places], [None] * len(places), [()] * len(places),
            ),
        )
        for places, names in parts
    ])  # fmt: skip
    kind.api.outline(request, frozenset()).form.reply(request, answer)
    told = request.body.decode()
    assert all(f'"{text}"' in told for text in (*IDS, "A", "B"))
    assert told.index("0.0") < told.index("1.0") < told.index("2.0")


@pytest.mark.parametrize("kind", PROTOCOLS, ids=lambda kind: kind.name)
def test_rows_are_answered_and_recorded_under_their_ids_and_errors_told_in_its_form(
    wine: Platform, model: StubModel, helpers: SimpleNamespace, kind: ProtocolKind
) -> None:
    name = f"every_{kind.name}"
    wine.register(name, "A", helpers.signature(*FIELDS), model.address)
    ids = [format_id(*one) for one in new_ids(3).tolist()]
    with wine.client() as client, wine.http() as http:
        helpers.wait_until(lambda: name in client.projects())
        for path in kind.paths:
            there = path.format(project=name, version="A")
            answer = http.post(there, json=BODIES[kind.name](ROWS, ids))
            assert answer.status_code == 200, answer.text
            assert all(one in answer.text for one in ids)
            nowhere = http.post(path.format(project="nowhere", version="A"), json={})
            assert nowhere.status_code == 404
            assert nowhere.json().keys() == json.loads(kind.error_answer(KeyError()).body).keys()
    packed = np.array([parse_id(one) for one in ids], np.uint64)
    helpers.wait_until(lambda: _recorded(wine, name, packed) == 3)


def _recorded(platform: Platform, project: str, ids: Any) -> int:
    batch = platform.store.predictions(project, "A", ids)
    return 0 if batch is None else len(batch.ids)

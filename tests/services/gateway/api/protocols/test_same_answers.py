"""Whatever the protocol, a row is answered, refused, recorded and shadowed as v1 does it."""

import csv
import io
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registry.model import Field, FieldType
from services.store.identifiers import parse_id
from tests.services.gateway.api.conftest import Platform, StubModel

API = "/v1/projects/mixed"
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
NUMBERS = st.one_of(
    st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False), st.just(5.0)
)
VALUES = st.one_of(NUMBERS, TEXTS, st.booleans(), st.none())
GOOD = {
    "ph": NUMBERS, "n": st.one_of(st.integers(-9, 9), st.just(4.0), st.none()),
    "kind": st.one_of(TEXTS, st.none()), "sweet": st.booleans(),
}  # fmt: skip


@st.composite
def tables(draw: Any) -> Any:
    """Rows that share their columns: mostly what the project takes, now and then anything else."""
    names = [name for name in GOOD if draw(st.integers(0, 9)) or name == "ph"]
    if not draw(st.integers(0, 9)):
        names.append("other")
    wild = draw(st.sampled_from([*names, "", "", ""]))
    return [
        {name: draw(VALUES if name in (wild, "other") else GOOD[name]) for name in names}
        for _ in range(draw(st.integers(1, 3)))
    ]


def _tensor(name: Any, values: Any) -> Any:
    """A column as the tensor whose type its values have; None of a mixed column."""
    present = [value for value in values if value is not None]
    for kinds, datatype in (((bool,), "BOOL"), ((str,), "BYTES"), ((int, float), "FP64")):
        if all(type(value) in kinds for value in present):
            return {"name": name, "shape": [len(values)], "datatype": datatype, "data": values}
    return None


def _bodies(rows: Any) -> Iterator[Any]:
    """The same rows in every other protocol that can say them: path, body, key of the predictions."""
    names = [*rows[0]]
    columns = {name: [row[name] for row in rows] for name in names}
    split = {"columns": names, "data": [[*row.values()] for row in rows]}
    for body in (
        {"dataframe_split": split}, {"dataframe_records": rows}, {"instances": rows}, {"inputs": columns}
    ):  # fmt: skip
        yield f"{API}/invocations", body
    tensors = [_tensor(name, values) for name, values in columns.items()]
    if None not in tensors:
        yield "/v2/models/mixed/infer", {"inputs": tensors}


def _predictions(answer: Any) -> Any:
    body = answer.json()
    if "outputs" in body:
        return next(one["data"] for one in body["outputs"] if one["name"] == "prediction")
    return [one["prediction"] if isinstance(one, dict) else one for one in body["predictions"]]


def _last_seen(model: StubModel) -> Any:
    """What the model was last asked, as text: 4 is not 4.0."""
    return repr(model.seen[-1][1])


def _without_gaps(rows: Any) -> Any:
    """A table has a cell for each value: a missing `n`, which may be left out, is left out."""
    return [{name: value for name, value in row.items() if (name, value) != ("n", None)} for row in rows]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables())
def test_every_protocol_answers_as_v1(mixed: Any, model: StubModel, rows: Any) -> None:
    with mixed.http() as http:
        expected = http.post(f"{API}/predict", json={"instances": _without_gaps(rows)})
        asked = _last_seen(model) if expected.status_code == 200 else None
        for path, body in _bodies(rows):
            model.seen.clear()
            answer = http.post(path, json=body)
            if asked is None:
                assert expected.status_code == 422
                assert (answer.status_code, model.seen) == (400, []), body
            else:
                assert answer.status_code == 200, answer.text
                assert _predictions(answer) == _predictions(expected)
                assert _last_seen(model) == asked


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries(GOOD), min_size=1, max_size=3))
def test_csv_says_the_same_as_v1(mixed: Any, model: StubModel, rows: Any) -> None:
    rows = [{**row, "kind": (row["kind"] or "").replace("\0", "") or None} for row in rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*GOOD], quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    with mixed.http() as http:
        expected = http.post(f"{API}/predict", json={"instances": _without_gaps(rows)})
        asked = _last_seen(model) if expected.status_code == 200 else None
        headers = {"content-type": "text/csv"}
        answer = http.post(f"{API}/invocations", content=text.getvalue().encode(), headers=headers)
    assert answer.status_code == {200: 200, 422: 400}[expected.status_code], answer.text
    if asked is not None:
        assert _last_seen(model) == asked


@pytest.fixture
def shadowed(mixed: Any, model: StubModel, helpers: SimpleNamespace) -> Platform:
    """Project `mixed` with a challenger that wants one input more."""
    fields = (Field("ph", "ph"), Field("age", "age", FieldType.INTEGER))
    mixed.register("mixed", "B", helpers.signature(*fields), model.address)
    with mixed.client() as client:
        helpers.wait_until(lambda: client.project("mixed").version("B") is not None)
    return mixed


def test_every_protocol_records_and_shadows_under_its_ids(shadowed: Any, helpers: SimpleNamespace) -> None:
    row = {"ph": 1.0, "kind": "red", "sweet": True, "age": 3}
    tensors = [_tensor(name, [value]) for name, value in row.items()]
    with shadowed.http() as http:
        helpers.wait_until(
            lambda: http.post(f"{API}/predict", json={"instances": [row]}).status_code == 200
        )
        ids = [http.post(f"{API}/predict", json={"instances": [row]}).json()["predictions"][0]["id"]]
        ids += http.post(f"{API}/invocations", json={"instances": [row]}).json()["ids"]
        outputs = http.post("/v2/models/mixed/infer", json={"inputs": tensors}).json()["outputs"]
        ids += next(one["data"] for one in outputs if one["name"] == "prediction_id")
    helpers.wait_until(lambda: [_recorded(shadowed, version, ids) for version in "AB"] == [3, 3])
    batch = shadowed.store.predictions("mixed", "A", _parsed(ids))
    assert [*batch.predicted] == [2.0] * 3


def test_challengers_see_what_the_champion_is_asked_by_name_and_nothing_else_asked_so(
    shadowed: Any, helpers: SimpleNamespace
) -> None:
    row = {"ph": 1.0, "kind": "red", "sweet": True, "age": 3}
    with shadowed.http() as http:

        def ask(version: Any, sent: Any) -> Any:
            answer = http.post(f"{API}/versions/{version}/predict", json={"instances": [sent]})
            return answer.json()["predictions"][0]["id"] if answer.status_code == 200 else None

        helpers.wait_until(lambda: ask("B", {"ph": 1.0, "age": 3}))
        of_challenger, of_champion = [ask("B", {"ph": 1.0, "age": 3})], [ask("A", row)]
    helpers.wait_until(lambda: [_recorded(shadowed, version, of_champion) for version in "AB"] == [1, 1])
    helpers.wait_until(lambda: _recorded(shadowed, "B", of_challenger) == 1)
    assert _recorded(shadowed, "A", of_challenger) == 0


def _parsed(ids: Any) -> Any:
    return np.array([parse_id(text) for text in ids], dtype=np.uint64)


def _recorded(platform: Any, version: Any, ids: Any) -> Any:
    """How many of these predictions the store has of a version."""
    batch = platform.store.predictions("mixed", version, _parsed(ids))
    return 0 if batch is None else len(batch.ids)

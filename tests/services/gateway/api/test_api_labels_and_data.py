"""True values, and the rows that a retraining gets from them."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.errors import InvalidInput, NotFound
from services.gateway import messages
from services.registry.tokens import service_token
from services.store.identifiers import format_id, new_ids
from tests.services.gateway.api.conftest import Platform, StubModel

ROW = {"ph": 3.5, "alcohol": 9.5}


def test_a_label_is_accepted_matched_corrected_and_repeated(wine: Platform) -> None:
    with wine.client() as client:
        answer = client.predict("wine", [ROW])[0]
        first = client.label("wine", [(answer.id, 5.0)])
        again = client.label("wine", [(answer.id, 5.0)])
        corrected = client.label("wine", [(answer.id, 6.0)])
    assert (first.accepted, first.corrected, first.not_yet_matched) == (1, 0, 0)
    assert (again.accepted, again.corrected) == (1, 0)
    assert (corrected.accepted, corrected.corrected) == (1, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("f5000000-0000-7000-8000-000000000000", "is more than a day ahead of the gateway's clock"),
        ("00000000-0000-1000-8000-000000000000", "is of before 1970"),
    ],
)
def test_an_id_of_a_time_at_which_nobody_was_given_it_is_refused(
    wine: Platform, text: str, words: str
) -> None:
    with wine.client() as client:
        with pytest.raises(InvalidInput, match=rf"^\[0\].id {words}"):
            client.label("wine", [(text, 5.0)])
        with pytest.raises(InvalidInput, match=rf"^ids\[0\] {words}"):
            client.predict("wine", [ROW], ids=[text])


def test_a_label_before_its_prediction_is_kept_and_counted_apart(wine: Platform) -> None:
    early = format_id(*new_ids(1).tolist()[0])
    with wine.client() as client:
        assert client.label("wine", [(early, 5.0)]).not_yet_matched == 1


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"id": "x", "label": 1}, "[0].id"),
        ({"id": "01890a5d-ac96-774b-bcce-b302099a8057", "label": "good"}, "[0].label"),
        ({"id": "01890a5d-ac96-774b-bcce-b302099a8057", "label": True}, "[0].label"),
        ({"id": "01890a5d-ac96-774b-bcce-b302099a8057", "label": None}, "[0].label"),
        ({"id": "01890a5d-ac96-774b-bcce-b302099a8057"}, "[0].label"),
        ({"id": "01890a5d-ac96-774b-bcce-b302099a8057", "label": 1, "x": 1}, "[0].x"),
    ],
)
def test_a_wrong_label_is_refused_naming_the_item(wine: Platform, item: Any, field: str) -> None:
    with wine.http() as http:
        answer = http.post("/v1/projects/wine/labels", json=[item])
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


def test_a_label_of_a_class_that_no_model_knows_is_a_fact_and_counted_apart(
    wine: Platform, model: StubModel, helpers: SimpleNamespace
) -> None:
    wine.register(
        "iris", "A", helpers.signature("ph", classes=("setosa", "3"), target="kind"), model.address
    )
    identifiers = [format_id(*row) for row in new_ids(3).tolist()]
    with wine.client() as client:
        helpers.wait_until(lambda: "iris" in client.projects())
        counts = client.label("iris", [*zip(identifiers, ("setosa", "tulip", 3.0), strict=True)])
    assert (counts.accepted, counts.unknown_class) == (3, 1)


def test_labels_of_an_unknown_project_are_refused(wine: Platform) -> None:
    with wine.client() as client, pytest.raises(NotFound):
        client.label("beer", [])


@pytest.fixture(scope="module")
def trained(module_platform: Platform, running_model: StubModel) -> Any:
    """Project `grape`: five training rows, three live ones: two with their true value, one asked twice."""
    running_model.reset()
    from services.registry.model import Field, FieldType, Signature, Task

    inputs = (Field("pH value", "ph_value"), Field("berries", "berries", FieldType.INTEGER, required=False))
    signature = Signature(inputs, Field("quality", "quality"), Task.REGRESSION)
    platform = module_platform
    with platform.client() as client:
        platform.register("grape", "A", signature, running_model.address)
        platform.followed(lambda: "grape" in client.projects())
        client.put_training(
            "grape",
            messages.TrainingUpload(
                signature,
                {"pH value": [1, 2, 3, 4, 5], "berries": [1, None, 3, 4, 5], "quality": [5, 5, 6, 6, 7]},
            ),
        )
        answers = client.predict(
            "grape", [{"pH value": 10, "berries": 1}, {"pH value": 20}, {"pH value": 30}]
        )
        # A client that heard nothing asks again under the same id: one row all the same.
        client.predict("grape", [{"pH value": 20}], ids=[answers[1].id])
        client.label("grape", [(answers[0].id, 1.0), (answers[1].id, 8.0)])
        client.label("grape", [(answers[0].id, 9.0)])
        platform.followed(lambda: len(list(client.data("grape", "A", source="live"))) == 2)
    return platform


def test_training_rows_come_first_then_labelled_live_ones_with_their_last_label(trained: Any) -> None:
    with trained.client() as client:
        rows = list(client.data("grape", "A"))
    assert [row["pH value"] for row in rows] == [1, 2, 3, 4, 5, 10, 20]
    assert rows[1] == {"pH value": 2, "berries": None, "quality": 5}
    assert rows[-2:] == [
        {"pH value": 10, "berries": 1, "quality": 9},
        {"pH value": 20, "berries": None, "quality": 8},
    ]


def test_a_sliding_window_takes_the_newest_rows(trained: Any) -> None:
    with trained.client() as client:
        assert [row["pH value"] for row in client.data("grape", "A", rows=3)] == [5, 10, 20]
        assert [row["pH value"] for row in client.data("grape", "A", source="historical", rows=2)] == [4, 5]


def test_a_period_limits_the_live_rows(trained: Any) -> None:
    with trained.client() as client:
        assert not list(client.data("grape", "A", source="live", until="2020-01-01T00:00:00Z"))
        assert len(list(client.data("grape", "A", source="live", since="2020-01-01T00:00:00Z"))) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "version"),
        ("version=A&source=all", "source"),
        ("version=A&rows=0", "rows"),
        ("version=A&rows=x", "rows"),
        ("version=A&since=yesterday", "since"),
        ("version=A&since=2020-01-01", "since"),
    ],
)
def test_a_wrong_window_is_refused_by_name(trained: Any, query: str, field: str) -> None:
    with trained.http() as http:
        answer = http.get(f"/v1/projects/grape/data?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


def test_a_service_may_read_its_own_data(trained: Any, helpers: SimpleNamespace) -> None:
    with trained.client(service_token(helpers.SECRET, "grape", "A")) as service:
        assert len(list(service.data("grape", "A"))) == 7


def test_predictions_on_the_training_set_are_stored_by_row(trained: Any) -> None:
    upload = messages.TrainingPredictionsUpload([0, 1], [5.5, 5.25])
    with trained.client() as client:
        assert client.put_training_predictions("grape", "A", upload) == 2
        with pytest.raises(InvalidInput, match="1 values for 2 ids"):
            client.put_training_predictions("grape", "A", messages.TrainingPredictionsUpload([0, 1], [5.5]))
    stored = trained.store.training("grape", ["id", "predicted_a"])["predicted_a"]
    assert np.array_equal(stored[:2], [5.5, 5.25])


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"pH value": [1], "berries": [1]}, "columns.pH value"),
        ({"pH value": [1], "berries": [1.5], "quality": [1]}, "columns.berries[0]"),
        ({"pH value": ["x"], "berries": [1], "quality": [1]}, "columns.pH value[0]"),
        ({"pH value": [1], "berries": [1], "quality": [1], "x": [1]}, "columns.x"),
        ({"pH value": [1, 2], "berries": [1], "quality": [1]}, "columns.pH value"),
    ],
)
def test_a_training_set_that_breaks_its_signature_is_refused_by_column(
    trained: Any, columns: Any, field: str
) -> None:
    signature = {
        "inputs": [
            {"name": "pH value", "column": "ph_value"},
            {"name": "berries", "column": "berries", "type": "integer"},
        ],
        "target": {"name": "quality", "column": "quality"},
        "task": "regression",
    }
    with trained.http() as http:
        answer = http.put("/v1/projects/grape/training", json={"signature": signature, "columns": columns})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field

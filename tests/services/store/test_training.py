"""The training set's contract, on both stores."""

import numpy as np
import pytest

from services.errors import InvalidInput
from services.registry.model import Signature
from services.store.batches import Categorical, Column
from services.store.columns import predicted_column, score_columns
from services.store.interface import Store


def rows(numbers: list[float]) -> dict[str, Column]:
    values = np.array(numbers)
    return {"id": values, "alcohol": values / 4, "year": values, "quality": values * 3}


def test_a_training_set_comes_back_ordered_by_row(
    store: Store, project: str, regression: Signature
) -> None:
    assert store.training(project) == {}
    store.write_training(project, regression, rows([2.0, 0.0, 1.0]))
    found = store.training(project)
    assert set(found) == {"id", "alcohol", "year", "quality"}
    np.testing.assert_array_equal(found["id"], [0.0, 1.0, 2.0])
    np.testing.assert_array_equal(found["quality"], [0.0, 3.0, 6.0])
    assert set(store.training(project, ["year", "absent"])) == {"year"}


def test_writing_a_row_again_replaces_it(store: Store, project: str, regression: Signature) -> None:
    store.write_training(project, regression, rows([0.0, 1.0]))
    store.write_training(project, regression, {**rows([1.0]), "quality": np.array([9.0])})
    np.testing.assert_array_equal(store.training(project)["quality"], [0.0, 9.0])


def test_texts_missing_values_and_keywords_as_columns_survive(
    store: Store, project: str, classification: Signature
) -> None:
    store.write_training(
        project,
        classification,
        {
            "id": np.array([0.0, 1.0]),
            "length": np.array([np.nan, 2.5]),
            "order": Categorical.of(["x'; DROP TABLE y", None]),
            "wild": np.array([0.0, 1.0]),
            "species": Categorical.of(["Iris setosa", "Iris virginica"]),
        },
    )
    found = store.training(project)
    np.testing.assert_array_equal(found["length"], [np.nan, 2.5])
    assert isinstance(found["order"], Categorical)
    assert found["order"].texts() == ["x'; DROP TABLE y", None]
    np.testing.assert_array_equal(found["wild"], [0.0, 1.0])


def test_predictions_and_scores_stand_beside_the_rows(
    store: Store, project: str, classification: Signature
) -> None:
    ids = np.array([0.0, 1.0])
    species = Categorical.of(["Iris setosa", "Iris virginica"])
    store.write_training(project, classification, {"id": ids, "species": species})
    scores: dict[str, Column] = {
        "Iris setosa": np.array([0.9, 0.2]),
        "Iris virginica": np.array([0.1, 0.8]),
    }
    store.write_training_predictions(project, "B", ids, species, scores)
    found = store.training(project)
    predicted = found[predicted_column("B")]
    assert isinstance(predicted, Categorical)
    assert predicted.texts() == species.texts()
    names = score_columns(classification.classes, "B")
    np.testing.assert_array_equal(found[names["Iris virginica"]], [0.1, 0.8])


def test_columns_outside_the_signature_are_refused(
    store: Store, project: str, regression: Signature
) -> None:
    with pytest.raises(InvalidInput, match="colour"):
        store.write_training(project, regression, {**rows([0.0]), "colour": np.zeros(1)})
    with pytest.raises(InvalidInput, match="id"):
        store.write_training(project, regression, {"quality": np.zeros(1)})
    with pytest.raises(InvalidInput, match="whole"):
        store.write_training(project, regression, {**rows([0.0]), "year": np.array([0.5])})


@pytest.mark.parametrize("name", ["x; DROP TABLE y", 'x"', "x'", "settings"])
def test_a_bad_project_name_is_refused(store: Store, regression: Signature, name: str) -> None:
    with pytest.raises(InvalidInput):
        store.write_training(name, regression, rows([0.0]))
    with pytest.raises(InvalidInput):
        store.training(name)

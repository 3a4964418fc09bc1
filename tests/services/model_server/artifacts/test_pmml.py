"""PMML written by JPMML's exporter: served with what scikit-learn had answered (`documents/*.csv`)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from services.errors import InvalidInput
from services.model_server.artifacts.description import describe
from services.model_server.artifacts.kinds import recognise
from services.model_server.artifacts.readers import reader_of
from services.registry.model import FieldType, Task
from tests.services.model_server.artifacts.conftest import Served

DOCUMENTS = Path(__file__).with_name("documents")


def _content(name: Any) -> Any:
    return (DOCUMENTS / f"{name}.pmml").read_bytes()


def test_the_whole_signature_is_in_the_document(served: Callable[..., Served]) -> None:
    content = _content("iris")
    assert recognise(content) == "pmml"
    made = served("model.pmml", content, {})
    signature = made.deploy.signature
    assert (signature.task, signature.target.name) == (Task.CLASSIFICATION, "species")
    assert signature.classes == ("setosa", "versicolor", "virginica")
    assert made.deploy.library.startswith("pypmml ")


def test_classes_and_probabilities_are_what_was_exported(
    served: Callable[..., Served], species: tuple[str, ...]
) -> None:
    expected = pd.read_csv(DOCUMENTS / "iris.csv")
    answers = served("model.pmml", _content("iris"), {}).of(expected.iloc[:, :4])
    assert answers.predictions == expected.species.tolist()
    assert np.allclose(answers.probabilities, expected[list(species)], atol=1e-9)


def test_numbers_from_texts_are_what_was_exported_in_any_order_of_inputs(
    served: Callable[..., Served],
) -> None:
    expected = pd.read_csv(DOCUMENTS / "flats.csv")
    described = describe("pmml", _content("flats"))
    assert {read.name: read.type for read in described.inputs}["town"] is FieldType.STRING
    assert described.task is Task.REGRESSION
    inputs = [{"name": "area"}, {"name": "town", "type": "string"}, {"name": "rooms"}]
    made = served("model.pmml", _content("flats"), {"inputs": inputs})
    assert np.allclose(made.of(expected[["area", "town", "rooms"]]).predictions, expected.price, rtol=1e-9)


def test_no_prediction_is_told_as_such(served: Callable[..., Served]) -> None:
    inputs = [
        {"name": "area", "nullable": True}, {"name": "town", "type": "string"}, {"name": "rooms"}
    ]  # fmt: skip
    made = served("model.pmml", _content("flats"), {"inputs": inputs})
    with pytest.raises(ValueError, match="gives no prediction"):
        made.ask([{"area": None, "town": "Bonn", "rooms": 2}])


@pytest.mark.parametrize(
    "content",
    [
        b'<PMML version="4.4"/>',
        b'<?xml version="1.0"?><PMML version="4.4"><Nothing/></PMML>',
        _content("iris")[:2000],
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><PMML version="4.4">&b;</PMML>',
    ],
)
def test_a_damaged_document_is_refused_in_words(content: Any) -> None:
    with pytest.raises(InvalidInput, match="this PMML document"):
        describe("pmml", content)


def test_other_inputs_are_refused(served: Callable[..., Served]) -> None:
    with pytest.raises(InvalidInput, match="was trained on"):
        served("model.pmml", _content("flats"), {"inputs": [{"name": "area"}, {"name": "city"}]})


def test_groups_are_neither_regression_nor_classification() -> None:
    content = _content("flats").replace(b'functionName="regression"', b'functionName="clustering"')
    with pytest.raises(InvalidInput, match="does clustering, neither"):
        describe("pmml", content)


def test_what_a_training_script_returns_becomes_the_document() -> None:
    reader = reader_of("pmml")
    assert reader.dump("<PMML/>") == reader.dump(b"<PMML/>") == b"<PMML/>"
    with pytest.raises(InvalidInput, match="it returns the document"):
        reader.dump(3)

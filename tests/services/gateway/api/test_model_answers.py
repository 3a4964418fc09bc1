"""A model service is believed only as far as it keeps the contract."""

import json
from typing import Any

import pytest

from services.gateway.model_calls import read_reply
from services.gateway.validation import class_name
from services.registry.model import Field, FieldType, Signature, Task

KINDS = Signature(
    (Field("x", "x"),), Field("kind", "kind", FieldType.STRING), Task.CLASSIFICATION, ("red", "3", "True")
)


def _read(count: Any = 2, **reply: Any) -> Any:
    return read_reply(json.dumps({"revision": "r", **reply}).encode(), KINDS, count, 1.5)


def test_probabilities_are_put_into_the_signatures_order() -> None:
    answer = _read(
        predictions=["red", 3], classes=[3, True, "red"], probabilities=[[0.2, 0.1, 0.7], [0.8, 0.1, 0.1]]
    )
    assert answer.predictions == ["red", "3"]
    assert answer.probabilities == [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]]
    assert answer.predicted().codes.tolist() == [0, 1]
    assert answer.scores().shape == (2, 3)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ({"predictions": ["red"]}, "1 predictions for 2 rows"),
        ({"predictions": ["red", "red", "red"]}, "3 predictions for 2 rows"),
        ({"predictions": ["red", "blue"]}, "class 'blue'"),
        ({"predictions": ["red", "red"], "probabilities": [[1, 0, 0]]}, "one number for each row"),
        ({"predictions": ["red", "red"], "probabilities": [[1, 0], [1, 0]]}, "one number for each row"),
        ({"predictions": ["red", "red"], "probabilities": [[1, 0, 2], [1, 0, 0]]}, "between 0 and 1"),
        (
            {"predictions": ["red", "red"], "probabilities": [[1, 0, 0]] * 2, "classes": ["red", "3", "4"]},
            "are not the signature's",
        ),
    ],
)
def test_an_answer_that_breaks_the_contract_says_how(reply: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        _read(**reply)


@pytest.mark.parametrize(("value", "name"), [("a", "a"), (3.0, "3"), (2.5, "2.5"), (True, "True")])
def test_a_class_has_one_name_however_it_is_written(value: Any, name: str) -> None:
    assert class_name(value) == name

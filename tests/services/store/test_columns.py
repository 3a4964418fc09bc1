"""Names and values of stored columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import InvalidInput
from services.registry.model import FieldType
from services.store.batches import Categorical
from services.store.chunking import PART_LIMIT, concat_parts, split_parts
from services.store.columns import classes_column, column_of, column_values, predicted_column, score_columns
from services.store.names import column_for, validate_column


def test_classes_that_fold_to_one_name_are_kept_apart_in_any_order() -> None:
    classes = ["a b", "A-B", "a_b", "Ä B"]
    forwards, backwards = score_columns(classes), score_columns(classes[::-1])
    assert forwards == backwards
    assert list(forwards) == classes
    assert len(set(forwards.values())) == 4


@given(st.lists(st.text(max_size=60), unique=True, max_size=8))
def test_every_class_gets_a_valid_column_of_its_own(classes: list[str]) -> None:
    for version in ("", "Version8"):
        columns = score_columns(classes, version)
        assert len(set(columns.values())) == len(classes)
        for column in columns.values():
            assert validate_column(column) == column


@given(st.text(max_size=80), st.frozensets(st.sampled_from(["label_input", "id_input", "x", "x_2"])))
def test_every_input_gets_a_valid_column(name: str, taken: frozenset[str]) -> None:
    column = column_for(name, taken)
    assert validate_column(column) == column
    assert column not in taken


def test_a_version_s_predictions_stand_under_its_name_in_lower_case() -> None:
    assert predicted_column("B2") == "predicted_b2"
    with pytest.raises(InvalidInput):
        predicted_column("b; DROP")


@pytest.mark.parametrize("kind", [FieldType.NUMBER, FieldType.INTEGER, FieldType.BOOLEAN])
def test_numbers_come_back_missing_ones_too(kind: FieldType) -> None:
    column = np.array([0.0, np.nan, 1.0])
    values = column_values("x", column, kind)
    assert values[1] is None
    np.testing.assert_array_equal(column_of(values, text=False), column)


def test_unknown_classes_are_coded_behind_the_known_ones() -> None:
    column = classes_column(["b", None, "new"], ["a", "b"])
    assert column.categories == ("a", "b", "new")
    assert column.codes.tolist() == [1, -1, 2]


def test_texts_and_numbers_are_not_mixed_up() -> None:
    with pytest.raises(InvalidInput, match="texts"):
        column_values("x", np.zeros(1), FieldType.STRING)
    with pytest.raises(InvalidInput, match="numbers"):
        column_values("x", Categorical.of(["1"]), FieldType.NUMBER)


@pytest.mark.parametrize("size", [0, 1, PART_LIMIT, PART_LIMIT + 1])
def test_parts_join_to_the_content(size: int) -> None:
    content = bytes(size)
    parts = split_parts(content)
    assert max(map(len, parts)) <= PART_LIMIT
    assert concat_parts(("x", part) for part in parts) == {"x": content}

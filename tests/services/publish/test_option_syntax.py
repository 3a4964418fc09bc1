"""Inputs, classes and units as typed on a command line."""

import pytest

from services.errors import InvalidInput
from services.publish.description_draft import GivenInput
from services.publish.option_syntax import read_inputs, read_names, read_units
from services.registry.model import FieldType


def test_a_type_and_a_question_mark_are_told_from_the_name() -> None:
    assert read_inputs("pH, colour:string?, when:noon,count:integer") == (
        GivenInput("pH"),
        GivenInput("colour", FieldType.STRING, nullable=True),
        GivenInput("when:noon"),
        GivenInput("count", FieldType.INTEGER, nullable=False),
    )


def test_a_name_with_a_comma_stands_in_quotes() -> None:
    assert read_names('a, "b, c",d') == ("a", "b, c", "d")
    assert read_names("") == ()
    with pytest.raises(InvalidInput):
        read_names('"a')


def test_units_follow_the_last_equals_sign() -> None:
    assert read_units("pH=,a=b=g/l") == {"pH": "", "a=b": "g/l"}
    with pytest.raises(InvalidInput, match="NAME=UNIT"):
        read_units("pH")

"""Rows from CSV files: typed by the signature, or refused with the line and column."""

from pathlib import Path

import pytest

from services.errors import InvalidInput, NotFound
from services.publish.csv_rows import read_rows
from services.registry.model import Field, FieldType, Signature, Task

SIGNATURE = Signature(
    (
        Field("size", "size", FieldType.NUMBER),
        Field("rooms", "rooms", FieldType.INTEGER),
        Field("garden", "garden", FieldType.BOOLEAN),
        Field("town", "town", FieldType.STRING),
    ),
    Field("price", "price", FieldType.NUMBER),
    Task.REGRESSION,
)


def _file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "rows.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_values_take_the_types_of_the_signature(tmp_path: Path) -> None:
    file = _file(tmp_path, "price,size,rooms,garden,town,extra\n1.5,80,3,yes,Gijón,x\n")
    assert read_rows(file, SIGNATURE) == [
        {"size": 80.0, "rooms": 3, "garden": True, "town": "Gijón", "price": 1.5}
    ]


def test_an_empty_cell_is_a_missing_value(tmp_path: Path) -> None:
    file = _file(tmp_path, "size;rooms;garden;town;price\n;;;;2\n")
    (row,) = read_rows(file, SIGNATURE, delimiter=";")
    assert row == {"size": None, "rooms": None, "garden": None, "town": None, "price": 2.0}


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no column named garden, town"):
        read_rows(_file(tmp_path, "size,rooms,price\n1,2,3\n"), SIGNATURE)


@pytest.mark.parametrize(
    ("cells", "word"), [("x,3,no,a,1", "size"), ("1,3.5,no,a,1", "rooms"), ("1,3,3,a,1", "garden")]
)
def test_a_value_of_another_type_names_its_line_and_column(tmp_path: Path, cells: str, word: str) -> None:
    file = _file(tmp_path, f"size,rooms,garden,town,price\n1,2,no,a,1\n{cells}\n")
    with pytest.raises(InvalidInput, match=f"line 3: {word} is"):
        read_rows(file, SIGNATURE)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nowhere\.csv"):
        read_rows(tmp_path / "nowhere.csv", SIGNATURE)

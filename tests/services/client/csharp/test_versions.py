"""One client serves versions that want different inputs."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from services.client.csharp import csharp_client
from services.registry.model import Field, FieldType, Project

CHAMPION = (
    Field("pH", "ph"),
    Field("batch", "batch", FieldType.INTEGER),
    Field("cellar", "cellar", FieldType.STRING, nullable=True),
)
CHALLENGER = (
    Field("PH", "ph_2", FieldType.STRING),
    Field("batch", "batch", FieldType.STRING),
    Field("sugar", "sugar", unit="g/dm³"),
    Field("organic", "organic", FieldType.BOOLEAN),
)


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    return make_project("wine", CHAMPION, CHALLENGER)


@pytest.fixture
def on_the_wire(
    project: Project,
    write_client: Callable[[Project], Path],
    compile_csharp: Callable[..., Path],
    run_program: Callable[..., list[str]],
    tmp_path: Path,
) -> Callable[..., object]:
    """An input whose properties are set as words say (`Name=value`), as it is sent."""
    source = tmp_path / "Written.cs"
    source.write_bytes((Path(__file__).parent / "Written.cs").read_bytes())
    program = compile_csharp(source, write_client(project), program=True)

    def sent(*words: str) -> object:
        return json.loads("".join(run_program(program, "Relevo.Wine.WineInput", *words)))

    return sent


def test_whose_an_input_is_stands_beside_it(project: Project) -> None:
    text = csharp_client(project).text
    assert "<summary>pH. Required. Used by version A.</summary>" in text
    assert "<summary>batch. Required.</summary>" in text
    assert "<summary>sugar in g/dm³. May be left out. Used by version B.</summary>" in text


def test_inputs_of_a_challenger_alone_may_be_left_out(on_the_wire: Callable[..., object]) -> None:
    assert on_the_wire("PH=3.5", "Batch=7") == {"pH": 3.5, "batch": 7, "cellar": None}


def test_inputs_of_both_are_sent_under_their_own_names_in_the_champions_type(
    on_the_wire: Callable[..., object],
) -> None:
    sent = on_the_wire("PH=3.5", "PH2=high", "Batch=7", "Cellar=north", "Sugar=1.25", "Organic=true")
    assert sent == {
        "pH": 3.5,
        "PH": "high",
        "batch": 7,
        "cellar": "north",
        "sugar": 1.25,
        "organic": True,
    }


def test_classes_of_all_versions_are_in_the_enumeration(
    make_project: Callable[..., Project],
    build_client: Callable[[Project], Path],
) -> None:
    one = make_project("iris", CHAMPION, classes=("setosa", "versicolor"))
    other = make_project("iris", CHAMPION, CHALLENGER, classes=("versicolor", "virginica"))
    both = Project("iris", "A", 1, one.policy, (one.versions[0], other.versions[1]))
    library = build_client(both)
    text = library.with_suffix(".cs").read_text(encoding="utf-8-sig")
    for number, name in enumerate(("Unknown", "Setosa", "Versicolor", "Virginica")):
        assert f" {name} = {number}" in text

"""What is generated compiles without a warning, whatever names users gave."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from services.client.csharp import csharp_client
from services.client.csharp_names import comment, identifier, identifiers, literal
from services.errors import InvalidInput
from services.registry.model import Field, FieldType, Project

NAMES = (
    "pH", "class", "Class", "event", "a \"q\"\\ \n", "año", "7 days", "%$", "Json", "Equals", "GetType",
    "Write", "System", "StringBuilder", "output", "index", "温度", "😀 Ünï", "हिन्दी", "ß", "e\u0301t",
    "\u2028", "</summary>", "*/ //", "{0}", "__Client__",
)  # fmt: skip
CLASSES = ("unknown", "Unknown", "class", "Class", "ToString", "1", "-1", 'a"b', "\u2028x", "número")


def odd_inputs() -> tuple[Field, ...]:
    types = list(FieldType)
    return tuple(
        Field(
            name,
            f"column{number}",
            types[number % len(types)],
            required=number % 3 > 0,
            nullable=number % 2 > 0,
            unit='"<&>\n*/',
        )
        for number, name in enumerate(NAMES)
    )


@pytest.mark.parametrize(
    ("name", "classes"),
    [("wine", ()), ("http", ()), ("7_up", ()), ("system", CLASSES), ("task", CLASSES), ("json", CLASSES)],
)
def test_names_of_any_kind_compile_with_all_warnings_as_errors(
    make_project: Callable[..., Project],
    build_client: Callable[[Project], Path],
    name: str,
    classes: tuple[str, ...],
) -> None:
    library = build_client(make_project(name, odd_inputs(), classes=classes))
    assert library.exists()
    assert library.with_suffix(".xml").exists()


def test_every_name_stays_what_it_was_on_the_wire(
    make_project: Callable[..., Project],
    write_client: Callable[[Project], Path],
    compile_csharp: Callable[..., Path],
    run_program: Callable[..., list[str]],
    tmp_path: Path,
) -> None:
    inputs = tuple(Field(name, f"c{number}", FieldType.STRING) for number, name in enumerate(NAMES))
    client = write_client(make_project("wine", inputs))
    # `Write` is internal: the program is compiled together with it.
    program = tmp_path / "Program.cs"
    program.write_text(
        "using System; using System.Text; using Relevo.Wine; using System.IO;\n"
        "static class Program { static void Main(string[] words) { var input = new WineInput();\n"
        "foreach (var one in typeof(WineInput).GetProperties())\n"
        'one.SetValue(input, "v\\ud83d\\ude00\\"\\n");\n'
        "var text = new StringBuilder(); typeof(WineInput).GetMethod("
        '"Write", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)'
        ".Invoke(input, new object[] { text, 0 }); File.WriteAllText(words[0], text.ToString()); } }\n"
    )
    run_program(compile_csharp(program, client, program=True), str(tmp_path / "written.json"))
    written = json.loads((tmp_path / "written.json").read_text(encoding="utf-8"))
    assert written == dict.fromkeys(NAMES, 'v😀"\n')


def test_a_namespace_of_ones_own_is_taken_if_it_is_one(make_project: Callable[..., Project]) -> None:
    wine = make_project("wine", (Field("pH", "ph"),))
    made = csharp_client(wine, namespace="Plant.Quality")
    assert "namespace Plant.Quality\n" in made.text
    assert "global::Plant.Quality.Json." in made.text
    assert "namespace Plant.@class\n" in csharp_client(wine, namespace="Plant.@class").text
    for wrong in ("Plant; class Evil", "Plant.class", "7.Plant", "Plant.", "global::Plant"):
        with pytest.raises(InvalidInput, match="not a C# namespace"):
            csharp_client(wine, namespace=wrong)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("fixed acidity", "FixedAcidity"),
        ("pH", "PH"),
        ("class", "Class"),
        ("7 days", "_7Days"),
        ("año-nuevo", "AñoNuevo"),
        ("e\u0301t", "Ét"),
        ("😀", "Field"),
        ("", "Field"),
        ("a_b", "AB"),
    ],
)
def test_a_name_becomes_an_identifier(name: str, made: str) -> None:
    assert identifier(name, otherwise="Field") == made


def test_names_that_would_be_alike_are_numbered() -> None:
    made = identifiers(["a b", "A-B", "AB2", "aB"], otherwise="Field", taken=["AB"])
    assert made == ["AB2", "AB3", "AB22", "AB4"]


def test_texts_are_escaped() -> None:
    assert literal('a"\\\n\u2028ñ') == '"a\\"\\\\\\u000a\\u2028ñ"'
    assert comment("a <b>\n & c") == "a &lt;b&gt; &amp; c"

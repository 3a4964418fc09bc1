"""What a file carries and what a person gives, put together: what is missing, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from services.errors import InvalidInput
from services.model_server.artifacts.interface import ArtifactDescription, DescribedInput
from services.publish.description_draft import GivenDescription, GivenInput, draft_description, next_version
from services.registry.model import FieldType, Task

NAMED = ArtifactDescription(
    kind="lightgbm", library="lightgbm 4.7.0", width=2, task=Task.REGRESSION,
    inputs=(DescribedInput("fixed_acidity", nullable=True), DescribedInput("pH")),
)  # fmt: skip
SILENT = ArtifactDescription(kind="onnx", library="onnxruntime 1.32.0", width=2)
CLASSES = replace(NAMED, task=Task.CLASSIFICATION, class_count=3)
WHOLE = GivenDescription(project="wine", version="C", target="quality")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def about(described: ArtifactDescription, given: GivenDescription) -> dict[str, str]:
    return {problem.about: problem.message for problem in draft_description(described, given).problems}


def test_what_the_file_carries_need_not_be_given() -> None:
    draft = draft_description(NAMED, WHOLE)
    assert draft.problems == ()
    deploy = draft.deploy("wine.txt", NOW)
    assert [(one.name, one.nullable) for one in deploy.signature.inputs] == [
        ("fixed_acidity", True), ("pH", False),
    ]  # fmt: skip
    assert (deploy.kind, deploy.library, deploy.artifact) == ("lightgbm", "lightgbm 4.7.0", "wine.txt")
    assert deploy.signature.target.type is FieldType.NUMBER


def test_all_that_is_missing_is_told_with_how_to_give_it() -> None:
    draft = draft_description(SILENT, GivenDescription())
    assert [one.about for one in draft.missing] == ["project", "version", "target", "task", "inputs"]
    assert draft.invalid == ()
    with pytest.raises(InvalidInput, match=r"takes 2 inputs and names none.*\(--inputs"):
        draft.deploy("model.onnx", NOW)


def test_inputs_are_named_in_the_models_order_with_type_and_unit() -> None:
    given = replace(
        WHOLE, task=Task.REGRESSION, units={"colour": "nm", "quality": "points"},
        inputs=(GivenInput("pH"), GivenInput("colour", FieldType.INTEGER, nullable=True)),
    )  # fmt: skip
    draft = draft_description(SILENT, given)
    assert draft.problems == ()
    assert [(one.name, one.type, one.nullable, one.unit) for one in draft.inputs] == [
        ("pH", FieldType.NUMBER, False, ""), ("colour", FieldType.INTEGER, True, "nm"),
    ]  # fmt: skip
    assert draft.target.unit == "points"


def test_underscores_give_way_to_the_teams_own_names_and_the_rest_is_kept() -> None:
    draft = draft_description(NAMED, replace(WHOLE, inputs=(GivenInput("fixed acidity"),)))
    assert draft.problems == ()
    assert [(one.name, one.column, one.nullable) for one in draft.inputs] == [
        ("fixed acidity", "fixed_acidity", True), ("pH", "ph", False),
    ]  # fmt: skip


def test_classes_alone_say_that_it_is_a_classification() -> None:
    draft = draft_description(
        SILENT, replace(WHOLE, classes=("no", "yes"), inputs=(GivenInput("a"), GivenInput("b")))
    )
    assert (draft.task, draft.problems) == (Task.CLASSIFICATION, ())
    assert draft.target.type is FieldType.STRING


@pytest.mark.parametrize(
    ("described", "given", "field", "told"),
    [
        (NAMED, replace(WHOLE, project="Wine"), "project", "lower-case letters"),
        (NAMED, replace(WHOLE, version="C_1"), "version", "eight letters and digits"),
        (NAMED, replace(WHOLE, target="pH"), "target", "is an input"),
        (NAMED, replace(WHOLE, task=Task.CLASSIFICATION), "task", "the model itself says regression"),
        (NAMED, replace(WHOLE, classes=("a", "b")), "classes", "a regression has no classes"),
        (CLASSES, replace(WHOLE, classes=("a", "b")), "classes", "tells 3 classes apart, 2 are named"),
        (CLASSES, replace(WHOLE, classes=("a", "b", "a")), "classes", "'a' is named twice"),
        (CLASSES, replace(WHOLE, classes=("a", "", "b")), "classes", "a class has no name"),
        (
            replace(CLASSES, classes=("a", "b", "c")),
            replace(WHOLE, classes=("c", "b", "a")),
            "classes",
            "own classes are a, b, c",
        ),
        (NAMED, replace(WHOLE, inputs=(GivenInput("sugar"),)), "inputs", "no input 'sugar'; it takes"),
        (SILENT, replace(WHOLE, task=Task.REGRESSION, inputs=(GivenInput("a"),)), "inputs", "1 are named"),
        (
            SILENT,
            replace(WHOLE, task=Task.REGRESSION, inputs=(GivenInput("a"), GivenInput("a"))),
            "inputs",
            "named twice",
        ),
        (
            SILENT,
            replace(WHOLE, task=Task.REGRESSION, inputs=(GivenInput("a"), GivenInput(""))),
            "inputs",
            "input 2 has no name",
        ),
        (NAMED, replace(WHOLE, units={"sugar": "g/l"}), "units", "named 'sugar'"),
        (NAMED, replace(WHOLE, rows=-1), "rows", "below 0"),
        (NAMED, replace(WHOLE, train="nowhere.py"), "train", "no file nowhere.py"),
    ],
)
def test_what_does_not_fit_is_told_where_it_was_given(
    described: ArtifactDescription, given: GivenDescription, field: str, told: str
) -> None:
    problems = about(described, given)
    assert list(problems) == [field]
    assert told in problems[field]
    assert draft_description(described, given).missing == ()


@pytest.mark.parametrize(
    ("text", "told"), [("def fit(): ...\n", "does not define train"), ("def train(:\n", "is no Python")]
)
def test_a_training_script_is_parsed_and_not_run(tmp_path: Path, text: str, told: str) -> None:
    script = tmp_path / "train.py"
    script.write_text(f"raise SystemExit(1)\n{text}", encoding="utf-8")
    assert told in about(NAMED, replace(WHOLE, train=str(script)))["train"]
    script.write_text("raise SystemExit(1)\ndef train(frame, target, parameters): ...\n", encoding="utf-8")
    assert about(NAMED, replace(WHOLE, train=str(script))) == {}


def test_the_next_version_is_the_first_free_letter() -> None:
    assert next_version([]) == "A"
    assert next_version(["A", "b", "D"]) == "C"
    assert next_version(map(chr, range(65, 91))) == ""

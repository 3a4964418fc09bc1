"""What a model file carries and what a person adds to it, as one draft of a deploy folder's description."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from services.errors import InvalidInput
from services.model_server.artifacts.interface import ArtifactDescription, DescribedInput
from services.model_server.artifacts.signature_fit import plain_name
from services.model_server.deploy import Deploy, target_type
from services.registry.model import Field, FieldType, Signature, Task
from services.store.names import column_for, validate_project, validate_version

About = Literal["project", "version", "target", "task", "classes", "inputs", "units", "train", "rows"]

OPTIONS: Mapping[About, str] = {
    "project": "--project NAME",
    "version": "--version NAME",
    "target": "--target NAME",
    "task": "--task regression|classification",
    "classes": "--classes NAME,NAME,…",
    "inputs": "--inputs NAME[:TYPE[?]],…",
    "units": "--units NAME=UNIT,…",
    "train": "--train FILE",
    "rows": "--rows NUMBER",
}
"""How each is given on the command line."""


class GivenInput(Struct, frozen=True):
    """What a person says of one input; None leaves what the file carries, or a number never missing."""

    name: str
    type: FieldType | None = None
    nullable: bool | None = None


class GivenDescription(Struct, frozen=True, kw_only=True):
    """What a person says of a model file; what is empty is not said.

    Attributes:
        classes: in the order of the model's probabilities.
        inputs: all of them, in the model's order, where the file names none; else those to correct, whose
            spaces and signs the file may have as underscores.
        units: by the name of an input or of the target.
        train: path of the script with `train(frame, target, parameters)`; empty: it cannot be retrained.
        rows: how many rows it was trained on; 0 if unknown.
    """

    project: str = ""
    version: str = ""
    target: str = ""
    task: Task | None = None
    classes: tuple[str, ...] = ()
    inputs: tuple[GivenInput, ...] = ()
    units: Mapping[str, str] = {}
    train: str = ""
    rows: int = 0


class DraftProblem(Struct, frozen=True):
    """What stands in the way of a deploy folder.

    Attributes:
        about: which of the things given.
        message: what is missing or wrong, as a sentence without its full stop.
        missing: whether it is only missing; else what was given is wrong.
    """

    about: About
    message: str
    missing: bool = False


class DescriptionDraft(Struct, frozen=True, kw_only=True):
    """A description as far as it is known.

    Attributes:
        target: its name is empty while it is missing.
        problems: none once a deploy folder can be written.
    """

    described: ArtifactDescription
    given: GivenDescription
    inputs: tuple[Field, ...]
    target: Field
    task: Task | None
    classes: tuple[str, ...]
    problems: tuple[DraftProblem, ...]

    @property
    def invalid(self) -> tuple[DraftProblem, ...]:
        """What was given and cannot be."""
        return tuple(problem for problem in self.problems if not problem.missing)

    @property
    def missing(self) -> tuple[DraftProblem, ...]:
        """What is still missing."""
        return tuple(problem for problem in self.problems if problem.missing)

    def deploy(self, artifact: str, trained_at: datetime) -> Deploy:
        """The description to be written, of an artifact of this file name.

        Raises:
            InvalidInput: something is wrong or missing; says all of it, and how to give it.
        """
        if self.problems or self.task is None:
            problems = "; ".join(f"{one.message} ({OPTIONS[one.about]})" for one in self.problems)
            raise InvalidInput(problems, remedy="Nothing was written.")
        return Deploy(
            project=self.given.project,
            version=self.given.version,
            signature=Signature(self.inputs, self.target, self.task, self.classes),
            trained_at=trained_at,
            rows=self.given.rows,
            library=self.described.library,
            artifact=artifact,
            kind=self.described.kind,
            train=Path(self.given.train).name if self.given.train else "",
        )


def draft_description(described: ArtifactDescription, given: GivenDescription) -> DescriptionDraft:
    """Put together what a file carries and what a person gives; nothing is written, no code is run."""
    problems: list[DraftProblem] = []
    task = _task(described, given, problems)
    classes = _classes(described, given, task, problems)
    name = given.target or described.target
    target, inputs = _fields(name, _inputs(described, given, problems), task, given.units)
    problems += _about_names(given)
    problems += _about_target(name, inputs)
    problems += _about_units(given.units, {name, *(field.name for field in inputs)})
    problems += _about_training(given)
    return DescriptionDraft(
        described=described,
        given=given,
        inputs=inputs,
        target=target,
        task=task,
        classes=classes,
        problems=tuple(sorted(problems, key=lambda problem: list(OPTIONS).index(problem.about))),
    )


def next_version(taken: Iterable[str]) -> str:
    """The first letter from A that none of a project's versions has, whatever its case; empty after Z."""
    used = {name.upper() for name in taken}
    return next((letter for letter in map(chr, range(ord("A"), ord("Z") + 1)) if letter not in used), "")


def _task(
    described: ArtifactDescription, given: GivenDescription, problems: list[DraftProblem]
) -> Task | None:
    carried, stated = described.task, given.task
    if carried is not None:
        if stated not in {None, carried}:
            problems.append(DraftProblem("task", f"the model itself says {carried}"))
        return carried
    if stated is not None:
        return stated
    if given.classes or described.classes:
        return Task.CLASSIFICATION
    problems.append(DraftProblem("task", "the file does not tell whether it is a regression", missing=True))
    return None


def _classes(
    described: ArtifactDescription, given: GivenDescription, task: Task | None, problems: list[DraftProblem]
) -> tuple[str, ...]:
    if task is not Task.CLASSIFICATION:
        if given.classes and task is Task.REGRESSION:
            problems.append(DraftProblem("classes", "a regression has no classes"))
        return ()
    carried, stated = described.classes, given.classes
    if carried and stated not in {(), carried}:
        problems.append(DraftProblem("classes", f"the model’s own classes are {', '.join(carried)}"))
    classes = carried or stated
    if not classes:
        apart = (
            f"the model tells {described.class_count} classes apart and"
            if described.class_count
            else "the file"
        )
        message = f"{apart} names none; name them in the order of its probabilities"
        problems.append(DraftProblem("classes", message, missing=True))
    else:
        problems += _about_classes(classes, described.class_count)
    return classes


def _about_classes(classes: Sequence[str], count: int) -> list[DraftProblem]:
    message = ""
    if count and len(classes) != count:
        message = f"the model tells {count} classes apart, {len(classes)} are named"
    elif len(classes) < 2:
        message = "a classification has at least two classes"
    elif not all(classes):
        message = "a class has no name"
    elif twice := _twice(classes):
        message = f"class {twice!r} is named twice"
    return [DraftProblem("classes", message)] if message else []


def _inputs(
    described: ArtifactDescription, given: GivenDescription, problems: list[DraftProblem]
) -> list[DescribedInput]:
    names = [one.name for one in given.inputs]
    if twice := _twice(names):
        problems.append(DraftProblem("inputs", f"input {twice!r} is named twice"))
    if described.inputs:
        return _corrected(described.inputs, given.inputs, problems)
    if not names:
        takes = f"the model takes {described.width} inputs and" if described.width else "the file"
        problems.append(DraftProblem("inputs", f"{takes} names none; name them in its order", missing=True))
    elif described.width and len(names) != described.width:
        message = f"the model takes {described.width} inputs, {len(names)} are named"
        problems.append(DraftProblem("inputs", message))
    elif not all(names):
        problems.append(DraftProblem("inputs", f"input {names.index('') + 1} has no name"))
    return [_with_given(DescribedInput(one.name), one) for one in given.inputs]


def _corrected(
    carried: Sequence[DescribedInput], given: Sequence[GivenInput], problems: list[DraftProblem]
) -> list[DescribedInput]:
    known = {plain_name(one.name) for one in carried}
    unknown = [one.name for one in given if plain_name(one.name) not in known]
    if unknown:
        takes = ", ".join(one.name for one in carried)
        problems.append(DraftProblem("inputs", f"the model has no input {unknown[0]!r}; it takes {takes}"))
    stated = {plain_name(one.name): one for one in given}
    return [_with_given(one, stated.get(plain_name(one.name), GivenInput(one.name))) for one in carried]


def _with_given(carried: DescribedInput, stated: GivenInput) -> DescribedInput:
    return DescribedInput(
        stated.name,
        carried.type if stated.type is None else stated.type,
        carried.nullable if stated.nullable is None else stated.nullable,
    )


def _fields(
    target: str, inputs: Sequence[DescribedInput], task: Task | None, units: Mapping[str, str]
) -> tuple[Field, tuple[Field, ...]]:
    """Target and inputs with their storage columns, no column twice."""
    fields: list[Field] = []
    for one in [*inputs, DescribedInput(target, target_type(task))]:
        column = column_for(one.name, frozenset(known.column for known in fields))
        unit = units.get(one.name, "")
        fields.append(Field(one.name, column, one.type, nullable=one.nullable, unit=unit))
    return fields[-1], tuple(fields[:-1])


def _about_names(given: GivenDescription) -> list[DraftProblem]:
    found = []
    if not given.project:
        found.append(DraftProblem("project", "the project has no name", missing=True))
    else:
        found += _checked("project", given.project)
    if not given.version:
        found.append(DraftProblem("version", "the version has no name", missing=True))
    else:
        found += _checked("version", given.version)
    return found


def _checked(about: Literal["project", "version"], name: str) -> list[DraftProblem]:
    try:
        (validate_project if about == "project" else validate_version)(name)
    except InvalidInput as error:
        return [DraftProblem(about, error.message)]
    return []


def _about_target(name: str, inputs: Sequence[Field]) -> list[DraftProblem]:
    if not name:
        return [DraftProblem("target", "the file does not name what it predicts", missing=True)]
    if name in {field.name for field in inputs}:
        return [DraftProblem("target", f"{name!r} is an input")]
    return []


def _about_units(units: Mapping[str, str], names: set[str]) -> list[DraftProblem]:
    unknown = [name for name in units if name not in names]
    return (
        [DraftProblem("units", f"neither an input nor the target is named {unknown[0]!r}")]
        if unknown
        else []
    )


def _about_training(given: GivenDescription) -> list[DraftProblem]:
    found = [] if given.rows >= 0 else [DraftProblem("rows", "the number of rows is below 0")]
    if given.train:
        found += [DraftProblem("train", message) for message in _about_script(Path(given.train))]
    return found


def _about_script(script: Path) -> list[str]:
    """What keeps a file from being a training script; it is parsed, not run."""
    if not script.is_file():
        return [f"there is no file {script}"]
    try:
        tree = ast.parse(script.read_bytes(), filename=script.name)
    except (SyntaxError, ValueError) as error:
        return [f"{script.name} is no Python: {error}"]
    except OSError as error:
        return [f"{script} cannot be read: {error.strerror}"]
    if not any(isinstance(one, ast.FunctionDef) and one.name == "train" for one in tree.body):
        return [f"{script.name} does not define train(frame, target, parameters)"]
    return []


def _twice(names: Sequence[str]) -> str:
    """The first name that comes a second time; empty if none does."""
    return next((name for place, name in enumerate(names) if name in names[:place] and name), "")

"""`relevo describe MODEL`: what a model file of any maker carries, and its deploy folder."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from app.commands.options import log_to_standard_error
from services.containers.parent_watch import watch_parent
from services.errors import InvalidInput
from services.model_server.artifacts.description import describe_file
from services.model_server.artifacts.kinds import KINDS
from services.publish.description_draft import (
    OPTIONS,
    DescriptionDraft,
    GivenDescription,
    draft_description,
)
from services.publish.isolated_reader import ReaderRequest, answer_request
from services.publish.model_import import import_model
from services.publish.option_syntax import read_inputs, read_names, read_units
from services.registry.model import Task

NOTE = (
    "Without --into nothing is written. To read a pickle runs the code in it: describe only files of "
    "people you trust. Names that hold a comma stand in double quotes."
)
TASKS = [task.value for task in Task]


def main(arguments: list[str]) -> int:
    """Describe a model file; write its deploy folder where one is asked for."""
    if arguments == ["--ordered"]:
        return _ordered()
    options = _parser().parse_args(arguments)
    draft = draft_description(describe_file(options.model), _given(options))
    print("\n".join(told(draft)))
    if draft.invalid:
        raise InvalidInput("what is given does not fit")
    if options.into is None:
        return 0
    if draft.missing:
        raise InvalidInput("something is still missing; nothing was written")
    deploy = import_model(options.model, draft, options.into, replace=options.replace)
    print(f"\n{options.into} holds {deploy.project} {deploy.version}")
    return 0


def told(draft: DescriptionDraft) -> list[str]:
    """What is known of a model as lines, and what is missing with the option that gives it."""
    described = draft.described
    named = [
        (field.name, str(field.type), "yes" if field.nullable else "no", field.unit)
        for field in draft.inputs
    ]
    unnamed = described.width and not draft.inputs
    facts = [
        ("kind", f"{described.kind}, {KINDS[described.kind].title}"),
        ("library", described.library),
        ("task", str(draft.task or "")),
        ("target", f"{draft.target.name} {f'({draft.target.unit})' if draft.target.unit else ''}".strip()),
        ("classes", ", ".join(draft.classes)),
        ("inputs", f"{described.width}, without names" if unnamed else str(len(draft.inputs) or "")),
    ]
    lines = _table([(name, value) for name, value in facts if value])
    if named:
        lines += ["", *_table([("input", "type", "may be missing", "unit"), *named])]
    for title, problems in (("Still missing:", draft.missing), ("Wrong:", draft.invalid)):
        if problems:
            rows = [(OPTIONS[problem.about], problem.message) for problem in problems]
            lines += ["", title, *(f"  {line}" for line in _table(rows))]
    return lines


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="relevo describe", description=__doc__, epilog=NOTE)
    parser.add_argument("model", type=Path, help="pickle (joblib), XGBoost, LightGBM, ONNX or PMML")
    parser.add_argument("--project", default="", help="its project’s name")
    parser.add_argument("--version", default="", help="its version’s name, such as C")
    parser.add_argument("--target", default="", help="what is predicted, by the team’s own name")
    parser.add_argument("--task", choices=TASKS, help="where the file does not tell")
    parser.add_argument("--classes", default="", help="a,b,c in the order of the model’s probabilities")
    parser.add_argument(
        "--inputs", default="", metavar="NAME[:TYPE[?]],…",
        help="all, in the model’s order, where the file names none; else those to correct. "
        "Types: number, integer, string, boolean; ? where it may be missing",
    )  # fmt: skip
    parser.add_argument("--units", default="", metavar="NAME=UNIT,…", help="of inputs and target")
    parser.add_argument(
        "--train", default="", metavar="FILE", help="script with train(frame, target, parameters)"
    )
    parser.add_argument("--rows", type=int, default=0, help="how many rows it was trained on")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="write the deploy folder there")
    parser.add_argument(
        "--replace", action="store_true", help="bring an existing folder of this version up to date"
    )
    return parser


def _given(options: argparse.Namespace) -> GivenDescription:
    return GivenDescription(
        project=options.project,
        version=options.version,
        target=options.target,
        task=Task(options.task) if options.task else None,
        classes=read_names(options.classes),
        inputs=read_inputs(options.inputs),
        units=read_units(options.units),
        train=options.train,
        rows=options.rows,
    )


def _ordered() -> int:
    """Do what the window orders; ends with it."""
    log_to_standard_error()
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=ReaderRequest)
    watch_parent(_end)
    # What a model's code or its library prints is no answer: it goes to the log.
    answer = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with os.fdopen(answer, "wb") as told_to:
        told_to.write(msgspec.json.encode(answer_request(order)) + b"\n")
    return 0


def _end() -> NoReturn:
    os._exit(1)

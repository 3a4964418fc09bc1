"""Model files are read in a process of their own: a pickle is code, and their libraries are heavy.

Such a process runs `relevo describe --ordered`: it reads its order, one JSON line, from standard input,
says how far it is and how it ended on standard output, and ends when its parent does.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from services.containers.interface import Progress
from services.containers.program import program_command
from services.errors import InvalidInput, RelevoError
from services.model_server.artifacts.description import describe_file
from services.model_server.artifacts.interface import ArtifactDescription
from services.publish.description_draft import GivenDescription, draft_description

_LOOK_SECONDS = 0.1
_LAST_CHARACTERS = 4000


class ImportRequest(Struct, frozen=True):
    """Where a deploy folder is wanted, and what is given for it."""

    given: GivenDescription
    folder: str
    replace: bool = False


class ReaderRequest(Struct, frozen=True):
    """What such a process does: describe a file or, with `writing`, bring it into a deploy folder."""

    model: str
    writing: ImportRequest | None = None


class ReaderReply(Struct, frozen=True, omit_defaults=True):
    """How it ended: with a description, with a written folder, or with an error that can be acted on."""

    described: ArtifactDescription | None = None
    failure: str = ""
    remedy: str = ""
    details: str = ""


def answer_request(request: ReaderRequest) -> ReaderReply:
    """Do what is ordered, in the process that was started for it."""
    model = Path(request.model)
    try:
        described, writing = describe_file(model), request.writing
        if writing is None:
            return ReaderReply(described)
        from services.publish.model_import import import_model

        import_model(
            model,
            draft_description(described, writing.given),
            Path(writing.folder),
            replace=writing.replace,
        )
    except RelevoError as error:
        return ReaderReply(None, error.message, error.remedy, error.details)
    return ReaderReply()


def describe_isolated(model: Path, progress: Progress) -> ArtifactDescription:
    """What a model file carries, read in a process of its own.

    Args:
        model: the file; a pickle's code is run.
        progress: told that it goes on; may raise Cancelled, which ends the process.

    Raises:
        RelevoError: as `describe_file`.
        InvalidInput: the process ended without a word; its last ones are in the details.
    """
    described = _ask_process(
        ReaderRequest(str(model)), lambda: progress(None, f"Reading {model.name}")
    ).described
    if described is None:
        raise InvalidInput(f"{model.name} could not be read")
    return described


def import_model_isolated(
    model: Path, given: GivenDescription, folder: Path, *, replace: bool, progress: Progress
) -> None:
    """Describe a model and `import_model` it, in a process of its own.

    Raises:
        InvalidInput: for whatever these raise.
    """
    request = ReaderRequest(str(model), ImportRequest(given, str(folder), replace))
    _ask_process(request, lambda: progress(None, f"Loading {model.name} and writing {folder}"))


def _ask_process(request: ReaderRequest, check: Callable[[], None]) -> ReaderReply:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        code = _run(request, output, errors, check)
        reply = _reply(_text(output))
        if reply is None:
            raise InvalidInput(
                f"{Path(request.model).name} ended the program that read it, with exit code {code}",
                remedy="Details tell its last words.",
                details=_text(errors)[-_LAST_CHARACTERS:],
            )
    if reply.failure:
        raise InvalidInput(reply.failure, remedy=reply.remedy, details=reply.details)
    return reply


def _run(request: ReaderRequest, output: IO[bytes], errors: IO[bytes], check: Callable[[], None]) -> int:
    process = subprocess.Popen(
        program_command("describe", "--ordered"),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=errors,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    with process:
        assert process.stdin is not None  # noqa: S101 - for the checker: it is a pipe
        try:
            with contextlib.suppress(OSError):  # it may have ended already; its last words say why
                process.stdin.write(msgspec.json.encode(request) + b"\n")
                process.stdin.flush()
            while True:
                check()
                try:
                    return process.wait(_LOOK_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            process.kill()
            raise


def _reply(text: str) -> ReaderReply | None:
    """The reply in the last line; a model's own code may have printed before it."""
    lines = text.splitlines()
    try:
        return msgspec.json.decode(lines[-1], type=ReaderReply) if lines else None
    except msgspec.MsgspecError:
        return None


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")

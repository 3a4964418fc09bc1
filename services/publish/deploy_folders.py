"""Writes deploy folders of model files that others made; never over another version's."""

import shutil
from pathlib import Path

import msgspec
from msgspec import Struct

from services.errors import Conflict, NotFound, StorageError
from services.model_server.artifacts.kinds import Kind
from services.model_server.deploy import DESCRIPTION, Deploy, modified_at, write_deploy
from services.publish.description_draft import DescriptionDraft
from services.publish.local_imports import local_modules


class _Named(Struct):
    """What an existing description must tell: whose it is, and which files are its own."""

    project: str
    version: str
    artifact: str = ""
    train: str = ""


def write_folder(model: Path, draft: DescriptionDraft, folder: Path, *, replace: bool) -> Deploy:
    """Copy a model, its training script and the modules beside that into a deploy folder, described there.

    A folder of the same version is brought up to date where that is asked for: files that its old
    description named and the new one does not are removed, others stay. The description comes last, so a
    folder that is only half written is none.

    Args:
        model: the file.
        draft: without problems.
        folder: made if need be.
        replace: whether a folder of the same version may be brought up to date.

    Raises:
        InvalidInput: the draft is not complete.
        NotFound: the model is gone.
        Conflict: the folder is another version's, or holds files that would be overwritten.
        StorageError: the folder cannot be written.
    """
    deploy = deploy_of(model, draft)
    sources = {deploy.artifact: model}
    if deploy.train:
        script = Path(draft.given.train)
        sources |= local_modules(script) | {deploy.train: script}
    before = check_folder(folder, deploy.project, deploy.version, replace=replace)
    _check_free(folder, sources, before)
    try:
        _write(folder, deploy, sources, before)
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written: {error.strerror or error}",
            remedy="Choose another folder, or free some space.",
        ) from error
    return deploy


def deploy_of(model: Path, draft: DescriptionDraft) -> Deploy:
    """The description that a draft comes to; the file's time of change counts as that of the training.

    Raises:
        InvalidInput: the draft is not complete.
        NotFound: the model is gone.
    """
    if not model.is_file():
        raise NotFound(f"there is no file {model}")
    return draft.deploy(artifact_name(model, draft.described.kind), modified_at(model))


def artifact_name(model: Path, kind: Kind) -> str:
    """The file's name in a deploy folder: its own, unless that is the description's."""
    return f"{model.stem}.{kind}.json" if model.name.casefold() == DESCRIPTION else model.name


def check_folder(folder: Path, project: str, version: str, *, replace: bool) -> tuple[str, ...]:
    """Whether a version's deploy folder may be written there; the files its present description names.

    Raises:
        Conflict: it is another version's, or this one's and not to be replaced.
    """
    description = folder / DESCRIPTION
    if folder.exists() and not folder.is_dir():
        raise Conflict(f"{folder} is a file", remedy="Choose a folder.")
    if not description.exists():
        return ()
    try:
        found = msgspec.json.decode(description.read_bytes(), type=_Named)
    except (msgspec.MsgspecError, OSError) as error:
        raise Conflict(
            f"{description} is no deploy folder’s description; it is not overwritten",
            remedy="Choose another folder.",
        ) from error
    if (found.project, found.version) != (project, version):
        raise Conflict(
            f"{folder} is the deploy folder of {found.project} {found.version}; it is not overwritten",
            remedy="Choose another folder.",
        )
    if not replace:
        raise Conflict(
            f"{folder} is already the deploy folder of {project} {version}",
            remedy="Say that it is to be replaced (--replace), or choose another folder.",
        )
    return tuple(name for name in (found.artifact, found.train) if name and Path(name).name == name)


def _check_free(folder: Path, sources: dict[str, Path], before: tuple[str, ...]) -> None:
    """No file is overwritten but those of the version itself, or by themselves."""
    own = {*before, *(name for script in before for name in local_modules(folder / script))}
    for name, source in sources.items():
        there = folder / name
        if there.exists() and name not in own and not there.samefile(source):
            raise Conflict(f"{there} exists and is another file", remedy="Choose another folder.")


def _write(folder: Path, deploy: Deploy, sources: dict[str, Path], before: tuple[str, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    drafts: dict[Path, Path] = {}
    try:
        for name, source in sources.items():
            there = folder / name
            if not (there.exists() and there.samefile(source)):
                there.parent.mkdir(parents=True, exist_ok=True)
                drafts[there] = there.with_name(f".{there.name}.draft")
                shutil.copyfile(source, drafts[there])
        for there, draft in drafts.items():
            draft.replace(there)
        write_deploy(folder, deploy)
        for name in set(before) - set(sources):
            (folder / name).unlink(missing_ok=True)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)

"""The deploy folder: `model.json` beside the trained model, as `serve` and `publish` read it."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from services.errors import InvalidInput, NotFound
from services.instants import instant
from services.model_server.artifacts.kinds import KINDS, NATIVE, Kind, recognise_file
from services.registry.model import Field, FieldType, Signature, Task
from services.store.names import column_for, validate_column, validate_project, validate_version

DESCRIPTION = "model.json"
_DESCRIBE = "Write them, or let `relevo describe` read from the model what it carries."


class Deploy(Struct, frozen=True, kw_only=True):
    """What `model.json` says.

    Attributes:
        artifact: file name of the trained model.
        kind: `joblib` for a pickled estimator, `function` for an own `predict` function, `rds` for a model
            in R, which a service in R serves; `xgboost`, `lightgbm`, `onnx`, `pmml` for their makers' own.
        module: for `function`: the file that defines `load(path)` and `predict(model, rows)`; for `rds`, if
            it is not empty: `predict_rows(model, rows)`.
        train: the file that defines `train(frame, target, parameters)`; empty: it cannot be retrained.
        library: name and version of what trained it.
        trained_at: as written, or when the artifact's file was.
        rows: how many rows it was trained on; 0 if nobody wrote it down.
        metrics: name to value, as measured by the training itself.
    """

    project: str
    version: str
    signature: Signature
    trained_at: datetime
    rows: int
    library: str = ""
    artifact: str = "model.joblib"
    kind: Kind = "joblib"
    module: str = ""
    train: str = ""
    metrics: dict[str, float] = {}

    @property
    def task(self) -> Task:
        """The signature's task."""
        return self.signature.task


class _WrittenField(Struct, forbid_unknown_fields=True):
    """A field as people write it: only the name is a must."""

    name: str
    column: str = ""
    type: FieldType = FieldType.NUMBER
    required: bool = True
    nullable: bool = False
    unit: str = ""


class _WrittenSignature(Struct, forbid_unknown_fields=True):
    inputs: list[_WrittenField] = []
    target: _WrittenField | None = None
    task: Task | None = None
    classes: list[str] = []


class _WrittenDeploy(Struct, forbid_unknown_fields=True):
    """The file as people or R write it; missing column names are made, missing facts are told.

    Of the signature, what the artifact carries may be left out.
    """

    project: str
    version: str
    trained_at: datetime | None = None
    rows: int = 0
    signature: _WrittenSignature = msgspec.field(default_factory=_WrittenSignature)
    task: Task | None = None
    library: str = ""
    artifact: str = ""
    kind: Kind | None = None
    module: str = ""
    train: str = ""
    metrics: dict[str, float] = {}


def import_from(folder: Path) -> None:
    """Let this process import the modules of a deploy folder; last, so that they hide nothing installed."""
    sys.path.append(str(folder.resolve()))


def read_deploy(folder: Path) -> Deploy:
    """Read and check a deploy folder's description; the files it names exist afterwards.

    Raises:
        NotFound: the folder, its `model.json`, or a file that it names does not exist.
        InvalidInput: `model.json` is not what it must be; the message says what and where.
    """
    path = folder / DESCRIPTION
    if not folder.is_dir():
        raise NotFound(f"there is no deploy folder {folder}")
    if not path.is_file():
        raise NotFound(
            f"{folder} has no {DESCRIPTION}",
            remedy="Run the training script that writes the deploy folder.",
        )
    try:
        written = msgspec.json.decode(path.read_bytes(), type=_WrittenDeploy)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{path}: {error}") from error
    artifact = written.artifact or _usual_artifact(folder, written.kind)
    for name in (artifact, written.module, written.train):
        _check_file(folder, name)
    kind = written.kind or ("function" if written.module else recognise_file(folder / artifact))
    _complete(written, kind, folder / artifact)
    return _checked(written, artifact, kind, path)


def write_deploy(folder: Path, deploy: Deploy) -> None:
    """Write the description into the folder, which is made if needed; the model is not written here."""
    folder.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(deploy), indent=2)
    (folder / DESCRIPTION).write_bytes(text + b"\n")


def _usual_artifact(folder: Path, kind: Kind | None) -> str:
    """The file's name where none is written: the kind's, or without a kind, the one that is there."""
    if kind is not None:
        return KINDS[kind].artifact
    usual = sorted({facts.artifact for facts in KINDS.values()})
    there = [name for name in usual if (folder / name).is_file()]
    if len(there) > 1:
        raise InvalidInput(
            f"{folder} holds {' and '.join(there)}",
            remedy=f"Say in {DESCRIPTION} which is the model: artifact.",
        )
    return there[0] if there else KINDS["joblib"].artifact


def _complete(written: _WrittenDeploy, kind: Kind, artifact: Path) -> None:
    """Take from the artifact what the signature leaves out; of a pickle nothing, since reading runs it."""
    signature = written.signature
    task = signature.task or written.task
    whole = signature.inputs and signature.target and task
    if whole and (signature.classes or task is Task.REGRESSION):
        return
    if kind in NATIVE:
        from services.model_server.artifacts.description import describe

        told = describe(kind, artifact.read_bytes())
        signature.inputs = signature.inputs or [
            _WrittenField(read.name, type=read.type, nullable=read.nullable) for read in told.inputs
        ]
        signature.task = task or told.task
        if signature.task is Task.CLASSIFICATION:
            signature.classes = signature.classes or list(told.classes)
        if signature.target is None and told.target:
            signature.target = _WrittenField(told.target, type=target_type(signature.task))
        written.library = written.library or told.library


def target_type(task: Task | None) -> FieldType:
    """The type of a target that nobody has said more of: classes are texts."""
    return FieldType.STRING if task is Task.CLASSIFICATION else FieldType.NUMBER


def _check_file(folder: Path, name: str) -> None:
    if not name:
        return
    if Path(name).name != name:
        raise InvalidInput(f"{folder / DESCRIPTION}: {name!r} must be a file in the same folder")
    if not (folder / name).is_file():
        raise NotFound(f"{folder} has no {name}, which its {DESCRIPTION} names")
    check_inside(folder, folder / name)


def check_inside(folder: Path, file: Path) -> None:
    """Refuse what only seems to lie in a deploy folder: it would be sent to where its author never put it.

    Raises:
        InvalidInput: the file is a link out of the folder, or a link to a folder.
    """
    if not file.is_symlink():
        return
    if file.is_dir() or not file.resolve().is_relative_to(folder.resolve()):
        raise InvalidInput(
            f"{file} is a link to {file.readlink()}",
            remedy="Copy what it leads to into the deploy folder.",
        )


def _checked(written: _WrittenDeploy, artifact: str, kind: Kind, path: Path) -> Deploy:
    where = str(path)
    if kind == "function" and not written.module:
        raise InvalidInput(f"{where}: kind function needs `module`, the file with load and predict")
    return Deploy(
        project=validate_project(written.project),
        version=validate_version(written.version),
        signature=_signature(written, where),
        trained_at=_utc(written.trained_at or modified_at(path.parent / artifact)),
        rows=written.rows,
        library=written.library,
        artifact=artifact,
        kind=kind,
        module=written.module,
        train=written.train,
        metrics=written.metrics,
    )


def modified_at(file: Path) -> datetime:
    """When a file was last written, UTC, whole seconds."""
    return instant(int(file.stat().st_mtime))


def _utc(time: datetime) -> datetime:
    """A time without a zone is taken as UTC."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _signature(written: _WrittenDeploy, where: str) -> Signature:
    signature = written.signature
    task = signature.task or written.task
    if task is None:
        raise InvalidInput(f"{where}: `task` is missing; write regression or classification")
    if written.task not in {None, task}:
        raise InvalidInput(f"{where}: `task` says {written.task}, the signature says {task}")
    if not signature.inputs:
        raise InvalidInput(f"{where}: the signature has no inputs", remedy=_DESCRIBE)
    if signature.target is None:
        raise InvalidInput(f"{where}: the signature has no target", remedy=_DESCRIBE)
    if (task is Task.CLASSIFICATION) != bool(signature.classes):
        raise InvalidInput(f"{where}: classification needs `classes`, regression has none")
    if len(set(signature.classes)) != len(signature.classes):
        raise InvalidInput(f"{where}: a class is named twice")
    fields = _fields([*signature.inputs, signature.target], where)
    return Signature(tuple(fields[:-1]), fields[-1], task, tuple(signature.classes))


def _fields(written: list[_WrittenField], where: str) -> list[Field]:
    """The fields with their storage columns, each name and column once."""
    names = [field.name for field in written]
    if len(set(names)) != len(names):
        raise InvalidInput(f"{where}: two fields of the signature have the same name")
    fields: list[Field] = []
    for field in written:
        taken = frozenset(known.column for known in fields)
        column = validate_column(field.column) if field.column else column_for(field.name, taken)
        if column in taken:
            raise InvalidInput(f"{where}: column {column!r} is used by two fields")
        fields.append(Field(field.name, column, field.type, field.required, field.nullable, field.unit))
    return fields

"""What a signature must be to be registered, and under which address a version is reached."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

import numpy as np

from services.errors import InvalidInput
from services.gateway.dependencies import Dependencies
from services.gateway.request_limits import LONGEST_REVISION, SIGNATURE_BYTES
from services.http.errors import InvalidField
from services.registry.model import FieldType, Listener, Mode, Revision, Signature, Task
from services.store.batches import Categorical, Column, PredictionBatch, encode
from services.store.identifiers import new_ids
from services.store.names import validate_column

_FIRST_YEAR, _LAST_YEAR = 1970, 2099
_MOST = 2**63


def check_signature(signature: Signature) -> Signature:
    """The signature unchanged; InvalidInput says which rule it breaks."""
    if not signature.inputs:
        raise InvalidInput("a signature needs at least one input")
    fields = (*signature.inputs, signature.target)
    for kind, values in (
        ("name", [field.name for field in fields]),
        ("column", [validate_column(field.column) for field in fields]),
    ):
        twice = {value for value in values if values.count(value) > 1}
        if twice:
            raise InvalidInput(f"two fields of the signature have the {kind} {sorted(twice)[0]!r}")
    if signature.task is Task.CLASSIFICATION and len(set(signature.classes)) < 2:
        raise InvalidInput("a classification's signature names at least two classes")
    if len(set(signature.classes)) != len(signature.classes):
        raise InvalidInput("a class stands twice in the signature")
    size = _row_bytes(signature)
    if size > SIGNATURE_BYTES:
        raise InvalidInput(
            f"the inputs and classes of the signature make a row of {size:,} bytes; at most "
            f"{SIGNATURE_BYTES:,} can be kept (about 900 inputs, or 1,000 classes)"
        )
    return signature


def check_revision(revision: Revision, place: str = "") -> None:
    """InvalidField if something of a revision could not be kept; `place` is put before its fields."""
    check_revision_name(revision.sha256, f"{place}sha256")
    check_moment(revision.trained_at, f"{place}trained_at")
    for name, number in (("size", revision.size), ("rows", revision.rows)):
        if not 0 <= number < _MOST:
            raise InvalidField(
                f"{place}{name} is a whole number from 0, below 2**63", field=f"{place}{name}"
            )


def check_moment(moment: datetime, field: str) -> None:
    """InvalidField if a moment is not of this time: it could not be shown, or not even be converted."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise InvalidField(
            f"{field} is of the year {moment.year}, not of {_FIRST_YEAR} to {_LAST_YEAR}", field=field
        )


def check_revision_name(revision: str, field: str) -> None:
    """InvalidField if the name of a revision is longer than is kept."""
    if len(revision) > LONGEST_REVISION:
        raise InvalidField(
            f"{field} has {len(revision):,} characters; at most {LONGEST_REVISION} are kept", field=field
        )


def _row_bytes(signature: Signature) -> int:
    """How long a row without any text is in the log."""
    inputs: dict[str, Column] = {
        field.column: Categorical.of([None]) if field.type is FieldType.STRING else np.zeros(1)
        for field in signature.inputs
    }
    classes = signature.classes
    number = np.zeros(1, np.float32)
    row = PredictionBatch(
        version="", revision="", mode=Mode.CHAMPION, ids=new_ids(1), inputs=inputs,
        predicted=Categorical(np.zeros(1, np.int32), classes) if classes else np.zeros(1),
        scores=np.zeros((1, len(classes))) if classes else None, latency_ms=number, propensity=number,
    )  # fmt: skip
    return len(encode(row))


def version_url(
    dependencies: Dependencies, listeners: Iterable[Listener], project: str, version: str
) -> str:
    """Where a version is asked so that it is recorded: its own listener, its project's, or the API's route.

    Whoever adds `/predict` to it asks that version.
    """
    address = urlsplit(dependencies.address)
    host = address.netloc.removesuffix(f":{address.port}")
    found = {listener.version: listener.port for listener in listeners if listener.project == project}
    if version in found:
        return f"{address.scheme}://{host}:{found[version]}"
    if "" in found:
        return f"{address.scheme}://{host}:{found['']}/versions/{version}"
    return f"{dependencies.address}/v1/projects/{project}/versions/{version}"

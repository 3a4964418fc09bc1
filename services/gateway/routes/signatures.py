"""What a signature must be to be registered, and under which address a version is reached."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from services.errors import InvalidInput
from services.gateway.dependencies import Dependencies
from services.registry.model import Listener, Signature, Task
from services.store.names import validate_column


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
    return signature


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

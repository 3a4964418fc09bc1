"""From a file to what it says of itself."""

from pathlib import Path

from services.errors import InvalidInput, NotFound
from services.model_server.artifacts.interface import ArtifactDescription
from services.model_server.artifacts.kinds import KINDS, Kind, recognise_file
from services.model_server.artifacts.onnx_external_data import whole
from services.model_server.artifacts.readers import reader_of


def describe_file(path: Path) -> ArtifactDescription:
    """Recognise a model's file and read the signature it carries. A pickle's code is run by this.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it is no model that is known, it is damaged, or a package is missing to read it.
    """
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    return describe(recognise_file(path), artifact_of(path))


def artifact_of(path: Path) -> bytes:
    """What a model's file is served as: its bytes, with the weights that an ONNX model keeps beside it.

    Raises:
        InvalidInput: it is no model that is known, or its weights are missing.
    """
    return whole(path) if recognise_file(path) == "onnx" else path.read_bytes()


def describe(kind: Kind, content: bytes) -> ArtifactDescription:
    """What an artifact of that kind carries. A pickle's code is run by this.

    Raises:
        InvalidInput: as `describe_file`.
    """
    if KINDS[kind].silent:
        message = f"{KINDS[kind].title} says nothing of its signature"
        raise InvalidInput(message, remedy=KINDS[kind].silent)
    return reader_of(kind).describe(content)

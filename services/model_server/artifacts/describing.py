"""From a file to what it says of itself."""

from pathlib import Path

from services.errors import InvalidInput, NotFound
from services.model_server.artifacts.interface import Described
from services.model_server.artifacts.kinds import Kind, recognise_file
from services.model_server.artifacts.readers import reader_of


def describe_file(path: Path) -> Described:
    """Recognise a model's file and read the signature it carries. A pickle's code is run by this.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it is no model that is known, it is damaged, or a package is missing to read it.
    """
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    return describe(recognise_file(path), path.read_bytes())


def describe(kind: Kind, content: bytes) -> Described:
    """What an artifact of that kind carries. A pickle's code is run by this.

    Raises:
        InvalidInput: as `describe_file`.
    """
    if kind in {"rds", "function"}:
        raise InvalidInput(
            "a model in R says nothing of its signature"
            if kind == "rds"
            else "a model with a predict function of its own says nothing of its signature",
            remedy="Write the deploy folder with relevo_write_deploy of Relevo's R helper."
            if kind == "rds"
            else "Write its signature into model.json.",
        )
    return reader_of(kind).describe(content)

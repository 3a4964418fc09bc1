"""A folder with a Dockerfile as a build context, without what its `.dockerignore` leaves out."""

import tarfile
import tempfile
from pathlib import Path

import docker.utils.build

from services.errors import InvalidInput, NotFound

_MOST_BYTES = 4 << 30


def folder_context(folder: Path) -> bytes:
    """The folder as a tar archive.

    Raises:
        NotFound: there is no such folder, or no Dockerfile in it.
        InvalidInput: it cannot be read, or holds more than 4 GB.
    """
    if not folder.is_dir():
        raise NotFound(f"there is no folder {folder}")
    if not (folder / "Dockerfile").is_file():
        raise NotFound(f"{folder} has no Dockerfile", remedy="Choose the folder that holds it.")
    ignored = folder / ".dockerignore"
    try:
        lines = ignored.read_text(encoding="utf-8").splitlines() if ignored.is_file() else []
        patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        with tempfile.TemporaryFile() as packed:
            docker.utils.build.tar(
                str(folder), exclude=patterns, dockerfile=("Dockerfile", None), fileobj=packed, gzip=False
            )
            if packed.tell() > _MOST_BYTES or packed.seek(0, 2) > _MOST_BYTES:
                raise InvalidInput(
                    f"{folder} holds more than {_MOST_BYTES >> 30} GB",
                    remedy="Leave data out with a .dockerignore file.",
                )
            packed.seek(0)
            return packed.read()
    except (OSError, UnicodeDecodeError, tarfile.TarError) as error:
        raise InvalidInput(f"{folder} cannot be read as a build context", details=str(error)) from error

"""Build contexts assembled in memory: an image's folder, shared files, and the program's sources.

The same from a checkout, an installed wheel and the packaged bundle, byte by byte, so that an engine's
cache knows what it has built before.
"""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import images
import resources
from services.errors import NotFound
from services.images.catalogue import own_image

_COMMANDS = ("__init__", "registry", "options", "gateway", "supervisor", "serve", "train", "prepare")
"""What a container can be told to do: the rest of `app` needs a window or an engine."""
_PACKAGES = (
    "alerts",
    "evaluation",
    "gateway",
    "http",
    "model_server",
    "registry",
    "routing",
    "store",
    "supervisor",
)
"""What those commands use; of `services.containers` they use the plain modules only."""
_MODULES = ("__init__", "store_bootstrap")
"""Of `services.platform`, what runs inside; the rest asks an engine."""


def context_of(name: str) -> bytes:
    """The build context of an image of the catalogue: an uncompressed tar, Dockerfile at its root."""
    image = own_image(name)
    files = {found.relative_to(folder).as_posix(): found for folder, found in _folder_files(name)}
    files |= {f"common/{shared}": images.path("common", shared) for shared in image.shared}
    files |= {f"helpers/{helper}": resources.path("helpers", helper) for helper in image.helpers}
    if image.program:
        files |= {f"program/{place}": found for place, found in program_sources().items()}
    return archive({place: found.read_bytes() for place, found in files.items()})


def archive(contents: dict[str, bytes]) -> bytes:
    """A tar of those files: sorted, of one owner and time, so equal contents give equal bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for place in sorted(contents):
            entry = tarfile.TarInfo(place)
            entry.size, entry.mode = len(contents[place]), 0o644
            tar.addfile(entry, io.BytesIO(contents[place]))
    return buffer.getvalue()


def program_sources() -> dict[str, Path]:
    """The program without its window: place inside the context to file here."""
    root = _source_root()
    wanted = [
        root / "app" / "__init__.py",
        root / "app" / "__main__.py",
        root / "images" / "__init__.py",
        *(root / "app" / "commands" / f"{name}.py" for name in _COMMANDS),
        *(root / "services").glob("*.py"),
        *(root / "services" / "containers").glob("*.py"),
        *(root / "services" / "platform" / f"{name}.py" for name in _MODULES),
        *(file for package in _PACKAGES for file in (root / "services" / package).rglob("*.py")),
    ]
    return {file.relative_to(root).as_posix(): file for file in wanted}


def _source_root() -> Path:
    """Where `app` and `services` lie as sources: a bundle, which holds them compiled, carries a copy."""
    beside = Path(images.__file__).resolve().parent.parent
    for root in (beside / "sources", beside):
        if (root / "services" / "__init__.py").is_file():
            return root
    raise NotFound("this installation lacks the program's sources, of which images are built")


def _folder_files(name: str) -> Iterator[tuple[Path, Path]]:
    folder = images.path(name)
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            yield folder, file

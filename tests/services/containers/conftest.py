"""What the tests of several kinds of runtime share."""

import io
import tarfile
from collections.abc import Callable, Iterator

import pytest

from services.containers.engine.engine import Engine
from services.containers.model import BuildSpec


@pytest.fixture(scope="session")
def checked_image(engine: Engine, small_image: str, unique_name: Callable[[str], str]) -> Iterator[str]:
    """The small image with a health check: what ends at once is never taken for running."""
    recipe = f"FROM {small_image}\nHEALTHCHECK --interval=1s CMD true\n".encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(recipe)
        archive.addfile(entry, io.BytesIO(recipe))
    name = f"{unique_name('checked')}:1"
    engine.build(BuildSpec(packed.getvalue(), name), lambda *_: None, lambda _text: None)
    yield name
    engine.remove_image(name, force=True)

"""A disk that fails when a test says so."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class FaultyDisk:
    """What processes started with `environment` see below a folder.

    Attributes:
        library: preloaded into them.
        faults: folder of the faults in force.
    """

    library: Path
    faults: Path

    def environment(self, watched: Path) -> dict[str, str]:
        """Variables that put everything below a folder on this disk."""
        return {
            "LD_PRELOAD": str(self.library),
            "RELEVO_FAULTS": str(self.faults),
            "RELEVO_WATCHED": str(watched),
        }

    @contextmanager
    def failing(self, fault: str) -> Iterator[None]:
        """`read-only`: nothing can be changed. `sync`: nothing can be synced."""
        (self.faults / fault).touch()
        try:
            yield
        finally:
            (self.faults / fault).unlink()


@pytest.fixture
def faulty_disk(tmp_path: Path) -> FaultyDisk:
    """A disk that works until it is told to fail."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc, which builds the library that makes a disk fail")
    library, faults = tmp_path / "faulty_disk.so", tmp_path / "faults"
    faults.mkdir()
    source = Path(__file__).with_name("faulty_disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return FaultyDisk(library, faults)

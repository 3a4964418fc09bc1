"""Mono's compiler and runtime, as a team's own tools would use what is generated."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def compile_csharp() -> Callable[..., Path]:
    """Compiles sources to a library or program beside the first one; any warning is an error."""
    if shutil.which("mcs") is None or shutil.which("mono") is None:
        if os.environ.get("RELEVO_REQUIRE_SERVERS"):
            pytest.fail("Mono is not installed")
        pytest.skip("needs Mono")

    def compiled(*sources: Path, program: bool = False) -> Path:
        output = sources[0].with_suffix(".exe" if program else ".dll")
        kind = ["-target:exe"] if program else ["-target:library", f"-doc:{output.with_suffix('.xml')}"]
        result = subprocess.run(
            ["mcs", "-langversion:7.2", "-warnaserror", "-warn:4", *kind, "-r:System.Net.Http.dll",
             f"-out:{output}", *map(str, sources)],
            capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        return output

    return compiled


@pytest.fixture(scope="session")
def mono() -> Callable[..., list[str]]:
    """Runs a program; the lines it prints."""

    def run(program: Path, *words: str, **environment: str) -> list[str]:
        result = subprocess.run(
            ["mono", str(program), *words],
            capture_output=True, text=True, timeout=100, check=False, env={**os.environ, **environment},
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout.splitlines()

    return run

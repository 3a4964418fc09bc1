"""A compiler and the runtimes on which a team's own programs would use what is generated."""

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

from services.client.csharp import csharp_client
from services.registry.model import Field, FieldType, Mode, PolicyChoice, Project, Signature, Task, Version

FRAMEWORK = "4.6.1"
"""The oldest .NET Framework that uses .NET Standard 2.0: none but its API can be compiled against."""
_RUNTIME = {
    "framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"},
    # Without the library of languages, which the test machines lack.
    "configProperties": {"System.Globalization.Invariant": True},
}


def _lacking(what: str) -> NoReturn:
    if os.environ.get("RELEVO_REQUIRE_SERVERS"):
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def mono_folder() -> Path:
    """Mono's libraries, among them the reference assemblies of the .NET Framework."""
    if shutil.which("mcs") is None or shutil.which("mono") is None:
        _lacking("Mono")
    folder = Path(os.path.realpath(shutil.which("mcs") or "")).parent.parent / "lib" / "mono"
    if not (folder / f"{FRAMEWORK}-api" / "mscorlib.dll").exists():
        _lacking(f"Mono's package of reference assemblies of the .NET Framework {FRAMEWORK} (mono-devel)")
    return folder


@pytest.fixture(scope="session")
def compile_csharp(mono_folder: Path) -> Callable[..., Path]:
    """Compiles sources to a library or program beside the first one; any warning is an error."""

    def compiled(*sources: Path, program: bool = False) -> Path:
        output = sources[0].with_suffix(".exe" if program else ".dll")
        kind = ["-target:exe"] if program else ["-target:library", f"-doc:{output.with_suffix('.xml')}"]
        result = subprocess.run(
            ["mcs", f"-sdk:{FRAMEWORK}", "-langversion:7.2", "-warnaserror", "-warn:4", *kind,
             "-r:System.Net.Http.dll", f"-out:{output}", *map(str, sources)],
            capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        return output

    return compiled


@pytest.fixture(scope="session")
def make_project() -> Callable[..., Project]:
    """A project with a version for each tuple of inputs, the first its champion; of classes if given."""

    def made(name: str, *inputs: tuple[Field, ...], classes: tuple[str, ...] = ()) -> Project:
        task = Task.CLASSIFICATION if classes else Task.REGRESSION
        kind = Field("kind", "kind", FieldType.STRING)
        target = kind if classes else Field("a <target>", "y", unit="°C & more")
        versions = tuple(
            Version(
                name,
                "ABCDE"[order],
                Mode.CHALLENGER if order else Mode.CHAMPION,
                Signature(fields, target, task, classes),
                "a" * 64,
                datetime.now(UTC),
                order=order,
            )
            for order, fields in enumerate(inputs)
        )
        return Project(name, "A", 1, PolicyChoice(), versions)

    return made


@pytest.fixture
def write_client(tmp_path: Path) -> Callable[[Project], Path]:
    """Writes a project's client into the test's folder."""

    def written(project: Project) -> Path:
        made = csharp_client(project)
        (tmp_path / made.name).write_bytes(made.content)
        return tmp_path / made.name

    return written


@pytest.fixture
def build_client(
    write_client: Callable[[Project], Path], compile_csharp: Callable[..., Path]
) -> Callable[[Project], Path]:
    """A project's client as a library."""
    return lambda project: compile_csharp(write_client(project))


@pytest.fixture(scope="session")
def dotnet(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The words that start a program on .NET Core."""
    found = importlib.util.find_spec("dotnetcore2")
    if found is None or found.origin is None:
        _lacking(".NET Core (the package dotnetcore2)")
    settings = tmp_path_factory.mktemp("dotnet") / "runtimeconfig.json"
    settings.write_text(json.dumps({"runtimeOptions": _RUNTIME}))
    host = Path(found.origin).parent / "bin" / "dotnet"
    return [str(host), "exec", "--runtimeconfig", str(settings)]


@pytest.fixture(scope="module", params=["Mono", ".NET Core"])
def start(request: pytest.FixtureRequest) -> list[str]:
    """The words that start a program, on each runtime in turn."""
    if request.param == "Mono":
        request.getfixturevalue("mono_folder")
        return ["mono"]
    words: list[str] = request.getfixturevalue("dotnet")
    return words


@pytest.fixture(scope="module")
def run_program(start: list[str]) -> Callable[..., list[str]]:
    """Runs a program; the lines it prints."""

    def run(program: Path, *words: str, **environment: str) -> list[str]:
        result = subprocess.run(
            [*start, str(program), *words],
            capture_output=True, text=True, timeout=100, check=False, env={**os.environ, **environment},
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout.splitlines()

    return run

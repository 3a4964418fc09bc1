"""Clients use nothing beyond .NET Standard 2.0, so that .NET and the .NET Framework can both use them.

Three facts together stand for its reference assembly, which no package of these machines carries: members
are the .NET Framework 4.6.1's, since `compile_csharp` refers to its reference assemblies; types are in the
list of netstandard.dll; and each member is found on .NET Core.
"""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from services.registry.model import Field, FieldType, Project

_FORWARDED = re.compile(r"^\.class extern forwarder (\S+)$", re.MULTILINE)
INPUTS = tuple(Field(kind, kind, kind) for kind in FieldType)
LATER = {
    "the .NET Framework 4.7.1": "new int[0].Append(1)",
    "the .NET Framework 4.7.2": "new HashSet<int>().TryGetValue(1, out int _)",
    "Mono's own": "typeof(Mono.Runtime)",
    ".NET Core": "Task.CompletedTask.IsCompletedSuccessfully",
}


@pytest.fixture
def use(
    tmp_path: Path, compile_csharp: Callable[..., Path], dotnet: list[str]
) -> Callable[[Path], list[str]]:
    """The platform's types that a library uses, each of whose members was found on .NET Core."""
    source = tmp_path / "Used.cs"
    source.write_bytes((Path(__file__).parent / "Used.cs").read_bytes())
    program = compile_csharp(source, program=True)

    def used(library: Path) -> list[str]:
        told = subprocess.run(
            [*dotnet, str(program), str(library)], capture_output=True, text=True, timeout=60, check=False
        )
        assert told.returncode == 0, told.stderr
        *types, members = told.stdout.splitlines()
        assert int(members) > 100
        return types

    return used


@pytest.fixture(scope="module")
def standard(mono_folder: Path) -> set[str]:
    """The full names of the types of .NET Standard 2.0."""
    library = mono_folder / "4.7.1-api" / "Facades" / "netstandard.dll"
    read = subprocess.run(["ikdasm", str(library)], capture_output=True, text=True, timeout=60, check=True)
    assert ".ver 2:0:0:0" in read.stdout
    return {name.replace("'", "") for name in _FORWARDED.findall(read.stdout)}


@pytest.mark.parametrize("classes", [(), ("red", "white")])
def test_a_client_uses_types_and_members_of_the_standard_only(
    make_project: Callable[..., Project],
    build_client: Callable[[Project], Path],
    use: Callable[[Path], list[str]],
    standard: set[str],
    classes: tuple[str, ...],
) -> None:
    types = use(build_client(make_project("wine", INPUTS, classes=classes)))
    assert "System.Net.Http.HttpClient" in types
    assert set(types) - standard == set()


@pytest.mark.parametrize("platform", LATER)
def test_what_only_one_platform_has_does_not_compile(
    compile_csharp: Callable[..., Path], tmp_path: Path, platform: str
) -> None:
    source = tmp_path / "Later.cs"
    source.write_text(
        "using System; using System.Collections.Generic; using System.Linq; using System.Threading.Tasks;\n"
        f"internal static class Later {{ internal static object Do() {{ return {LATER[platform]}; }} }}\n"
    )
    with pytest.raises(AssertionError, match="error CS"):
        compile_csharp(source)

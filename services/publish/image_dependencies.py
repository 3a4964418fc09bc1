"""What a version's image needs beside the model image's libraries: by its kind and `requirements.txt`."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import images
from services.errors import InvalidInput
from services.model_server.artifacts.kinds import KINDS, Kind
from services.model_server.deploy import Deploy
from services.publish.requirements import RequiredPackage, Requirements, read_requirements

_DEBIAN = {"lightgbm": ("libgomp1=12.*",)}
"""From a Python package to the Debian packages that it loads; whichever kind of model asks for it."""
_WITH_JAVA = frozenset({"pypmml"})
"""Python packages that start a Java runtime."""
_MODULES = (
    "java.base", "java.logging", "java.management", "java.scripting", "java.sql", "java.xml",
    "jdk.unsupported", "jdk.zipfs",
)  # fmt: skip
JAVA = ("openjdk-17-jdk-headless=17.*", ",".join(_MODULES))
"""The JDK, and its modules that PMML4S, Py4J and JPype use: by `jdeps`, but for desktop classes that no
scoring touches, and with the file system in which JPype looks packages up."""


class ImageDependencies(Struct, frozen=True):
    """What goes into a version's image.

    Attributes:
        requirements: of the deploy folder.
        kind: lines of a requirements file, which the kind brings; all pinned.
        debian: Debian packages, pinned.
        java: whether a Java runtime is among them.
    """

    requirements: Requirements = Requirements()
    kind: tuple[str, ...] = ()
    debian: tuple[str, ...] = ()
    java: bool = False

    def lines(self) -> Iterator[str]:
        """In the words of a list of what is installed, such as `scikit-learn 1.7.2 (in place of 1.9.1)`."""
        present = pins("models.txt")
        for one in self.requirements.named:
            words = one.text.replace("==", " ")
            moved = one.name in present and present[one.name] not in SpecifierSet(one.specifier)
            yield f"{words} (in place of {present[one.name]})" if moved else words
        yield from (line.replace("==", " ") for line in self.kind)
        yield from (package.partition("=")[0] for package in self.debian)
        if self.java:
            yield "a Java runtime"


def dependencies_of(folder: Path, deploy: Deploy) -> ImageDependencies:
    """Find out what a version needs; a deploy folder in R, or with a Dockerfile, sees to it itself.

    Raises:
        InvalidInput, NotFound: its `requirements.txt` is not one, or moves a library of Relevo's services.
    """
    if deploy.kind == "rds" or (folder / "Dockerfile").is_file():
        return ImageDependencies()
    requirements = read_requirements(folder)
    for one in requirements.named:
        _check_kept(one)
    kind = tuple(_of_kind(deploy.kind, requirements))
    names = {one.name for one in requirements.named} | {canonicalize_name(_name(line)) for line in kind}
    debian = tuple(package for name in sorted(names & set(_DEBIAN)) for package in _DEBIAN[name])
    return ImageDependencies(requirements, kind, debian, java=bool(names & _WITH_JAVA))


def pins(*parts: str) -> dict[str, str]:
    """Package to version of a pinned requirements file in `images/common`; names in their normal form."""
    return {canonicalize_name(_name(line)): line.partition("==")[2] for line in _pinned(*parts)}


def _of_kind(kind: Kind, requirements: Requirements) -> Iterator[str]:
    """What a kind brings: nothing if its package is named, else all that is not named."""
    packages = KINDS[kind].packages
    if packages and not requirements.names(*packages):
        for line in _pinned("kinds", f"{kind}.txt"):
            if not requirements.names(canonicalize_name(_name(line))):
                yield line


def _check_kept(one: RequiredPackage) -> None:
    kept = pins("services.txt").get(one.name)
    if kept is not None and not SpecifierSet(one.specifier).contains(kept, prereleases=True):
        raise InvalidInput(
            f"{one.where}: {one.text} cannot be: Relevo’s service, which runs in the same process, keeps "
            f"{one.name} {kept}",
            remedy=f"Leave {one.name} out, or ask for {one.name}=={kept}; a model that needs another "
            "version is trained again with this one, or served by a program of its own.",
        )


def _pinned(*parts: str) -> Iterator[str]:
    for line in images.path("common", *parts).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def _name(line: str) -> str:
    return line.partition("==")[0]

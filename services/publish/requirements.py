"""A deploy folder's `requirements.txt`: what it names, which files it takes along, and what it may not ask.

pip reads it in the end; here is read what must be known before. Format:
https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

from services.errors import InvalidInput, NotFound

FILE = "requirements.txt"
_PLATFORM = {
    "implementation_name": "cpython", "os_name": "posix", "platform_python_implementation": "CPython",
    "platform_system": "Linux", "python_full_version": "3.11.9", "python_version": "3.11",
    "sys_platform": "linux",
}  # fmt: skip
"""What markers are about: the image, not this machine."""
_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"^(--?[A-Za-z][A-Za-z-]*)(?:\s*=\s*|\s+)?(.*)$")
_NESTED = frozenset({"-r", "--requirement", "-c", "--constraint"})
_EDITABLE = frozenset({"-e", "--editable"})
_FOLDERS = frozenset({"-f", "--find-links"})


class RequiredPackage(Struct, frozen=True):
    """A package that is asked for.

    Attributes:
        name: in its normal form, such as `scikit-learn`.
        text: as it is written, without hashes and markers.
        where: file and line.
        specifier: which versions will do, such as `==1.7.2`; empty for any.
    """

    name: str
    text: str
    where: str
    specifier: str = ""


class Requirements(Struct, frozen=True):
    """What a deploy folder's file asks for.

    Attributes:
        named: packages, in the order of the file and of those that it includes.
        files: of the deploy folder that pip needs: the file itself, included ones, wheels; with slashes.
    """

    named: tuple[RequiredPackage, ...] = ()
    files: tuple[str, ...] = ()

    def names(self, *packages: str) -> bool:
        """Whether one of these is asked for."""
        return any(one.name in packages for one in self.named)


def read_requirements(folder: Path) -> Requirements:
    """Read the folder's `requirements.txt`; without one nothing is asked for.

    Raises:
        InvalidInput: a line is not understood, or asks for what an image's build cannot have.
        NotFound: a file that it names is not in the folder.
    """
    if not (folder / FILE).is_file():
        return Requirements()
    reader = _Reader(folder)
    reader.read(folder / FILE, constraints=False)
    if not reader.named:
        return Requirements()
    return Requirements(tuple(reader.named), tuple(dict.fromkeys(reader.files)))


class _Reader:
    """Follows a file and those that it includes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self.named: list[RequiredPackage] = []
        self.files: list[str] = []

    def read(self, file: Path, *, constraints: bool) -> None:
        place = file.resolve().relative_to(self._folder).as_posix()
        if place in self.files:
            return
        self.files.append(place)
        for number, line in _lines(_text(file, place)):
            where = f"{place}, line {number}"
            _check_addresses(line, where)
            if line.startswith("-"):
                self._option(line, file.parent, where)
            elif not constraints:
                self._requirement(line, where)

    def _option(self, line: str, beside: Path, where: str) -> None:
        option, value = _option(line)
        if option in _EDITABLE:
            raise InvalidInput(
                f"{where}: {line} installs a folder of sources, which the image does not have",
                remedy="Build a wheel (pip wheel), put it into the deploy folder and name ./FILE.whl.",
            )
        if option in _NESTED:
            self.read(self._inside(beside / value, where), constraints=option in {"-c", "--constraint"})
        elif option in _FOLDERS and not urlsplit(value).netloc:
            self._include_files(self._inside(self._folder / value, where))

    def _requirement(self, line: str, where: str) -> None:
        text = re.split(r"\s--(?:hash|config-settings|global-option)\b", line)[0].strip()
        if _is_path(text):
            file = self._inside(self._folder / text.partition(";")[0].partition("[")[0].strip(), where)
            self._include_files(file)
            self.named.append(_of_file(file, text, where))
            return
        try:
            found = Requirement(text)
        except InvalidRequirement as error:
            raise InvalidInput(f"{where}: {text!r} is no requirement", details=str(error)) from error
        if _applies(found.marker):
            words = text.partition(";")[0].strip()
            self.named.append(
                RequiredPackage(canonicalize_name(found.name), words, where, str(found.specifier))
            )

    def _include_files(self, place: Path) -> None:
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        self.files += [file.relative_to(self._folder).as_posix() for file in found if file.is_file()]

    def _inside(self, place: Path, where: str) -> Path:
        """A file or folder that is in the deploy folder, wherever its name points."""
        found = place.resolve()
        if not found.is_relative_to(self._folder):
            raise InvalidInput(
                f"{where}: {place.name} is outside the deploy folder, so no image has it",
                remedy="Put it into the deploy folder and name it from there.",
            )
        if not found.exists():
            raise NotFound(f"{where}: there is no {found.relative_to(self._folder).as_posix()}")
        return found


def _text(file: Path, place: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{place} is not in UTF-8", remedy="Save it as UTF-8.") from error


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first one, without comments; a backslash continues a line."""
    held, begun = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        begun = begun if held else number
        bare = _COMMENT.sub("", line)
        if bare.endswith("\\"):
            held += bare.removesuffix("\\")
            continue
        if whole := (held + bare).strip():
            yield begun, whole
        held = ""
    if held.strip():
        yield begun, held.strip()


def _option(line: str) -> tuple[str, str]:
    """Name and value; a short option's value may follow at once, as in `-rmore.txt`."""
    if not line.startswith("--") and len(line) > 2 and not line[2].isspace():
        return line[:2], line[2:].lstrip("=").strip()
    found = _OPTION.match(line)
    return (found[1], found[2].strip()) if found else (line, "")


def _check_addresses(line: str, where: str) -> None:
    for word in re.split(r"[\s=@]+(?=[a-z+]+://)|\s", line):
        address = urlsplit(word)
        if address.password or (address.username and address.scheme.startswith("http")):
            raise InvalidInput(
                f"{where}: a user or password in an address would stay in the image",
                remedy="Put it into pip's configuration here: builds follow it, images forget it.",
            )


def _is_path(text: str) -> bool:
    bare = text.partition(";")[0].strip()
    return bare.startswith((".", "/")) or (
        "://" not in bare and " @" not in bare and bare.endswith((".whl", ".tar.gz", ".zip"))
    )


def _of_file(file: Path, text: str, where: str) -> RequiredPackage:
    try:
        if file.suffix == ".whl":
            return RequiredPackage(parse_wheel_filename(file.name)[0], text, where)
        return RequiredPackage(parse_sdist_filename(file.name)[0], text, where)
    except ValueError as error:
        raise InvalidInput(
            f"{where}: {file.name} is neither a wheel nor a source archive by its name",
            remedy="Keep the name that the build gave it, such as my_package-1.0-py3-none-any.whl.",
        ) from error


def _applies(marker: Marker | None) -> bool:
    return marker is None or marker.evaluate(dict(_PLATFORM))

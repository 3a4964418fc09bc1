"""Which Debian mirror this machine uses, where it is the Debian that the images are made of."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from services.errors import InvalidInput

RELEASE = "bookworm"
"""The Debian of all images."""
SOURCES_VARIABLE = "RELEVO_APT_SOURCES"
"""Names a sources file for machines that are no Debian themselves."""
_KEY = "/usr/share/keyrings/debian-archive-keyring.gpg"
_FORWARDED = ("acquire::http::", "acquire::https::", "acquire::ftp::", "acquire::retries",
              "acquire::check-valid-until", "acquire::check-date")  # fmt: skip


def apt_sources(environment: Mapping[str, str], folder: Path = Path("/etc/apt")) -> str:
    """Lines of a `sources.list` with the mirrors of the images' Debian; empty means Debian's own.

    Args:
        environment: this process's variables; RELEVO_APT_SOURCES names a file used in place of the folder.
        folder: apt's own.
    """
    named = environment.get(SOURCES_VARIABLE, "")
    if named and not Path(named).is_file():
        raise InvalidInput(f"{SOURCES_VARIABLE} names {named}, which is no file")
    files = [Path(named)] if named else [folder / "sources.list", *sorted(folder.glob("sources.list.d/*"))]
    lines = [line for file in files if file.is_file() for line in _lines(file)]
    return "\n".join(dict.fromkeys(lines))


def apt_configuration() -> str:
    """This machine's settings of how packages are fetched, as apt prints them; empty without apt."""
    try:
        printed = subprocess.run(
            ["apt-config", "dump"], capture_output=True, text=True, check=True, encoding="utf-8"
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        return ""
    return "\n".join(line for line in printed.stdout.splitlines() if _means_the_same_elsewhere(line))


def _means_the_same_elsewhere(line: str) -> bool:
    name, _, value = line.partition(" ")
    return name.lower().startswith(_FORWARDED) and not value.startswith(('"/', '"";'))


def _lines(file: Path) -> Iterator[str]:
    """The file's mirrors in the short form, whichever of apt's two it is written in."""
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.suffix == ".sources" or "URIs:" in text:
        for stanza in text.replace("\r", "").split("\n\n"):
            yield from _of_stanza(_fields(stanza))
    elif file.suffix == ".list":
        yield from filter(None, map(_of_line, text.splitlines()))


def _fields(stanza: str) -> dict[str, str]:
    """A stanza's fields by lower-case name; an indented line continues the one above."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            fields[name] = f"{fields.get(name, '')} {line.strip()}"
        else:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def _of_stanza(fields: Mapping[str, str]) -> Iterator[str]:
    if fields.get("enabled", "yes").lower() == "no" or "deb" not in fields.get("types", "").split():
        return
    if fields.get("signed-by", _KEY) != _KEY:
        return
    for address in fields.get("uris", "").split():
        for suite in fields.get("suites", "").split():
            if line := _line(address, suite, fields.get("components", "").split()):
                yield line


def _of_line(text: str) -> str:
    words = text.partition("#")[0].replace("[", " [ ").replace("]", " ] ").split()
    if words[:1] != ["deb"]:
        return ""
    options = ""
    if "[" in words and "]" in words:
        start, end = words.index("["), words.index("]")
        options = " ".join(words[start + 1 : end])
        words = words[:start] + words[end + 1 :]
    if "signed-by=" in options and _KEY not in options:
        return ""
    return _line(words[1], words[2], words[3:]) if len(words) > 3 else ""


def _line(address: str, suite: str, components: list[str]) -> str:
    """A mirror of Debian's own packages, or nothing."""
    ours = suite in {RELEASE, f"{RELEASE}-updates", f"{RELEASE}-security"} and "main" in components
    if not ours or not address.startswith(("http:", "https:")):
        return ""
    return f"deb [signed-by={_KEY}] {address} {suite} main"

"""What pip is told on this machine about package indexes, from its files and variables, without pip."""

import configparser
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import platformdirs

_FORWARDED = ("index-url", "extra-index-url", "trusted-host", "find-links", "no-index", "proxy", "timeout",
              "retries")  # fmt: skip
_LONG = {"default-timeout": "timeout"}
_FILE = "pip.ini" if sys.platform == "win32" else "pip.conf"


def pip_settings(environment: Mapping[str, str], files: Iterable[Path] | None = None) -> dict[str, str]:
    """Settings by their long names, later sources over earlier ones: files, then variables `PIP_…`.

    `cert` is among them, for whoever reads certificates; see `configuration` for what is forwarded.

    Args:
        environment: this process's variables.
        files: pip's configuration files, least telling first; found in its usual places if None.
    """
    found: dict[str, str] = {}
    for file in configuration_files(environment) if files is None else files:
        found |= _read(file)
    variables = {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in environment.items()
        if name.startswith("PIP_") and value
    }
    return found | {_LONG.get(name, name): value for name, value in variables.items()}


def configuration(settings: Mapping[str, str]) -> str:
    """The text of a `pip.conf` for a container: what holds there, too; folders of this machine do not."""
    kept = {name: _elsewhere(settings[name]) for name in _FORWARDED if name in settings}
    lines = [f"{name} = {' '.join(values)}" for name, values in kept.items() if values]
    return "\n".join(["[global]", *lines]) if lines else ""


def configuration_files(environment: Mapping[str, str]) -> list[Path]:
    """Where pip looks for its files, in its order."""
    shared = platformdirs.site_config_dir("pip", appauthor=False, multipath=True).split(os.pathsep)
    user = Path(platformdirs.user_config_dir("pip", appauthor=False, roaming=True))
    places = [Path(folder) / _FILE for folder in shared]
    if sys.platform not in {"win32", "darwin"}:
        places.append(Path("/etc") / _FILE)
    places += [Path.home() / ("pip" if sys.platform == "win32" else ".pip") / _FILE, user / _FILE]
    places.append(Path(sys.prefix) / _FILE)
    if named := environment.get("PIP_CONFIG_FILE"):
        places.append(Path(named))
    return places


def _read(file: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read(file, encoding="utf-8")
    found: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            found |= {_LONG.get(name, name): value.strip() for name, value in parser.items(section)}
    return found


def _elsewhere(value: str) -> list[str]:
    """The words of a value that mean the same on another machine: no paths, no file addresses."""
    return [word for word in value.split() if not _is_local(word)]


def _is_local(word: str) -> bool:
    return word.startswith(("/", "~", ".", "file:")) or "\\" in word

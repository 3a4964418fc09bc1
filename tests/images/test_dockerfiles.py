"""Rules that every image's files keep: pinned, small, and no setting of the builder in the last stage."""

import re

import pytest

import images
from services.images.apt_settings import RELEASE
from services.images.catalogue import CATALOGUE

PINNED_BASE = re.compile(rf"\S+:(\d+\.\d+(\.\d+)*|{RELEASE})(-\w+)?")


def dockerfile(name: str) -> str:
    return images.path(name, "Dockerfile").read_text(encoding="utf-8")


def last_stage(name: str) -> str:
    return "FROM" + dockerfile(name).rpartition("\nFROM")[2]


def test_every_folder_is_in_the_catalogue() -> None:
    folders = {found.parent.name for found in images.path().glob("*/Dockerfile")}
    assert folders == set(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_bases_are_pinned(name: str) -> None:
    stages: set[str] = set()
    found = re.findall(r"^FROM (\S+)(?: AS (\S+))?$", dockerfile(name), re.MULTILINE)
    assert len(found) == len(re.findall(r"^\s*FROM\b", dockerfile(name), re.MULTILINE | re.IGNORECASE)) > 0
    for base, stage in found:
        assert base in stages or PINNED_BASE.fullmatch(base), base
        stages.add(stage)


@pytest.mark.parametrize("name", CATALOGUE)
def test_packages_are_pinned(name: str) -> None:
    found = re.findall(r"^RUN sh /build/packages\.sh ((?:.*\\\n)*.*)$", dockerfile(name), re.MULTILINE)
    assert len(found) == dockerfile(name).count("sh /build/packages.sh ")
    assert "apt-get install" not in dockerfile(name)
    for words in found:
        packages = set(words.replace("\\\n", " ").replace("'", "").split())
        # Certificates are to be the newest.
        assert [package for package in packages - {"ca-certificates"} if "=" not in package] == []


@pytest.mark.parametrize(
    "file", [*images.path().glob("*/requirements.txt"), *images.path("common").rglob("*.txt")], ids=str
)
def test_libraries_are_pinned(file: object) -> None:
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]  # type: ignore[attr-defined]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_last_stage_sees_no_setting_of_the_builder(name: str) -> None:
    text = last_stage(name)
    assert "ARG" not in text
    assert set(re.findall(r"COPY --from=\S+ (\S+)", text)) <= {"/layer/"}
    assert not re.search(r"^(RUN|    &&).*\b(pip|apt-get|curl|wget)\b", text, re.MULTILINE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_image_says_how_its_health_is_seen_and_what_it_is_for(name: str) -> None:
    text = last_stage(name)
    assert "HEALTHCHECK" in text
    assert f"LABEL relevo.role={CATALOGUE[name].role}" in text


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name != "dev-r"])
def test_every_image_runs_as_nobody_in_particular(name: str) -> None:
    """RStudio's starts as root and gives that up for the user it is told to serve."""
    users = re.findall(r"^USER (\S+)$", last_stage(name), re.MULTILINE)
    assert users
    assert users[-1] not in {"root", "0"}


def test_gateway_and_supervisor_share_all_layers_of_their_libraries_and_sources() -> None:
    one, other = (dockerfile(name).split("\n\nRUN mkdir")[0].split("\n# It touches")[0].splitlines()[1:]
                  for name in ("gateway", "supervisor"))  # fmt: skip
    assert [line for line in one if line] == [line for line in other if line]

"""The pages keep step with the program: commands, links, the files they name."""

import re
import tomllib
from pathlib import Path

import pytest

from app.__main__ import main
from app.commands.registry import COMMANDS

ROOT = Path(__file__).parents[2]
HELP = ROOT / "resources" / "help"
RESOURCES = ROOT / "resources"
FOLDERS = ("app", "widgets", "services", "resources", "images", "tests", ".ci")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(RESOURCES.rglob("*.md"))]
FOR_DEVELOPERS = [page for page in PAGES if page.parent == ROOT]
FILES = {
    file.relative_to(ROOT).as_posix()
    for start in (ROOT, *(ROOT / folder for folder in FOLDERS))
    for file in (start.glob("*") if start == ROOT else start.rglob("*"))
    if "__pycache__" not in file.parts
}
NAMED = re.compile(r"`([\w./-]+)`")
SUFFIXES = (".py", ".md", ".toml", ".yaml", ".spec", ".sh", ".R", ".js", ".css", "Makefile", "Dockerfile")


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def exists(named: str) -> bool:
    """Whether a path, or its end as long as it is said from some folder on, is in the tree."""
    path = named.removeprefix("./").rstrip("/")
    return path in FILES or any(file.endswith(f"/{path}") for file in FILES)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (page.parent / link).exists()] == []


REGISTRIES = re.findall(
    r"`([A-Z]+)` (?:in|of) `([\w./]+\.py)`", (ROOT / "ARCHITECTURE.md").read_text("utf-8")
)


@pytest.mark.parametrize(("name", "file"), REGISTRIES)
def test_every_registry_that_is_named_is_where_it_is_said_to_be(name: str, file: str) -> None:
    assert re.search(rf"^{name}\b.* = ", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_the_registries_that_are_named_are_found() -> None:
    assert len(REGISTRIES) >= 10


@pytest.mark.parametrize("page", FOR_DEVELOPERS, ids=page_name)
def test_every_file_and_folder_that_a_page_for_developers_names_is_in_the_tree(page: Path) -> None:
    named = NAMED.findall(page.read_text(encoding="utf-8"))
    paths = [
        path
        for path in named
        if path.endswith(SUFFIXES) or path.startswith(tuple(f"{folder}/" for folder in FOLDERS))
    ]
    assert [path for path in paths if not exists(path)] == []


def test_every_page_that_a_module_or_a_script_names_is_in_the_tree() -> None:
    texts = [
        file
        for name in FILES
        if (file := ROOT / name).suffix in {".py", ".toml", ".yaml", ".spec", ".R", ""} and file.is_file()
        if not name.startswith(("tests/", ".ci/base-files", ".git", ".coverage"))
    ]
    named = {
        (file.name, page)
        for file in texts
        for page in re.findall(r"(?<![\w*./{}])([\w/-]+\.md)\b", file.read_text(encoding="utf-8"))
    }
    assert [each for each in sorted(named) if not exists(each[1])] == []


def test_the_index_lists_every_help_page() -> None:
    listed = set(re.findall(r"\((\w+\.md)\)", (HELP / "index.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in HELP.glob("*.md")} - {"index.md"}


def test_every_make_target_that_a_page_for_developers_names_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = {
        target
        for page in FOR_DEVELOPERS
        for target in re.findall(r"(?:^ {4}|`)make (\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert used
    assert used <= targets


def test_every_command_for_people_is_documented_and_no_other() -> None:
    text = (HELP / "commands.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)", text, re.MULTILINE))
    assert documented == {command.word for command in COMMANDS if not command.internal}


@pytest.mark.parametrize("word", [command.word for command in COMMANDS])
def test_every_command_explains_its_options(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([word, "--help"])
    assert ended.value.code == 0
    assert f"relevo {word}" in capsys.readouterr().out


def test_an_unknown_command_is_told_with_those_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance"]) == 2
    told = capsys.readouterr().err
    assert "no command 'dance'" in told
    assert "gateway" in told


@pytest.mark.parametrize("package", ["services", "app"])
def test_the_layers_that_are_drawn_are_those_that_are_held(package: str) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    held = [
        "\n".join(contract["layers"])
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers" and contract.get("containers") == [package]
    ]
    drawn = re.findall(
        r"```\n(.*?)\n```", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(held) == 1
    assert held[0] in drawn

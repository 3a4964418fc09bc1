"""The README and help pages keep step with the program: commands, links, pages."""

import re
from pathlib import Path

import pytest

from app.__main__ import COMMANDS, main

ROOT = Path(__file__).parents[2]
HELP = ROOT / "resources" / "help"
TEXTS = [ROOT / "README.md", *sorted(HELP.glob("*.md"))]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_every_link_leads_somewhere(text: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", text.read_text(encoding="utf-8"))
    assert [link for link in links if not (text.parent / link).exists()] == []


def test_the_index_lists_every_help_page() -> None:
    listed = set(re.findall(r"\((\w+\.md)\)", (HELP / "index.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in HELP.glob("*.md")} - {"index.md"}


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    used = set(re.findall(r"make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"))) - {"a"}
    assert used <= targets


def test_every_command_for_people_is_documented_and_no_other() -> None:
    text = (HELP / "commands.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)", text, re.MULTILINE))
    assert documented == {word for word, told in COMMANDS.items() if told}


@pytest.mark.parametrize("word", [word for word, told in COMMANDS.items() if told])
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

"""The registry of the command line's words, held against the modules that there are."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import app.commands
from app.__main__ import main, usage
from app.commands.registry import COMMANDS, Command, find

FOLDER = Path(app.commands.__file__).parent


def test_every_module_with_a_main_is_a_word_and_every_word_a_module() -> None:
    modules = [file.stem for file in FOLDER.glob("*.py") if file.stem != "__init__"]
    with_main = [name for name in modules if hasattr(import_module(f"app.commands.{name}"), "main")]
    assert sorted(with_main) == sorted(command.word for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.word)
def test_every_word_answers_help(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command.word, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: relevo {command.word}")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.word)
def test_every_word_says_what_it_does_and_only_those_for_people_are_listed(
    command: Command,
) -> None:
    assert command.summary
    listed = f"  {command.word} " in usage()
    assert listed is not command.internal


def test_words_are_found_once() -> None:
    assert len({command.word for command in COMMANDS}) == len(COMMANDS)
    assert [find(command.word) for command in COMMANDS] == list(COMMANDS)
    assert find("dance") is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells of a closed pipe in another way")
@pytest.mark.parametrize("words", [["--help"], ["platform", "--help"]])
def test_a_reader_that_has_left_is_no_trace(words: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "app", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
    assert told == b""
    assert process.returncode in {0, 141}

"""Texts with escape sequences: what they say, and in which style."""

import pytest
from hypothesis import given
from hypothesis import strategies as texts

from widgets.text_grid.ansi import PLAIN, TextStyle, plain, runs


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("plain words", "plain words"),
        ("\x1b[32mINFO\x1b[0m: up", "INFO: up"),
        ("10 %\r55 %\r100 %", "100 %"),
        ("done\r", "done"),
        ("a\tb", "a       b"),
        ("\x1b]0;title\x07shell", "shell"),
        ("bell\x07 and\x00 null", "bell and null"),
        ("\x1b[2K\x1b[1Gline", "line"),
        ("torn\x1b[", "torn"),
        ("naïve café", "naïve café"),
    ],
)
def test_a_line_says_what_a_terminal_would_show(written: str, said: str) -> None:
    assert plain(written) == said


@pytest.mark.parametrize(
    ("codes", "style"),
    [
        ("31", TextStyle(foreground=1)),
        ("1;94", TextStyle(foreground=12, bold=True)),
        ("38;5;208", TextStyle(foreground=208)),
        ("38;2;255;128;0", TextStyle(foreground="#ff8000")),
        ("38:2:255:128:0", TextStyle(foreground="#ff8000")),
        ("48;5;22;4", TextStyle(background=22, underlined=True)),
        ("7;3;2", TextStyle(swapped=True, italic=True, faint=True)),
        ("31;39", PLAIN),
        ("1;22", PLAIN),
        ("", PLAIN),
        ("38", PLAIN),
        ("38;5", PLAIN),
        ("999", PLAIN),
    ],
)
def test_an_ink_is_what_its_codes_say(codes: str, style: TextStyle) -> None:
    (run,) = runs(f"\x1b[{codes}mword")
    assert run.style == style


def test_an_ink_holds_until_another_one_comes() -> None:
    found = [(run.start, run.text, run.style.foreground) for run in runs("a\x1b[31mbc\x1b[0md")]
    assert found == [(0, "a", ""), (1, "bc", 1), (3, "d", "")]


def test_tabs_stop_where_the_whole_line_says() -> None:
    assert "".join(run.text for run in runs("abc\x1b[31m\tx")) == "abc     x"


@given(texts.text(alphabet="ab\x1b[]0;31m\r\t\x07 é", max_size=40))
def test_runs_together_are_what_the_line_says(written: str) -> None:
    assert "".join(run.text for run in runs(written)) == plain(written)

"""No sequence is torn between two pieces, and none that pyte takes for another reaches it."""

import pytest
from hypothesis import given
from hypothesis import strategies as texts

from widgets.terminal.screen import EscapeSequenceSplitter


@pytest.mark.parametrize(
    "sequence", ["\x1b[31m", "\x1b[?1049h", "\x1b]0;a title\x07", "\x1b[12;40H", "\x1b7", "\x1b(B"]
)
def test_a_sequence_in_pieces_comes_out_whole(sequence: str) -> None:
    for place in range(1, len(sequence)):
        cutter = EscapeSequenceSplitter()
        assert "".join(cutter.cut("a" + sequence[:place])) == "a"
        assert "".join(cutter.cut(sequence[place:] + "b")) == sequence + "b"


@pytest.mark.parametrize(
    "foreign",
    [
        "\x1b[>4;2m",  # vim's modifyOtherKeys, which pyte would take for underlining
        "\x1b[?6n",
        "\x1b[2 q",
        "\x1b[=1c",
        "\x1bP1$r0m\x1b\\",
        "\x1b=",
        "\x1b>",
        "\x1b[!p",
        "\x1b[?1$p",
    ],
)
def test_foreign_sequences_are_left_out(foreign: str) -> None:
    assert "".join(EscapeSequenceSplitter().cut(f"a{foreign}b")) == "ab"


@pytest.mark.parametrize(
    "kept", ["\x1b[?25l", "\x1b[?2004h", "\x1b[2J", "\x1b[K", "\x1b[0c", "\x1bc", "\x1bM"]
)
def test_what_pyte_understands_passes(kept: str) -> None:
    assert "".join(EscapeSequenceSplitter().cut(f"a{kept}b")) == f"a{kept}b"


def test_colours_with_colons_become_those_with_semicolons() -> None:
    assert EscapeSequenceSplitter().cut("\x1b[38:5:208mx") == ["\x1b[38;5;208mx"]


def test_something_that_never_ends_is_let_through_at_last() -> None:
    cutter = EscapeSequenceSplitter()
    assert len("".join(cutter.cut("\x1b]0;" + "x" * 10_000))) > 5_000


@given(texts.lists(texts.text(alphabet="ab\x1b[]0;1mHK\x07?", max_size=6), max_size=8))
def test_pieces_make_no_difference(pieces: list[str]) -> None:
    whole, parts = EscapeSequenceSplitter(), EscapeSequenceSplitter()
    end = "\x1b[0m."
    once = "".join(whole.cut("".join(pieces) + end))
    assert "".join(part for piece in (*pieces, end) for part in parts.cut(piece)) == once

"""The screen obeys: scrolling off, editors' second screen, other sizes, answers, nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from widgets.terminal.screen import HISTORY, TerminalScreen


def screen(columns: int = 20, lines: int = 5) -> TerminalScreen:
    return TerminalScreen(columns, lines, lambda _data: None)


def shown(of: TerminalScreen) -> list[str]:
    return [of.text(number) for number in range(of.scrolled, of.end)]


def test_what_scrolls_off_is_remembered_under_its_number() -> None:
    made = screen()
    made.feed(b"".join(b"row %d\r\n" % number for number in range(12)))
    assert (made.first, made.scrolled) == (0, 8)
    assert [made.text(number) for number in (0, 7, 8)] == ["row 0", "row 7", "row 8"]


def test_only_so_much_is_remembered() -> None:
    made = screen()
    made.feed(b"x\r\n" * (HISTORY + 100))
    assert len(made.history) == HISTORY
    assert made.first == made.scrolled - HISTORY > 0


def test_an_editor_leaves_the_screen_as_it_found_it() -> None:
    made = screen()
    made.feed(b"$ vi\r\n")
    made.feed(b"\x1b[?1049h\x1b[H~ text\r\n" + b"~\r\n" * 20)
    assert shown(made)[0] == "~"
    assert len(made.history) == 0
    made.feed(b"\x1b[?1049l$ ")
    assert shown(made)[:2] == ["$ vi", "$"]


def test_a_scroll_region_below_the_top_remembers_nothing() -> None:
    made = screen()
    made.feed(b"head\x1b[2;5r\x1b[5;1H" + b"x\r\n" * 20)
    assert shown(made)[0] == "head"
    assert len(made.history) == 0


def test_a_smaller_screen_keeps_the_prompt() -> None:
    made = screen(lines=10)
    made.feed(b"one\r\ntwo\r\n$ ")
    made.resize(4, 20)
    assert shown(made)[:3] == ["one", "two", "$"]
    made.feed(b"\r\n".join(b"%d" % number for number in range(8)))
    made.resize(2, 20)
    assert shown(made) == ["6", "7"]
    assert made.text(made.first) == "one"


def test_a_smaller_screen_under_an_editor_keeps_the_prompt_too() -> None:
    made = screen(lines=10)
    made.feed(b"a\r\n" * 8 + b"$ \x1b[?1049h")
    made.resize(4, 20)
    made.feed(b"\x1b[?1049l!")
    assert shown(made)[-1] == "$ !"


def test_the_terminal_answers_where_the_cursor_is() -> None:
    said: list[bytes] = []
    made = TerminalScreen(20, 5, said.append)
    made.feed(b"ab\x1b[6n")
    assert said == [b"\x1b[1;3R"]


def test_letters_torn_between_pieces_are_whole_in_the_end() -> None:
    made = screen()
    for byte in "日本é".encode():
        made.feed(bytes([byte]))
    assert made.text(made.scrolled) == "日本é"
    assert [cell.data for cell in made.cells(made.scrolled)][:5] == ["日", "", "本", "", "é"]


def test_erasing_what_scrolled_off_erases_it() -> None:
    made = screen()
    made.feed(b"x\r\n" * 20 + b"\x1b[3J")
    assert len(made.history) == 0


@pytest.mark.parametrize(
    "nonsense", [b"\x1b[1;2;3;4A", b"\x1b[?9999z", b"\x1b[m\x1b[99999999999C", b"\x9b\xff\xfe"]
)
def test_what_makes_no_sense_is_passed_over(nonsense: bytes) -> None:
    made = screen()
    made.feed(nonsense + b"\x1b[2;1Hgood")
    assert "good" in shown(made)[1]


@given(some.lists(some.binary(max_size=30), max_size=10), some.integers(1, 12), some.integers(2, 30))
def test_any_bytes_and_sizes_are_survived(pieces: list[bytes], lines: int, columns: int) -> None:
    made = screen()
    for piece in pieces:
        made.feed(piece.replace(b"\xff", b"\x1b["))
        made.resize(lines, columns)
        assert len(shown(made)) == lines

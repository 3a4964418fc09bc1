"""The newest lines are held, and a number means one line forever; search goes on as the log grows."""

from collections.abc import Callable

from services.containers.model import LogLine
from widgets.logs.buffer import LogBuffer
from widgets.logs.search import LogSearch, occurrences

Lines = Callable[..., list[LogLine]]


def test_the_oldest_lines_go_and_numbers_stay(lines: Lines) -> None:
    buffer = LogBuffer(100)
    dropped = sum(buffer.append(lines(10, first)) for first in range(0, 300, 10))
    assert 100 <= len(buffer) <= 110
    assert (buffer.first, buffer.end) == (dropped, 300)
    assert buffer.text(299) == "line 299"


def test_more_at_once_than_is_held_leaves_the_newest(lines: Lines) -> None:
    buffer = LogBuffer(100)
    assert buffer.append(lines(1000)) == 900
    assert buffer.texts(0)[0] == "line 900"


def test_search_finds_in_new_lines_and_forgets_dropped_ones(lines: Lines) -> None:
    buffer = LogBuffer(100)
    search = LogSearch(buffer)
    buffer.append(lines(50))
    search.look_for("LINE 4")
    assert search.found == [4, *range(40, 50)]
    buffer.append(lines(60, 50))
    buffer.append(lines(90, 110))
    search.go_on()
    assert search.found == [
        number for number in range(buffer.first, 200) if f"line {number}".startswith("line 4")
    ]


def test_stepping_goes_round_in_both_directions(lines: Lines) -> None:
    buffer = LogBuffer()
    buffer.append(lines(30))
    search = LogSearch(buffer)
    search.look_for("line 1")
    assert search.step(-1, forward=True) == 1
    assert search.place == 1
    assert search.step(search.present, forward=False) == 19
    assert search.step(search.present, forward=True) == 1
    search.look_for("nowhere")
    assert search.step(0, forward=True) == -1


def test_occurrences_are_found_whatever_their_case() -> None:
    assert occurrences("Ab ab AB", "ab") == [(0, 2), (3, 5), (6, 8)]
    assert occurrences("anything", "") == []
    assert occurrences("Straße straße", "str") == [(0, 3), (7, 10)]

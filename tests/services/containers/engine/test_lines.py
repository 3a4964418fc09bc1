"""Lines of a log are the same however the stream is cut into parts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.containers.engine.lines import LineReader
from services.containers.model import LogLine

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def stamp(number: int) -> bytes:
    """The time of the line of that number, as the engine writes it."""
    at = BEGUN + timedelta(microseconds=number)
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z".encode()


def frame(output: int, content: bytes) -> bytes:
    return bytes((output, 0, 0, 0)) + len(content).to_bytes(4) + content


def fed(reader: LineReader, stream: bytes, cuts: list[int]) -> list[LogLine]:
    """All lines, the stream given in parts."""
    found, places = [], sorted(cut % (len(stream) + 1) for cut in cuts)
    for begin, end in zip([0, *places], [*places, len(stream)], strict=True):
        found += reader.feed(stream[begin:end])
    return found + reader.rest()


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=40)
CUTS = st.lists(st.integers(min_value=0), max_size=12)


@given(st.lists(st.tuples(st.sampled_from([1, 2]), TEXTS), max_size=12), CUTS)
def test_framed_lines(lines: list[tuple[int, str]], cuts: list[int]) -> None:
    stream = b"".join(
        frame(output, stamp(number) + b" " + text.encode() + b"\n")
        for number, (output, text) in enumerate(lines)
    )
    assert fed(LineReader(terminal=False), stream, cuts) == [
        LogLine(BEGUN + timedelta(microseconds=number), text, error=output == 2)
        for number, (output, text) in enumerate(lines)
    ]


@given(st.lists(TEXTS, max_size=12), CUTS)
def test_lines_of_a_terminal(lines: list[str], cuts: list[int]) -> None:
    stream = b"".join(stamp(n) + b" " + text.encode() + b"\r\n" for n, text in enumerate(lines))
    assert fed(LineReader(terminal=True), stream, cuts) == [
        LogLine(BEGUN + timedelta(microseconds=number), text) for number, text in enumerate(lines)
    ]


@given(CUTS)
def test_a_line_in_several_frames_is_one_line_of_its_first_time(cuts: list[int]) -> None:
    stream = (
        frame(1, stamp(0) + b" " + b"x" * 100)
        + frame(2, stamp(1) + b" other\n")
        + frame(1, stamp(2) + b" " + b"y" * 100)
        + frame(1, stamp(3) + b" z\n")
        + frame(1, stamp(4) + b" no end")
    )
    assert fed(LineReader(terminal=False), stream, cuts) == [
        LogLine(BEGUN + timedelta(microseconds=1), "other", error=True),
        LogLine(BEGUN, "x" * 100 + "y" * 100 + "z"),
        LogLine(BEGUN + timedelta(microseconds=4), "no end"),
    ]

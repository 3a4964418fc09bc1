"""What containers write: read and followed, whole lines in order, much of it, and to the end."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.containers.engine.engine import Engine
from services.containers.engine.logs import LineReader
from services.containers.model import ContainerState, ContainerUsage, LogLine
from services.errors import NotFound, RelevoError
from tests.waiting import eventually

Run = Callable[..., str]


class Told:
    """Batches that came, and whether the stream has ended."""

    def __init__(self) -> None:
        self.batches: list[list[LogLine]] = []
        self.ends: list[RelevoError | None] = []
        self._changed = threading.Condition()

    def receive(self, lines: list[LogLine]) -> None:
        with self._changed:
            self.batches.append(lines)
            self._changed.notify_all()

    def ended(self, error: RelevoError | None) -> None:
        with self._changed:
            self.ends.append(error)
            self._changed.notify_all()

    @property
    def texts(self) -> list[str]:
        return [line.text for batch in list(self.batches) for line in batch]

    def wait(self, until: Callable[[], bool], seconds: float = 30) -> None:
        with self._changed:
            assert self._changed.wait_for(until, seconds), (self.texts[-5:], self.ends)


def test_lines_are_whole_in_order_and_know_their_output_and_time(engine: Engine, run: Run) -> None:
    identifier = run("echo one; sleep 0.05; echo two >&2; sleep 0.05; printf 'no end'")
    _wait_for_end(engine, identifier)
    found = engine.logs(identifier, 10)
    assert [(line.text, line.error) for line in found] == [("one", False), ("two", True), ("no end", False)]
    assert [line.at for line in found] == sorted(line.at for line in found)
    assert abs(datetime.now(UTC) - found[0].at) < timedelta(minutes=1)


def test_only_the_last_lines_are_read_and_only_since_a_moment(engine: Engine, run: Run) -> None:
    identifier = run("seq 100; sleep 0.1; echo late; sleep inf")
    found = eventually(lambda: [line for line in engine.logs(identifier, 1) if line.text == "late"])
    assert [line.text for line in engine.logs(identifier, 3)] == ["99", "100", "late"]
    assert [line.text for line in engine.logs(identifier, 100, found[0].at)] == ["late"]


def test_a_long_line_and_odd_bytes_come_as_one_line(engine: Engine, run: Run) -> None:
    script = (
        r"head -c 100000 /dev/zero | tr '\0' x; echo; printf 'a\377b\r\n'; printf 'Gij\303\263n\n'; echo"
    )
    identifier = run(f"{script}; echo end")
    _wait_for_end(engine, identifier)
    found = [line.text for line in engine.logs(identifier, 100)]
    assert [len(found[0]), *found[1:]] == [100_000, "a\ufffdb", "Gijón", "", "end"]
    assert set(found[0]) == {"x"}


def test_the_log_of_a_terminal_is_read_too(
    engine: Engine, small_image: str, unique_name: Callable[[str], str]
) -> None:
    with engine.connection.client() as client:
        made = client.create_container(
            small_image, ["sh", "-c", "echo one; echo two"], name=unique_name("tty"), tty=True
        )["Id"]
    engine.start(made)
    _wait_for_end(engine, made)
    found = engine.logs(made, 10)
    engine.remove(made)
    assert [line.text for line in found] == ["one", "two"]
    assert abs(datetime.now(UTC) - found[0].at) < timedelta(minutes=1)


def test_following_gives_what_was_and_what_comes_to_the_end(engine: Engine, run: Run) -> None:
    identifier = run("seq 5; while ! test -e /tmp/go; do sleep 0.05; done; echo new; exit 3")
    told = Told()
    stream = engine.follow_logs(identifier, 2, told.receive, told.ended)
    told.wait(lambda: told.texts == ["4", "5"])
    engine.execute(identifier, ["touch", "/tmp/go"])
    told.wait(lambda: bool(told.ends))
    stream.close()
    assert told.texts == ["4", "5", "new"]
    assert told.ends == [None]
    assert engine.container(identifier).state is ContainerState.EXITED


def test_a_hundred_thousand_lines_come_whole_in_few_batches(engine: Engine, run: Run) -> None:
    identifier = run("seq 100000")
    _wait_for_end(engine, identifier)
    told = Told()
    stream = engine.follow_logs(identifier, 100_000, told.receive, told.ended)
    told.wait(lambda: bool(told.ends), 60)
    stream.close()
    assert told.texts == [str(number) for number in range(1, 100_001)]
    assert len(told.batches) < 1000


def test_whoever_receives_slowly_is_not_drowned(engine: Engine, run: Run) -> None:
    identifier = run("seq 200000")
    _wait_for_end(engine, identifier)
    told, go = Told(), threading.Event()

    def receive(lines: list[LogLine]) -> None:
        go.wait(30)
        told.receive(lines)

    stream = engine.follow_logs(identifier, 200_000, receive, told.ended)
    held, before = 0, -1
    while held != before or not held:
        before = held
        time.sleep(0.4)
        held = len(stream._held)
    go.set()
    told.wait(lambda: bool(told.ends), 60)
    stream.close()
    assert held < 60_000
    assert len(told.texts) == 200_000


def test_closing_is_prompt_and_final_while_nothing_is_written(engine: Engine, run: Run) -> None:
    told = Told()
    stream = engine.follow_logs(run("echo one; sleep inf"), 10, told.receive, told.ended)
    told.wait(lambda: told.texts == ["one"])
    stream.close()
    stream.close()
    assert told.ends == []


def test_closing_is_prompt_while_much_is_written(engine: Engine, run: Run) -> None:
    told = Told()
    stream = engine.follow_logs(run("yes"), 10, told.receive, told.ended)
    told.wait(lambda: len(told.batches) > 3)
    stream.close()
    count = len(told.batches)
    time.sleep(0.2)
    assert (len(told.batches), told.ends) == (count, [])


def test_a_stream_may_be_closed_by_what_it_tells(engine: Engine, run: Run) -> None:
    closed = threading.Event()
    holder: list[Any] = []
    ready = threading.Event()

    def receive(_: list[LogLine]) -> None:
        ready.wait(10)
        holder[0].close()
        closed.set()

    holder.append(engine.follow_logs(run("echo one; sleep inf"), 10, receive, lambda _: None))
    ready.set()
    assert closed.wait(10)


def test_a_container_that_is_not_there_is_told_at_once(
    engine: Engine, unique_name: Callable[[str], str]
) -> None:
    told = Told()
    with pytest.raises(NotFound):
        engine.logs(unique_name("none"), 10)
    with pytest.raises(NotFound):
        engine.follow_logs(unique_name("none"), 10, told.receive, told.ended)


def test_use_is_told_while_it_runs(engine: Engine, run: Run) -> None:
    identifier = run("while true; do :; done")
    found: list[ContainerUsage] = []
    came = threading.Event()

    def receive(usage: ContainerUsage) -> None:
        found.append(usage)
        if usage.processor > 10:
            came.set()

    stream = engine.follow_usage(identifier, receive, lambda _: None)
    assert came.wait(30)
    stream.close()
    last = found[-1]
    assert last.memory > 0
    assert last.memory_limit > last.memory
    assert last.processes >= 1
    assert abs(datetime.now(UTC) - last.at) < timedelta(minutes=1)
    assert engine.usage(identifier).processor > 10


def test_one_that_does_not_run_uses_nothing(engine: Engine, run: Run) -> None:
    identifier = run("true")
    _wait_for_end(engine, identifier)
    assert engine.usage(identifier) is None


def _wait_for_end(engine: Engine, identifier: str) -> None:
    with engine.connection.client() as client:
        client.wait(identifier)


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

"""A terminal in a real container."""

import threading
from collections.abc import Callable

import pytest

from services.containers.engine.engine import Engine
from services.errors import Conflict, RelevoError
from tests.waiting import eventually

Run = Callable[..., str]


class Screen:
    """What a terminal wrote."""

    def __init__(self) -> None:
        self.content = b""
        self.ends: list[RelevoError | None] = []
        self._changed = threading.Condition()

    def receive(self, part: bytes) -> None:
        with self._changed:
            self.content += part
            self._changed.notify_all()

    def ended(self, error: RelevoError | None) -> None:
        with self._changed:
            self.ends.append(error)
            self._changed.notify_all()

    def wait(self, until: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(until, 20), (self.content, self.ends)


def test_what_is_typed_is_done_and_answered(engine: Engine, run: Run) -> None:
    screen = Screen()
    terminal = engine.terminal(run(), receive=screen.receive, ended=screen.ended)
    terminal.send("echo $((6*7)) ñ $TERM\n".encode())
    screen.wait(lambda: "42 ñ xterm-256color".encode() in screen.content)
    terminal.send(b"exit 3\n")
    screen.wait(lambda: bool(screen.ends))
    terminal.send(b"echo late\n")
    terminal.resize(5, 5)
    terminal.close()
    assert screen.ends == [None]
    # The first line is for Relevo and not for the person.
    assert not screen.content.lstrip()[:1].isdigit()


def test_its_size_is_told_from_the_beginning_and_when_it_changes(engine: Engine, run: Run) -> None:
    screen = Screen()
    terminal = engine.terminal(run(), rows=33, columns=101, receive=screen.receive, ended=screen.ended)
    terminal.send(b"stty size\n")
    screen.wait(lambda: b"33 101" in screen.content)
    terminal.resize(50, 200)
    terminal.send(b"stty size\n")
    screen.wait(lambda: b"50 200" in screen.content)
    terminal.close()


def test_much_output_comes_whole(engine: Engine, run: Run) -> None:
    screen = Screen()
    terminal = engine.terminal(
        run(), ("sh", "-c", "seq 100000"), receive=screen.receive, ended=screen.ended
    )
    screen.wait(lambda: bool(screen.ends))
    terminal.close()
    assert screen.content.split() == [str(number).encode() for number in range(1, 100_001)]


def test_closing_hangs_up_on_what_runs_in_it(engine: Engine, run: Run) -> None:
    identifier, screen = run(), Screen()
    terminal = engine.terminal(identifier, receive=screen.receive, ended=screen.ended)
    terminal.send(b"sleep 12345\n")
    eventually(lambda: "sleep 12345" in _processes(engine, identifier))
    terminal.close()
    eventually(lambda: "sleep 12345" not in _processes(engine, identifier))
    assert screen.ends == []


def test_a_command_that_is_not_there_is_told_where_the_person_looks(engine: Engine, run: Run) -> None:
    screen = Screen()
    terminal = engine.terminal(run(), ("no-such-shell",), receive=screen.receive, ended=screen.ended)
    screen.wait(lambda: bool(screen.ends))
    terminal.close()
    assert b"no-such-shell" in screen.content


def test_a_container_that_does_not_run_has_no_terminal(engine: Engine, run: Run) -> None:
    identifier = run()
    engine.kill(identifier)
    with pytest.raises(Conflict, match="is not running"):
        engine.terminal(identifier, receive=lambda _: None, ended=lambda _: None)


def test_a_container_that_ends_ends_its_terminals(engine: Engine, run: Run) -> None:
    identifier, screen = run(), Screen()
    terminal = engine.terminal(identifier, receive=screen.receive, ended=screen.ended)
    screen.wait(lambda: bool(screen.content))
    engine.kill(identifier)
    screen.wait(lambda: bool(screen.ends))
    terminal.close()


def _processes(engine: Engine, identifier: str) -> str:
    return engine.execute(identifier, ["ps", "-o", "args"])[1]

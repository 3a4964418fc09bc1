"""What happens to containers is told as it happens, and an engine that goes away comes back."""

import threading
from collections.abc import Callable, Iterator

import pytest

from services.containers.addresses import LocalEngine
from services.containers.engine.connection import Client
from services.containers.engine.engine import Engine, open_engine
from services.containers.model import ContainerChange, ContainerSpec, ContainerState
from services.errors import RelevoError, Unavailable
from tests.services.containers.engine.relay import Relay

Run = Callable[..., str]
Names = Callable[[str], str]


class Told:
    """What a watch told, and waiting for what it is to tell."""

    def __init__(self) -> None:
        self.changes: list[ContainerChange] = []
        self.states: list[RelevoError | None] = []
        self._changed = threading.Condition()

    def change(self, change: ContainerChange) -> None:
        with self._changed:
            self.changes.append(change)
            self._changed.notify_all()

    def state(self, error: RelevoError | None) -> None:
        with self._changed:
            self.states.append(error)
            self._changed.notify_all()

    def wait(self, until: Callable[[], bool], seconds: float = 20) -> None:
        with self._changed:
            assert self._changed.wait_for(until, seconds), (self.states, self.changes)

    def of(self, identifier: str) -> list[ContainerChange]:
        return [change for change in list(self.changes) if change.identifier == identifier]

    def last(self, identifier: str) -> ContainerChange | None:
        found = self.of(identifier)
        return found[-1] if found else None


@pytest.fixture
def told(engine: Engine) -> Iterator[Told]:
    """A watch that stands."""
    found = Told()
    watch = engine.watch(found.change, found.state)
    found.wait(lambda: found.states == [None])
    yield found
    watch.close()


def test_what_is_there_is_told_first(engine: Engine, run: Run) -> None:
    identifier = run("sleep inf")
    found = Told()
    watch = engine.watch(found.change, found.state)
    found.wait(lambda: bool(found.states))
    watch.close()
    assert [change.action for change in found.of(identifier)] == ["listed"]
    assert found.states == [None]


def test_a_container_is_told_from_its_making_to_its_end(
    engine: Engine, told: Told, small_image: str, unique_name: Names
) -> None:
    spec = ContainerSpec(unique_name("life"), small_image, ("sh", "-c", "sleep inf"), stop_seconds=1)
    identifier = engine.create(spec)
    told.wait(lambda: bool(told.of(identifier)))
    engine.start(identifier)
    told.wait(lambda: any(c.container.state is ContainerState.RUNNING for c in told.of(identifier)))
    engine.rename(identifier, unique_name("other"))
    told.wait(lambda: told.last(identifier).container.name == unique_name("other"))
    engine.pause(identifier)
    told.wait(lambda: told.last(identifier).container.state is ContainerState.PAUSED)
    engine.unpause(identifier)
    engine.remove(identifier, force=True)
    told.wait(lambda: told.last(identifier).container is None)
    assert told.last(identifier).action == "destroy"
    assert told.states == [None]


def test_what_happens_before_the_stream_stands_is_told_too(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, asked = threading.Event(), Client.stream

    def late(client: Client, method: str, path: str, **named: object) -> Iterator[bytes]:
        assert go.wait(20)
        return asked(client, method, path, **named)

    monkeypatch.setattr(Client, "stream", late)
    found = Told()
    watch = engine.watch(found.change, found.state)
    found.wait(lambda: found.states == [None])
    identifier = run("sleep inf")
    go.set()
    found.wait(lambda: bool(found.of(identifier)))
    watch.close()


def test_a_death_is_told_within_two_seconds(engine: Engine, told: Told, run: Run) -> None:
    identifier = run("sleep inf")
    told.wait(lambda: any(c.container.state is ContainerState.RUNNING for c in told.of(identifier)))
    engine.execute(identifier, ["sh", "-c", "kill -KILL $(pidof sleep)"])
    told.wait(lambda: told.last(identifier).container.state is ContainerState.EXITED, 2)
    assert told.last(identifier).container.exit_code == 137


def test_a_network_that_is_joined_is_told(engine: Engine, told: Told, run: Run, unique_name: Names) -> None:
    identifier = run("sleep inf")
    engine.ensure_network(unique_name("net"), {})
    try:
        with engine.connection.client() as client:
            client.connect_container_to_network(identifier, unique_name("net"))
        told.wait(lambda: unique_name("net") in told.last(identifier).container.networks)
    finally:
        engine.remove(identifier, force=True)
        engine.remove_network(unique_name("net"))


def test_commands_run_inside_are_no_changes(engine: Engine, told: Told, run: Run) -> None:
    identifier = run("sleep inf")
    told.wait(lambda: any(c.container.state is ContainerState.RUNNING for c in told.of(identifier)))
    before = len(told.of(identifier))
    for _ in range(5):
        engine.execute(identifier, ["true"])
    engine.pause(identifier)
    told.wait(lambda: told.last(identifier).container.state is ContainerState.PAUSED)
    assert len(told.of(identifier)) == before + 1
    engine.unpause(identifier)


def test_an_engine_that_goes_away_is_told_and_comes_back_with_what_changed_meanwhile(
    engine: Engine, relay: Relay, run: Run
) -> None:
    stays, goes = run("sleep inf"), run("sleep inf")
    found = Told()
    with open_engine(LocalEngine(str(relay._path))) as opened:
        watch = opened.watch(found.change, found.state)
        found.wait(lambda: found.states == [None])
        relay.cut()
        found.wait(lambda: isinstance(found.states[-1], Unavailable))
        lost = found.states[-1]
        assert isinstance(lost, Unavailable)
        assert lost.retry_after > 0
        told_before = len(found.of(stays))
        engine.remove(goes, force=True)
        new = run("sleep inf")
        relay.restore()
        watch.retry()
        found.wait(lambda: found.states[-1] is None)
        watch.close()
    assert found.last(goes).container is None
    assert found.last(new).action == "listed"
    # What is as it was is not told again.
    assert len(found.of(stays)) == told_before


def test_it_comes_back_by_itself(relay: Relay) -> None:
    found = Told()
    with open_engine(LocalEngine(str(relay._path))) as opened:
        watch = opened.watch(found.change, found.state)
        found.wait(lambda: found.states == [None])
        relay.cut()
        found.wait(lambda: len(found.states) > 2)
        relay.restore()
        found.wait(lambda: found.states[-1] is None)
        watch.close()


def test_closing_a_watch_is_prompt_and_final(engine: Engine, relay: Relay, run: Run) -> None:
    found = Told()
    with open_engine(LocalEngine(str(relay._path))) as opened:
        watch = opened.watch(found.change, found.state)
        found.wait(lambda: found.states == [None])
        watch.close()
        count = len(found.changes)
        engine.remove(run("sleep inf"), force=True)
    assert len(found.changes) == count
    assert found.states == [None]


def test_closing_the_engine_ends_its_streams(relay: Relay, run: Run) -> None:
    identifier = run("sleep inf")
    over = threading.Event()
    opened = open_engine(LocalEngine(str(relay._path)))
    stream = opened.follow_usage(identifier, lambda _: None, lambda _: over.set())
    opened.close()
    assert over.wait(10)
    stream.close()


def test_a_stream_begun_after_the_engine_was_closed_ends_at_once(run: Run) -> None:
    identifier = run("sleep inf")
    ends: list[RelevoError | None] = []
    over = threading.Event()

    def ended(error: RelevoError | None) -> None:
        ends.append(error)
        over.set()

    opened = open_engine(LocalEngine())
    opened.close()
    stream = opened.follow_usage(identifier, lambda _: None, ended)
    assert over.wait(10)
    stream.close()
    assert isinstance(ends[0], Unavailable)


def test_questions_work_again_after_the_engine_came_back(relay: Relay) -> None:
    with open_engine(LocalEngine(str(relay._path))) as opened:
        opened.info()
        relay.cut()
        with pytest.raises(Unavailable, match="cannot be reached"):
            opened.info()
        relay.restore()
        assert opened.info().version

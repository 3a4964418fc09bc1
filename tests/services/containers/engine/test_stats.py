"""What several containers use, asked in turn: those that are wanted and run, and no others."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from services.containers.addresses import LocalEngine
from services.containers.engine.engine import Engine, open_engine
from services.containers.model import ContainerUsage
from services.errors import RelevoError
from tests.services.containers.engine.relay import Relay
from tests.waiting import eventually

Run = Callable[..., str]
BUSY = "while true; do :; done"


class Told:
    """What the sampler told; `wait` waits for what comes from now on."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.usages: dict[str, ContainerUsage] = {}
        self.ends: list[RelevoError | None] = []

    def receive(self, identifier: str, usage: ContainerUsage) -> None:
        with self._changed:
            self.usages[identifier] = usage
            self._changed.notify_all()

    def ended(self, error: RelevoError | None) -> None:
        with self._changed:
            self.ends.append(error)
            self._changed.notify_all()

    def wait(self, reached: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(reached, timeout=60), self.usages


@pytest.fixture
def told() -> Told:
    return Told()


def _wait_until_asked(sampler: Any, identifier: str) -> None:
    eventually(lambda: identifier in sampler._asked)


def test_each_that_runs_is_told_and_busy_ones_stand_out(engine: Engine, run: Run, told: Told) -> None:
    busy, idle, over = run(BUSY), run(), run("true")
    sampler = engine.sample_usage(told.receive, told.ended)
    sampler.set_containers((busy, idle, over))
    told.wait(lambda: {busy, idle} <= told.usages.keys() and told.usages[busy].processor > 10)
    sampler.close()
    assert over not in told.usages
    assert told.usages[idle].processor < 10
    assert told.usages[idle].memory_limit > told.usages[idle].memory > 0
    assert told.ends == []


def test_only_what_is_wanted_is_asked_for(engine: Engine, run: Run, told: Told) -> None:
    first, second = run(), run()
    sampler = engine.sample_usage(told.receive, told.ended)
    sampler.set_containers((first,))
    told.wait(lambda: first in told.usages)
    assert second not in told.usages
    sampler.set_containers((second,))
    told.wait(lambda: second in told.usages)
    told.usages.clear()
    told.wait(lambda: second in told.usages)
    sampler.close()
    assert first not in told.usages


def test_one_that_is_removed_meanwhile_does_not_end_the_rounds(
    engine: Engine, run: Run, told: Told
) -> None:
    gone, there = run(), run()
    sampler = engine.sample_usage(told.receive, told.ended)
    sampler.set_containers((gone, there))
    told.wait(lambda: gone in told.usages)
    engine.remove(gone, force=True)
    for _ in range(2):
        told.usages.clear()
        told.wait(lambda: there in told.usages)
    sampler.close()
    assert told.ends == []


def test_ones_that_are_removed_while_they_are_measured_do_not_end_the_rounds(
    engine: Engine, run: Run, told: Told
) -> None:
    there, *gone = (run() for _ in range(4))
    sampler = engine.sample_usage(told.receive, told.ended)
    sampler.set_containers((there, *gone))
    for identifier in gone:
        _wait_until_asked(sampler, identifier)
        engine.remove(identifier, force=True)
    told.wait(lambda: there in told.usages or bool(told.ends))
    told.usages.clear()
    told.wait(lambda: there in told.usages or bool(told.ends))
    sampler.close()
    assert told.ends == []


def test_an_engine_that_is_lost_is_told_once(relay: Relay, run: Run, told: Told) -> None:
    identifier = run()
    with open_engine(LocalEngine(str(relay._path))) as opened:
        sampler = opened.sample_usage(told.receive, told.ended)
        sampler.set_containers((identifier,))
        told.wait(lambda: identifier in told.usages)
        relay.cut()
        told.wait(lambda: bool(told.ends))
        sampler.close()
    assert len(told.ends) == 1
    assert isinstance(told.ends[0], RelevoError)


def test_rounds_end_with_the_engine_also_while_nothing_is_wanted(engine: Engine, told: Told) -> None:
    with open_engine(engine.address) as opened:
        sampler = opened.sample_usage(told.receive, told.ended)
        sampler.set_containers(())
    told.wait(lambda: told.ends == [None])
    sampler.close()

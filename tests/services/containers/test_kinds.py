"""What every kind of runtime promises, each shown on real processes, containers and tasks."""

import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from msgspec import Struct

from services.containers.engine.engine import Engine
from services.containers.interface import (
    Capability,
    Instance,
    Runtime,
    RuntimeKind,
    RuntimeSettings,
    ServiceSpec,
    ServiceState,
)
from services.containers.kinds import KINDS, orchestrator_on, runtime_on
from services.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(180)]
SECONDS = 60.0
_ANNOUNCE = """
import os, sys
print("ready", os.environ["COLOUR"], os.environ["PLANT"], file=sys.stderr, flush=True)
print('{"address": "http://127.0.0.1:1"}', flush=True)
sys.stdin.read()
"""
_END = "import sys; print('no room on the moon', file=sys.stderr); sys.exit(3)"
_SLEEP = "echo ready $COLOUR $PLANT; trap 'exit 0' TERM; sleep 1000 & wait"


class Commands(Struct, frozen=True):
    """The command of a service that goes on, and of one that ends at once."""

    serving: tuple[str, ...]
    ending: tuple[str, ...]


COMMANDS: Mapping[str, Commands] = {
    "local": Commands((_ANNOUNCE,), (_END,)),
    "docker": Commands(("sh", "-c", _SLEEP), ("sh", "-c", "echo no room on the moon; exit 3")),
    "swarm": Commands(("sh", "-c", _SLEEP), ("sh", "-c", "echo no room on the moon; exit 3")),
}
"""By kind; a new kind adds its own and passes all that follows."""


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


class Subject:
    """A runtime of one kind, and services that can run on it."""

    def __init__(self, kind: str, runtime: Runtime, image: str) -> None:
        self.runtime, self._commands, self._image = runtime, COMMANDS[kind], image

    def spec(self, name: str = "one", colour: str = "green", *, ends: bool = False) -> ServiceSpec:
        command = self._commands.ending if ends else self._commands.serving
        return ServiceSpec(name, command, {"COLOUR": colour}, image=self._image)

    def launched(self, name: str = "one") -> str:
        """Launch a service and wait; its address."""
        self.runtime.launch(self.spec(name))
        return self.runtime.wait_for_address(name, SECONDS)

    def can(self, capability: Capability) -> bool:
        return capability in self.runtime.capabilities

    @property
    def only(self) -> Instance:
        (instance,) = self.runtime.instances()
        return instance


@pytest.fixture(params=[kind.name for kind in KINDS])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    kind = next(kind for kind in KINDS if kind.name == request.param)
    settings = RuntimeSettings(
        f"relevo-test-{secrets.token_hex(4)}",
        {"PLANT": "north"},
        logs=tmp_path,
        program=lambda code: [sys.executable, "-c", code],
    )
    if kind.name == "local":
        runtime = kind.open(settings)
        yield Subject(kind.name, runtime, "")
        runtime.close()
        return
    engine: Engine = request.getfixturevalue("swarm_engine" if kind.name == "swarm" else "engine")
    if kind.name == "docker":
        engine.ensure_network(settings.platform, {})
    runtime = kind.open(
        RuntimeSettings(settings.platform, settings.environment, host=engine, logs=tmp_path)
    )
    yield Subject(kind.name, runtime, request.getfixturevalue("checked_image"))
    for instance in runtime.instances():
        runtime.stop(instance.name)
    runtime.close()
    eventually(lambda: not [each for each in engine.containers() if each.platform == settings.platform])
    eventually(lambda: engine.remove_network(settings.platform) is None, not_yet=Conflict)


def test_every_kind_has_its_commands_here_and_a_name_of_its_own() -> None:
    assert set(COMMANDS) == {kind.name for kind in KINDS}
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_a_service_that_was_launched_runs_under_an_address(subject: Subject) -> None:
    address = subject.launched()
    assert address.startswith("http://")
    instance = subject.only
    assert (instance.name, instance.state, instance.address) == ("one", ServiceState.RUNNING, address)
    assert (instance.replicas, instance.running) == (1, 1)


def test_a_name_can_be_launched_once_and_again_after_it_was_stopped(subject: Subject) -> None:
    subject.launched()
    with pytest.raises(Conflict):
        subject.runtime.launch(subject.spec())
    subject.runtime.stop("one")
    eventually(lambda: subject.runtime.instances() == [])
    subject.launched()
    assert subject.only.state is ServiceState.RUNNING


def test_services_are_told_by_name(subject: Subject) -> None:
    for name in ("two", "one"):
        subject.launched(name)
    assert [instance.name for instance in subject.runtime.instances()] == ["one", "two"]


def test_the_variables_of_service_and_runtime_reach_it_and_its_log_is_read(subject: Subject) -> None:
    subject.launched()
    eventually(lambda: "ready green north" in subject.runtime.logs("one", 5))


def test_one_that_ends_again_and_again_is_given_up_with_its_last_words(subject: Subject) -> None:
    subject.runtime.launch(subject.spec(ends=True))
    with pytest.raises(Unavailable) as told:
        subject.runtime.wait_for_address("one", SECONDS)
    assert "no room on the moon" in told.value.details
    assert subject.only.state in {ServiceState.RESTARTING, ServiceState.FAILED, ServiceState.STARTING}


def test_a_restarted_service_starts_anew_and_runs_again(subject: Subject) -> None:
    subject.launched()
    eventually(lambda: subject.runtime.logs("one", 20).count("ready") == 1)
    subject.runtime.restart("one")
    eventually(lambda: subject.runtime.logs("one", 20).count("ready") == 2)
    eventually(lambda: subject.only.state is ServiceState.RUNNING)
    assert subject.runtime.wait_for_address("one", SECONDS).startswith("http://")


def test_a_service_is_replaced_or_that_is_refused(subject: Subject) -> None:
    subject.launched()
    if not subject.can(Capability.REPLACE):
        with pytest.raises(Refused):
            subject.runtime.replace(subject.spec(colour="blue"), SECONDS, silent)
        assert subject.only.state is ServiceState.RUNNING
        return
    subject.runtime.replace(subject.spec(colour="blue"), SECONDS, silent)
    eventually(lambda: "ready blue north" in subject.runtime.logs("one", 20))
    assert subject.only.state is ServiceState.RUNNING
    with pytest.raises(NotFound):
        subject.runtime.replace(subject.spec("nobody"), SECONDS, silent)


def test_a_replacement_that_does_not_run_leaves_the_one_before(subject: Subject) -> None:
    subject.launched()
    if not subject.can(Capability.REPLACE):
        pytest.skip("this kind replaces nothing")
    with pytest.raises(Unavailable):
        subject.runtime.replace(subject.spec(ends=True), SECONDS, silent)
    eventually(lambda: subject.only.state is ServiceState.RUNNING)


def test_a_service_is_scaled_or_that_is_refused(subject: Subject) -> None:
    subject.launched()
    if not subject.can(Capability.SCALE):
        with pytest.raises(Refused):
            subject.runtime.scale("one", 2)
        assert subject.only.running == 1
        return
    subject.runtime.scale("one", 2)
    eventually(lambda: subject.only.running == 2)
    subject.runtime.scale("one", 0)
    eventually(lambda: subject.only.running == 0)
    assert subject.only.state is ServiceState.STOPPED
    with pytest.raises(InvalidInput):
        subject.runtime.scale("one", -1)
    with pytest.raises(NotFound):
        subject.runtime.scale("nobody", 2)


def test_a_name_that_is_unknown_is_not_found_and_stopping_it_does_nothing(subject: Subject) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: subject.runtime.restart("nobody"),
        lambda: subject.runtime.logs("nobody", 5),
        lambda: subject.runtime.wait_for_address("nobody", 1),
    )
    for call in calls:
        with pytest.raises(NotFound):
            call()
    subject.runtime.stop("nobody")
    assert subject.runtime.instances() == []


def test_closing_a_runtime_ends_what_it_holds_itself_and_leaves_what_a_host_holds(
    subject: Subject, request: pytest.FixtureRequest
) -> None:
    subject.launched()
    subject.runtime.close()
    kind = request.node.callspec.params["subject"]
    assert len(subject.runtime.instances()) == (0 if kind == "local" else 1)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_says_what_its_settings_lack(kind: RuntimeKind) -> None:
    with pytest.raises(InvalidInput):
        kind.open(RuntimeSettings("north"))


def test_a_platform_is_of_the_kind_that_its_network_tells(
    swarm_engine: Engine, unique_name: Callable[[str], str]
) -> None:
    alone, spanning = unique_name("alone"), unique_name("spanning")
    swarm_engine.ensure_network(alone, {})
    orchestrator = orchestrator_on(swarm_engine)
    assert orchestrator is not None
    orchestrator.ensure_network(spanning, {})
    try:
        assert Capability.SCALE not in runtime_on(swarm_engine, alone).capabilities
        assert Capability.SCALE in runtime_on(swarm_engine, spanning).capabilities
    finally:
        for name in (alone, spanning):
            swarm_engine.remove_network(name)

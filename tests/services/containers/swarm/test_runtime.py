"""Services on a real Swarm of one machine: replicas, rolling updates, the way back, secrets."""

import base64
import secrets
from collections.abc import Iterator

import pytest

from services.containers.engine.engine import Engine
from services.containers.interface import Capability, ServiceSpec, ServiceState
from services.containers.model import Credentials, SwarmState
from services.containers.swarm.runtime import SwarmRuntime
from services.errors import Conflict, InvalidInput, NotFound, Unavailable
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(180)]
SLEEP = ("sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait")


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def runtime(swarm_engine: Engine) -> Iterator[SwarmRuntime]:
    platform = f"relevo-test-{secrets.token_hex(4)}"
    runtime = SwarmRuntime(swarm_engine, platform, {"PLANT": "north"})
    yield runtime
    for instance in runtime.instances():
        runtime.stop(instance.name)
    eventually(lambda: not [c for c in swarm_engine.containers() if c.platform == platform])
    assert runtime.cluster.secrets({"relevo.platform": platform}) == []
    eventually(lambda: _network_gone(swarm_engine, platform))


def _network_gone(engine: Engine, name: str) -> bool:
    try:
        engine.remove_network(name)
    except Conflict:
        return False
    return True


def test_a_service_runs_as_many_replicas_as_asked(runtime: SwarmRuntime, small_image: str) -> None:
    runtime.launch(ServiceSpec("sleeper", SLEEP, image=small_image, replicas=2, listens=False))
    address = runtime.wait_for_address("sleeper", 60)
    instance = runtime.instances()[0]
    assert (instance.state, instance.running, instance.replicas) == (ServiceState.RUNNING, 2, 2)
    assert address.endswith("-sleeper:8000")
    assert runtime.capabilities == {Capability.REPLACE, Capability.SCALE, Capability.PLACE}
    runtime.scale("sleeper", 3)
    eventually(lambda: runtime.instances()[0].running == 3)
    with pytest.raises(InvalidInput):
        runtime.scale("sleeper", -1)
    with pytest.raises(Conflict):
        runtime.launch(ServiceSpec("sleeper", SLEEP, image=small_image))


def test_a_task_that_dies_is_replaced(
    runtime: SwarmRuntime, small_image: str, swarm_engine: Engine
) -> None:
    runtime.launch(ServiceSpec("sleeper", SLEEP, image=small_image))
    runtime.wait_for_address("sleeper", 60)
    first = next(task for task in runtime.cluster.tasks(_name(runtime)) if task.state == "running")
    swarm_engine.kill(first.container)
    eventually(
        lambda: any(
            task.state == "running" and task.identifier != first.identifier
            for task in runtime.cluster.tasks(_name(runtime))
        )
    )
    assert runtime.instances()[0].restarts == 1


def _name(runtime: SwarmRuntime) -> str:
    return f"{runtime.platform}-sleeper"


def test_an_update_that_works_replaces_every_task(runtime: SwarmRuntime, small_image: str) -> None:
    runtime.launch(ServiceSpec("sleeper", SLEEP, image=small_image, replicas=2))
    runtime.wait_for_address("sleeper", 60)
    told: list[str] = []
    changed = ServiceSpec("sleeper", (*SLEEP, "changed"), image=small_image, replicas=2)
    runtime.replace(changed, 90, lambda _fraction, text: told.append(text))
    assert runtime.cluster.service(_name(runtime)).update == "completed"
    assert told[-1] == "2 of 2 replicas are new"


def test_an_update_that_fails_is_rolled_back_and_seen_to_be(
    runtime: SwarmRuntime, small_image: str
) -> None:
    runtime.launch(ServiceSpec("sleeper", SLEEP, image=small_image, replicas=2))
    runtime.wait_for_address("sleeper", 60)
    with pytest.raises(Unavailable, match="went back: 2 of 2 replicas of the one before run"):
        runtime.replace(ServiceSpec("sleeper", ("false",), image=small_image, replicas=2), 90, silent)
    assert runtime.instances()[0].running == 2


def test_a_secret_is_a_file_inside_and_shown_nowhere(
    runtime: SwarmRuntime, small_image: str, swarm_engine: Engine
) -> None:
    variables = {"RELEVO_TOKEN": "never-to-be-seen", "COLOUR": "green"}
    runtime.launch(ServiceSpec("sleeper", SLEEP, variables, image=small_image))
    runtime.wait_for_address("sleeper", 60)
    container = next(
        task for task in runtime.cluster.tasks(_name(runtime)) if task.state == "running"
    ).container
    _, seen = swarm_engine.execute(container, ("sh", "-c", "cat $RELEVO_TOKEN_FILE; echo; env"))
    assert seen.splitlines()[0] == "never-to-be-seen"
    assert {"COLOUR=green", "PLANT=north"} <= set(seen.splitlines()[1:])
    assert "never-to-be-seen" not in str(swarm_engine.environment(container))


def test_a_placement_that_no_machine_fulfils_says_so(runtime: SwarmRuntime, small_image: str) -> None:
    runtime.launch(
        ServiceSpec("sleeper", SLEEP, image=small_image, placement=("node.labels.room==nowhere",))
    )
    with pytest.raises(Unavailable, match="0 of 1 replicas") as told:
        runtime.wait_for_address("sleeper", 3)
    assert "no suitable node" in told.value.details


def test_machines_and_unknown_services_are_told(runtime: SwarmRuntime) -> None:
    node = runtime.cluster.nodes()[0]
    assert (node.role, node.availability, node.state) == ("manager", "active", "ready")
    for ask in (runtime.restart, lambda name: runtime.logs(name, 5), lambda name: runtime.scale(name, 2)):
        with pytest.raises(NotFound):
            ask("nobody")


def test_a_manager_says_that_it_is_one(swarm_engine: Engine) -> None:
    assert swarm_engine.info().swarm is SwarmState.MANAGER


def test_a_service_takes_along_who_signs_in_to_its_registry_and_shows_it_to_nobody(
    runtime: SwarmRuntime,
    swarm_engine: Engine,
    small_image: str,
    private_registry: tuple[str, str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry, user, password = private_registry
    known = {registry: Credentials(user, password)}
    image = f"{registry}/{runtime.platform}:1"
    monkeypatch.setattr(swarm_engine.connection, "credentials", known.get)
    swarm_engine.tag(small_image, image)
    swarm_engine.push(image, silent)
    swarm_engine.remove_image(image)  # so that the task has to pull it
    try:
        runtime.launch(ServiceSpec("sleeper", SLEEP, image=image))
        runtime.wait_for_address("sleeper", 60)
        with swarm_engine.connection.client() as client:
            shown = repr(client.inspect_service(_name(runtime))) + repr(client.tasks())
        assert image in shown
        assert password not in shown
        assert base64.b64encode(password.encode()).decode() not in shown
        runtime.stop("sleeper")
        eventually(lambda: not [c for c in swarm_engine.containers() if c.platform == runtime.platform])
    finally:
        monkeypatch.undo()
        if swarm_engine.image(image) is not None:
            swarm_engine.remove_image(image, force=True)

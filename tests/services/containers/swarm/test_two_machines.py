"""A Swarm of two machines: what runs on the other one is seen, told and removed as what runs here."""

import re
import secrets
from collections.abc import Iterator

import pytest

from services.containers.addresses import LocalEngine
from services.containers.engine.engine import Engine, open_engine
from services.containers.interface import Orchestrator, ServiceSpec, ServiceState
from services.containers.kinds import orchestrator_on
from services.containers.model import PLATFORM_LABEL, ContainerHealth, ContainerSpec, ContainerState
from services.containers.swarm.cluster import Cluster
from services.containers.swarm.runtime import SwarmRuntime
from services.errors import NotFound, Unavailable
from tests.machines import ADDRESSES, Machine, swarm_of_two
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(300)]
SLEEP = ("sh", "-c", "echo ready; trap 'exit 0' TERM; sleep 1000 & wait")
SECONDS = 60.0


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="module")
def machines(checked_image: str) -> Iterator[tuple[Machine, Machine]]:
    with swarm_of_two() as made:
        for machine in made:
            machine.load([checked_image])
        yield made


@pytest.fixture(scope="module")
def manager(machines: tuple[Machine, Machine]) -> Iterator[Engine]:
    with open_engine(LocalEngine(str(machines[0].socket))) as engine:
        yield engine


@pytest.fixture
def orchestrator(manager: Engine) -> Orchestrator:
    found = orchestrator_on(manager)
    assert found is not None
    return found


@pytest.fixture
def platform(manager: Engine, orchestrator: Orchestrator) -> Iterator[str]:
    name = f"relevo-test-{secrets.token_hex(4)}"
    orchestrator.ensure_network(name, {PLATFORM_LABEL: name})
    yield name
    orchestrator.remove(name, silent, models=True)
    manager.remove_network(name)


@pytest.fixture
def only_the_worker(manager: Engine) -> Iterator[None]:
    """The manager's machine takes no tasks."""
    cluster = Cluster(manager)
    here, _ = cluster.this_node()
    cluster.set_availability(here, "drain")
    yield
    cluster.set_availability(here, "active")


def spec_of(platform: str, image: str, command: tuple[str, ...] = SLEEP) -> ContainerSpec:
    return ContainerSpec(
        f"{platform}-gateway", image, command, labels={PLATFORM_LABEL: platform}, network=platform
    )


def test_replicas_on_both_machines_are_told_as_one_container(
    orchestrator: Orchestrator, platform: str, checked_image: str, manager: Engine
) -> None:
    orchestrator.place(spec_of(platform, checked_image), 2, SECONDS, silent)
    (found,) = orchestrator.replicated(platform)
    assert (found.state, found.replicas, found.running) == (ContainerState.RUNNING, 2, 2)
    assert found.nodes == ("relevo-manager", "relevo-worker")
    assert manager.container(found.identifier).image_identifier == found.image_identifier
    assert found.command == " ".join(SLEEP)


@pytest.mark.usefixtures("only_the_worker")
def test_what_runs_on_the_other_machine_only_is_told_by_the_manager(
    orchestrator: Orchestrator, platform: str, checked_image: str, manager: Engine
) -> None:
    orchestrator.place(spec_of(platform, checked_image), 2, SECONDS, silent)
    (found,) = orchestrator.replicated(platform)
    assert (found.state, found.running, found.nodes) == (ContainerState.RUNNING, 2, ("relevo-worker",) * 2)
    assert (found.identifier, found.health, found.error) == ("", ContainerHealth.NONE, "")
    assert [each for each in manager.containers() if each.platform == platform] == []
    orchestrator.remove(platform, silent, models=True)
    assert orchestrator.replicated(platform) == []


@pytest.mark.usefixtures("only_the_worker")
def test_a_change_of_what_runs_elsewhere_only_is_waited_for_too(
    orchestrator: Orchestrator, platform: str, checked_image: str
) -> None:
    orchestrator.place(spec_of(platform, checked_image), 1, SECONDS, silent)
    (before,) = orchestrator.replicated(platform)
    orchestrator.place(spec_of(platform, checked_image, (*SLEEP, "changed")), 1, SECONDS, silent)
    (after,) = orchestrator.replicated(platform)
    assert after.command.endswith("changed")
    assert before.started is not None
    assert after.started is not None
    assert after.started > before.started


@pytest.mark.usefixtures("only_the_worker")
def test_what_runs_elsewhere_only_is_restarted_and_its_log_is_read(
    orchestrator: Orchestrator, platform: str, checked_image: str
) -> None:
    spec = spec_of(platform, checked_image)
    orchestrator.place(spec, 1, SECONDS, silent)
    eventually(lambda: orchestrator.logs(spec.name, 20).count("ready") == 1)
    orchestrator.restart(spec.name, silent)
    eventually(lambda: orchestrator.logs(spec.name, 20).count("ready") == 2)
    with pytest.raises(NotFound):
        orchestrator.restart("nobody", silent)
    with pytest.raises(NotFound):
        orchestrator.logs("nobody", 5)


@pytest.mark.usefixtures("only_the_worker")
def test_one_that_does_not_run_elsewhere_says_why(
    orchestrator: Orchestrator, platform: str, checked_image: str
) -> None:
    with pytest.raises(Unavailable, match="0 of 1 replicas") as told:
        orchestrator.place(spec_of(platform, checked_image, ("sh", "-c", "exit 3")), 1, SECONDS, silent)
    assert "non-zero exit (3)" in told.value.details
    assert orchestrator.replicated(platform) == []


@pytest.mark.usefixtures("only_the_worker")
def test_a_service_that_runs_elsewhere_is_waited_for_logged_scaled_and_stopped(
    manager: Engine, platform: str, checked_image: str
) -> None:
    runtime = SwarmRuntime(manager, platform, {})
    runtime.launch(ServiceSpec("sleeper", SLEEP, image=checked_image))
    runtime.wait_for_address("sleeper", SECONDS)
    (instance,) = runtime.instances()
    assert (instance.state, instance.running) == (ServiceState.RUNNING, 1)
    assert eventually(lambda: "ready" in runtime.logs("sleeper", 5))
    runtime.scale("sleeper", 2)
    eventually(lambda: runtime.instances()[0].running == 2)
    runtime.restart("sleeper")
    eventually(lambda: runtime.logs("sleeper", 50).count("ready") >= 4)
    runtime.stop("sleeper")
    assert runtime.instances() == []


def test_containers_of_two_machines_reach_each_other_by_the_services_name(
    orchestrator: Orchestrator, platform: str, checked_image: str, manager: Engine
) -> None:
    orchestrator.place(spec_of(platform, checked_image), 2, SECONDS, silent)
    (found,) = orchestrator.replicated(platform)

    def addresses() -> set[str]:
        _, said = manager.execute(found.identifier, ("nslookup", found.name))
        return set(re.findall(r"Address: (\d+\.\d+\.\d+\.\d+)$", said, re.MULTILINE))

    eventually(lambda: len(addresses()) == 2, seen=addresses)
    for address in addresses():
        code, said = manager.execute(found.identifier, ("ping", "-c", "1", "-W", "5", address))
        assert code == 0, said


def test_a_manager_says_how_the_other_machines_reach_its_own(orchestrator: Orchestrator) -> None:
    assert orchestrator.machine_address() == ADDRESSES[0]

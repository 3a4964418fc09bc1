"""A platform on a Swarm of two real machines: what runs on the other one counts as what runs here.

Each machine is a Docker Engine in namespaces of its own, see `tests.machines`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.client import GatewayClient
from services.containers.addresses import LocalEngine
from services.containers.engine.engine import Engine, open_engine
from services.containers.kinds import runtime_on
from services.containers.model import ContainerRole
from services.containers.swarm.cluster import Cluster
from services.model_server.deploy import read_deploy
from services.platform.discovery import find_platform
from services.platform.launch_target import launch_target
from services.platform.part_operations import part_log, restart_part
from services.platform.request import PlatformRequest
from services.platform.setup import SetUpResult, set_up
from services.platform.status import platform_status
from services.platform.teardown import tear_down
from services.publish.csv_rows import Row
from services.publish.demo.example_projects import EXAMPLES
from services.publish.launching import Launcher, LaunchOptions
from services.store.addresses import CassandraAddress
from services.store.connect import open_store
from services.store.roles import StoreRole
from tests.machines import ADDRESSES, swarm_of_two
from tests.under_load import Load
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(900)]
WINE = EXAMPLES[0]
ON_THE_MANAGER = ("cassandra", "registry", "gateway", "supervisor", "balancer", "model-python")
REQUEST = PlatformRequest(
    "relevo-two",
    gateways=2,
    swarm=True,
    durability="store",
    listener_ports=(),
    # The other machine pulls the version's image from the platform's registry.
    team_host="0.0.0.0",
    plain_team_beyond_loopback=True,
    left_out=("datalake",),
)
BOTH = ("relevo-manager", "relevo-worker")
ELSEWHERE = ("relevo-worker", "relevo-worker")


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


@dataclass
class Plant:
    """The platform with wine A, asked on the manager's machine."""

    manager: Engine
    worker: Engine
    outcome: SetUpResult
    folder: Path

    @property
    def gateways(self) -> tuple[str, ...]:
        """The machines on which a gateway runs."""
        return find_platform(self.manager, REQUEST.name).parts["gateway"].nodes

    @property
    def models(self) -> tuple[str, ...]:
        """The machines on which the version runs."""
        (found,) = find_platform(self.manager, REQUEST.name).models
        return found.nodes

    def move_to_worker(self) -> None:
        """Drain the manager's machine, and wait until all that the Swarm runs is on the other one."""
        cluster = Cluster(self.manager)
        cluster.set_availability(cluster.this_node()[0], "drain")
        eventually(lambda: (self.gateways, self.models) == (ELSEWHERE, ELSEWHERE), 120)


@pytest.fixture(scope="module")
def plant(built_images: Callable[[str], str], trained: Path) -> Iterator[Plant]:
    images = {name: built_images(name) for name in ON_THE_MANAGER}
    with ExitStack() as stack:
        manager, worker = stack.enter_context(swarm_of_two())
        manager.load(list(images.values()))
        worker.load([images["gateway"]])
        stack.enter_context(manager.inside())
        here = stack.enter_context(open_engine(LocalEngine(str(manager.socket))))
        there = stack.enter_context(open_engine(LocalEngine(str(worker.socket))))
        outcome = set_up(here, REQUEST, silent)
        launcher = Launcher(here, runtime_on(here, REQUEST.name), launch_target(here, REQUEST.name))
        folder = WINE.deploy_folder(trained, "A")
        launcher.launch_folder(folder, LaunchOptions(replicas=2), silent)
        yield Plant(here, there, outcome, folder)


def test_gateways_and_a_version_run_on_both_machines(plant: Plant) -> None:
    assert plant.gateways == BOTH
    assert plant.models == BOTH
    assert platform_status(plant.manager, REQUEST.name).well


def test_all_moves_to_the_other_machine_under_load_and_nothing_is_lost(
    plant: Plant, trained: Path, example_rows: Callable[..., list[Row]]
) -> None:
    rows = example_rows(WINE, trained, "live")
    with (
        GatewayClient(REQUEST.address(), plant.outcome.token) as gateway,
        Load(gateway, read_deploy(plant.folder), rows, labels=False, patient=True) as load,
    ):
        load.goes_on()
        plant.move_to_worker()
        load.goes_on()
    address = CassandraAddress((ADDRESSES[0],), REQUEST.cassandra_port, StoreRole.READER)
    store = open_store(address, password=plant.outcome.secrets.reader)
    try:
        stored = [str(row) for row in store.newest("wine", "A", 100_000)["id"]]
    finally:
        store.close()
    assert set(load.answered) <= set(stored)


def test_a_platform_whose_gateways_all_run_elsewhere_is_up(plant: Plant) -> None:
    plant.move_to_worker()
    assert not any(
        each.role is ContainerRole.GATEWAY and each.state == "running"
        for each in plant.manager.containers()
    )
    status = platform_status(plant.manager, REQUEST.name)
    assert status.well
    assert {part.name: part.state for part in status.parts}["gateway"] == "running"
    assert launch_target(plant.manager, REQUEST.name).platform == REQUEST.name
    outcome = set_up(plant.manager, REQUEST, silent)
    assert (outcome.made, outcome.changed) == ((), ())


def test_a_gateway_that_runs_elsewhere_is_restarted_and_its_log_is_read(plant: Plant) -> None:
    plant.move_to_worker()
    before = find_platform(plant.manager, REQUEST.name).parts["gateway"].started
    restart_part(plant.manager, REQUEST.name, "gateway", silent)
    after = find_platform(plant.manager, REQUEST.name).parts["gateway"]
    assert before is not None
    assert after.started is not None
    assert after.started > before
    assert after.nodes == ELSEWHERE
    assert eventually(lambda: part_log(plant.manager, REQUEST.name, "gateway", 20))


def test_taking_it_down_leaves_nothing_on_either_machine(plant: Plant) -> None:
    plant.move_to_worker()
    tear_down(plant.manager, REQUEST.name, silent, delete_data=True, confirmation=REQUEST.name)
    for engine in (plant.manager, plant.worker):
        assert [each.name for each in engine.containers() if each.platform == REQUEST.name] == []

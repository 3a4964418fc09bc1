"""A platform on a real Swarm: gateways and a version as services, killed under load, nothing lost."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.client import GatewayClient
from services.containers.engine.engine import Engine
from services.containers.kinds import runtime_on
from services.containers.swarm.runtime import SwarmRuntime
from services.model_server.deploy import read_deploy
from services.platform.launch_target import launch_target
from services.platform.request import PlatformRequest, problems
from services.platform.setup import SetUpResult, set_up
from services.platform.teardown import tear_down
from services.publish.csv_rows import Row, read_rows
from services.publish.demo.example_projects import EXAMPLES
from services.publish.launching import Launcher, LaunchOptions
from services.store.addresses import CassandraAddress
from services.store.connect import open_store
from services.store.interface import Store
from tests.under_load import Load
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(600)]
WINE = EXAMPLES[0]


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


@dataclass
class Plant:
    """The platform with wine A in three replicas."""

    engine: Engine
    request: PlatformRequest
    outcome: SetUpResult
    gateway: GatewayClient
    runtime: SwarmRuntime
    folder: Path
    rows: list[Row]

    def store(self) -> Store:
        address = CassandraAddress(("127.0.0.1",), self.request.cassandra_port, "relevo_administrator")
        return open_store(address, password=self.outcome.secrets.administrator)

    def containers(self, part: str) -> list[str]:
        """Containers that run for a service or part now."""
        return [
            container.identifier
            for container in self.engine.containers()
            if container.platform == self.request.name
            and part in {container.labels.get("relevo.part"), container.labels.get("relevo.service")}
            and container.state == "running"
        ]


@pytest.fixture(scope="module")
def plant(
    swarm_engine: Engine,
    free_ports: Callable[[int], list[int]],
    tmp_path_factory: pytest.TempPathFactory,
    examples_in: Callable[[Path], None],
) -> Iterator[Plant]:
    folder = tmp_path_factory.mktemp("plant")
    examples_in(folder)
    gateway_port, cassandra_port = free_ports(2)
    request = PlatformRequest(
        f"relevo-test-{secrets.token_hex(4)}",
        gateway_port=gateway_port,
        cassandra_port=cassandra_port,
        listener_ports=(),
        gateways=2,
        swarm=True,
        durability="store",
        left_out=("registry", "datalake"),
    )
    tokens: list[str] = []
    try:
        outcome = set_up(swarm_engine, request, silent, issued=tokens.append)
        runtime = runtime_on(swarm_engine, request.name)
        assert isinstance(runtime, SwarmRuntime)
        launcher = Launcher(swarm_engine, runtime, launch_target(swarm_engine, request.name))
        launcher.launch_folder(WINE.deploy_folder(folder, "A"), LaunchOptions(replicas=3), silent)
        rows = read_rows(WINE.live(folder), read_deploy(WINE.deploy_folder(folder, "A")).signature)
        with GatewayClient(request.address(), tokens[0]) as gateway:
            yield Plant(swarm_engine, request, outcome, gateway, runtime, folder, rows)
    finally:
        tear_down(swarm_engine, request.name, silent, delete_data=True, confirmation=request.name)
        for image in swarm_engine.images():
            for name in image.references:
                if name.startswith(f"{request.name}/"):
                    swarm_engine.remove_image(name, force=True)


def test_gateways_and_a_version_run_as_services(plant: Plant) -> None:
    assert len(plant.containers("gateway")) == 2
    assert len(plant.containers("model-wine-a")) == 3
    instance = next(found for found in plant.runtime.instances() if found.name == "model-wine-a")
    assert (instance.replicas, instance.running) == (3, 3)


def test_setting_up_twice_changes_nothing(plant: Plant) -> None:
    before = {part: plant.containers(part) for part in ("gateway", "cassandra", "balancer")}
    outcome = set_up(plant.engine, plant.request, silent)
    assert (outcome.made, outcome.changed) == ((), ())
    assert {part: plant.containers(part) for part in before} == before


def test_a_gateway_and_a_replica_killed_under_load_lose_nothing(plant: Plant) -> None:
    deploy = read_deploy(WINE.deploy_folder(plant.folder, "A"))
    with Load(plant.gateway, deploy, plant.rows, clients=3, labels=False, patient=True) as load:
        load.goes_on(100)
        plant.engine.kill(plant.containers("model-wine-a")[0])
        load.goes_on(100)
        # With its disk: the Swarm makes a new container, and nothing of the old one's comes back.
        plant.engine.remove(plant.containers("gateway")[0], force=True)
        load.goes_on(100)
        eventually(lambda: len(plant.containers("gateway")) == 2)
    store = plant.store()
    try:
        stored = [str(row) for row in store.newest("wine", "A", 100_000)["id"]]
    finally:
        store.close()
    assert set(load.answered) <= set(stored)
    assert len(stored) == len(set(stored))


def test_a_version_is_scaled(plant: Plant) -> None:
    plant.runtime.scale("model-wine-a", 1)
    eventually(lambda: len(plant.containers("model-wine-a")) == 1)


def test_what_a_swarm_needs_is_said(plant: Plant) -> None:
    told = problems(PlatformRequest(swarm=True))
    assert "choose store" in told["durability"]

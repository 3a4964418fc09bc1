"""The host's Docker Engine restarted under load: a second engine, on which nothing else depends.

It lives in namespaces of its own for network and mounts, so the firewall rules, networks and mounts of the
machine's own engine are not touched; whoever asks its containers has to be inside.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from services.client import GatewayClient
from services.containers.addresses import LocalEngine
from services.containers.engine.engine import Engine, open_engine
from services.containers.kinds import runtime_on
from services.containers.model import ContainerHealth
from services.model_server.deploy import read_deploy
from services.platform.discovery import find_platform
from services.platform.launch_target import launch_target
from services.platform.request import PlatformRequest
from services.platform.setup import set_up
from services.publish.csv_rows import Row
from services.publish.demo.example_projects import EXAMPLES
from services.publish.launching import Launcher, LaunchOptions
from services.store.addresses import CassandraAddress
from services.store.connect import open_store
from services.store.roles import StoreRole
from tests.machines import Machine, machine
from tests.under_load import Load, eventually_despite_faults

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
WINE = EXAMPLES[0]
IMAGES = ("cassandra", "gateway", "supervisor", "model-python")
PARTS = {"cassandra", "gateway", "supervisor"}
REQUEST = PlatformRequest(left_out=("registry", "datalake"))


@pytest.fixture
def second_engine(built_images: Callable[[str], str]) -> Iterator[Machine]:
    images = [built_images(name) for name in IMAGES]
    with machine() as made:
        made.load(images)
        yield made


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


def test_a_restarted_engine_brings_all_parts_back_and_nothing_acknowledged_is_lost(
    second_engine: Machine,
    trained: Path,
    example_rows: Callable[..., list[Row]],
    cleared: Any,
    all_recorded: Any,
) -> None:
    with ExitStack() as stack:
        stack.enter_context(second_engine.inside())
        engine = stack.enter_context(open_engine(LocalEngine(str(second_engine.socket))))
        stack.enter_context(cleared(engine, REQUEST.name))
        outcome = set_up(engine, REQUEST, silent)
        launcher = Launcher(engine, runtime_on(engine, REQUEST.name), launch_target(engine, REQUEST.name))
        folder = WINE.deploy_folder(trained, "A")
        launcher.launch_folder(folder, LaunchOptions(), silent)
        before = _starts(engine)
        gateway = stack.enter_context(GatewayClient(REQUEST.address(), outcome.token))
        with Load(gateway, read_deploy(folder), example_rows(WINE, trained, "live")) as clients:
            clients.goes_on()
            second_engine.stop()
            second_engine.start()
            clients.goes_on()
        assert clients.failures  # they asked while it was away
        eventually_despite_faults(lambda: _healthy(engine) == PARTS | {"model-wine-a"})
        assert all(started != before[name] for name, started in _starts(engine).items())
        address = CassandraAddress(("127.0.0.1",), REQUEST.cassandra_port, StoreRole.READER)
        eventually_despite_faults(lambda: gateway.health().store == "reachable")
        store = open_store(address, password=outcome.secrets.reader)
        stack.callback(store.close)
        all_recorded(gateway, store, "wine", clients)


def _starts(engine: Engine) -> dict[str, object]:
    return {each.name: each.started for each in engine.containers() if each.started}


def _healthy(engine: Engine) -> set[str]:
    found = find_platform(engine, REQUEST.name)
    containers = [*found.parts.values(), *found.models]
    return {
        each.name.removeprefix(f"{REQUEST.name}-")
        for each in containers
        if each.health is ContainerHealth.HEALTHY
    }

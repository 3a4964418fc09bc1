"""A platform on a real Cassandra: published, asked, labelled, evaluated, opened from a profile."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.connection.platform import open_platform
from services.client import GatewayClient
from services.containers.interface import ServiceSpec
from services.containers.local import LocalRuntime
from services.errors import RelevoError
from services.evaluation.model import Span
from services.evaluation.reader import ProjectReader
from services.model_server.deploy import read_deploy
from services.profiles.profile import PlatformProfile
from services.profiles.secrets import Secrets
from services.publish.examples import EXAMPLES, train_examples
from services.publish.publisher import publish_training, publish_version
from services.publish.tables import Row, read_rows
from services.registry.model import Role
from services.registry.tokens import new_secret, new_token, service_token
from services.store.addresses import CassandraAddress
from services.store.connect import open_store

pytestmark = [pytest.mark.slow, pytest.mark.cassandra, pytest.mark.timeout(300)]
WINE = EXAMPLES[0]


@dataclass
class Running:
    """A platform's parts as a test needs them."""

    address: CassandraAddress
    gateway: GatewayClient
    admin_token: str
    rows: list[Row]


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def address(
    fresh_keyspaces: Callable[[], AbstractContextManager[CassandraAddress]],
) -> Iterator[CassandraAddress]:
    with fresh_keyspaces() as made:
        yield made


@pytest.fixture(scope="module")
def running(address: CassandraAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("platform")
    train_examples(folder, lambda _done, _text: None)
    secret = new_secret()
    admin_token, row = new_token(Role.ADMIN, label="test")
    store = open_store(address)
    store.add_token(row)
    store.close()
    runtime = LocalRuntime(folder / "logs", {"RELEVO_SECRET": secret})
    try:
        started = _start(runtime, folder, address, secret, admin_token)
        yield started
        started.gateway.close()
    finally:
        runtime.close()


def _start(
    runtime: LocalRuntime, folder: Path, address: CassandraAddress, secret: str, admin_token: str
) -> Running:
    options = (
        "--store", f"cassandra:{address.contact_points[0]}:{address.port}",
        "--cassandra-prefix", address.keyspace_prefix,
    )  # fmt: skip
    runtime.launch(
        ServiceSpec("gateway", ("gateway", *options, "--spool", str(folder / "spool"), "--held"))
    )
    runtime.launch(ServiceSpec("supervisor", ("supervisor", *options, "--held"), listens=False))
    gateway = GatewayClient(runtime.wait_for_address("gateway", 60), admin_token)
    _wait(lambda: gateway.health().store == "reachable")
    deploy = WINE.deploy_folder(folder, "A")
    signature = read_deploy(deploy).signature
    publish_version(deploy, gateway)
    publish_training(gateway, "wine", signature, read_rows(WINE.historical(folder), signature))
    command = ("serve", str(deploy), "--gateway", gateway.address, "--held")
    token = service_token(secret, "wine", "A")
    runtime.launch(ServiceSpec("model-wine-a", command, {"RELEVO_TOKEN": token}))
    runtime.wait_for_address("model-wine-a", 60)
    return Running(address, gateway, admin_token, read_rows(WINE.live(folder), signature))


def _answers(gateway: GatewayClient, instances: list[Row]) -> list[str]:
    try:
        return [answer.id for answer in gateway.predict("wine", instances)]
    except RelevoError:
        return []


def test_what_is_asked_and_labelled_is_evaluated_from_cassandra(running: Running) -> None:
    rows = running.rows[:100]
    instances = [{name: value for name, value in row.items() if name != "quality"} for row in rows]
    ids: list[str] = []
    _wait(lambda: bool(ids.extend(_answers(running.gateway, instances)) or ids))
    labels = [(identifier, float(row["quality"] or 0)) for identifier, row in zip(ids, rows, strict=True)]
    counts = running.gateway.label("wine", labels)
    assert (counts.accepted, counts.not_yet_matched) == (100, 0)
    store = open_store(running.address)
    reader = ProjectReader(store, "wine")
    _wait(lambda: reader.refresh(Span.ALL).live["A"].labelled == 100)
    metrics = reader.refresh(Span.ALL).live["A"].metrics
    assert metrics is not None
    assert metrics.rows == 100
    store.close()


def test_the_window_opens_the_platform_from_its_profile(running: Running) -> None:
    kept = Secrets()
    kept.put("plant", "gateway-token", running.admin_token)
    profile = PlatformProfile("plant", running.address, running.gateway.address)
    platform = open_platform(profile, kept, lambda _done, _text: None)
    try:
        health = platform.health()
        assert (health.store, health.gateway) == (None, None)
        assert platform.store_name == "Cassandra"
        assert platform.gateway.project("wine").champion == "A"
    finally:
        platform.close()
        kept.forget("plant", "gateway-token")

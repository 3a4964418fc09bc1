"""A platform on a real Cassandra: published, asked, labelled, evaluated, opened from a profile."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from app.connection.platform import open_platform
from services.client import GatewayClient
from services.containers.interface import ServiceSpec
from services.containers.local.runtime import LocalRuntime
from services.errors import RelevoError
from services.evaluation.model import Span
from services.evaluation.reader.reader import ProjectReader
from services.gateway.messages import ChampionRequest
from services.model_server.deploy import read_deploy
from services.profiles.profile import PlatformProfile
from services.profiles.secrets import Secrets
from services.publish.csv_rows import Row, read_rows
from services.publish.demo.example_projects import EXAMPLES
from services.publish.publisher import publish_training, publish_version
from services.registry.model import Listener, Mode, TokenRole
from services.registry.tokens import new_secret, new_token, service_token
from services.store.addresses import CassandraAddress
from services.store.connect import open_store
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.cassandra, pytest.mark.timeout(300)]
WINE = EXAMPLES[0]


@dataclass
class Running:
    """A platform's parts as a test needs them."""

    address: CassandraAddress
    gateway: GatewayClient
    admin_token: str
    rows: list[Row]


@pytest.fixture(scope="module")
def address(
    fresh_keyspaces: Callable[[], AbstractContextManager[CassandraAddress]],
) -> Iterator[CassandraAddress]:
    with fresh_keyspaces() as made:
        yield made


@pytest.fixture(scope="module")
def running(
    address: CassandraAddress, tmp_path_factory: pytest.TempPathFactory, examples_in: Callable[[Path], None]
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("platform")
    examples_in(folder)
    secret = new_secret()
    admin_token, row = new_token(TokenRole.ADMIN, label="test")
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
    eventually(lambda: gateway.health().store == "reachable")
    signature = read_deploy(WINE.deploy_folder(folder, "A")).signature
    for version in ("A", "B"):
        deploy = WINE.deploy_folder(folder, version)
        publish_version(deploy, gateway)
        command = ("serve", str(deploy), "--gateway", gateway.address, "--held")
        token = service_token(secret, "wine", version)
        runtime.launch(ServiceSpec(f"model-wine-{version.lower()}", command, {"RELEVO_TOKEN": token}))
        runtime.wait_for_address(f"model-wine-{version.lower()}", 60)
    publish_training(gateway, "wine", signature, read_rows(WINE.historical(folder), signature))
    return Running(address, gateway, admin_token, read_rows(WINE.live(folder), signature))


def _instances(running: Running, count: int) -> list[Row]:
    return [
        {name: value for name, value in row.items() if name != "quality"} for row in running.rows[:count]
    ]


def _answers(gateway: GatewayClient, instances: list[Row]) -> list[str]:
    try:
        return [answer.id for answer in gateway.predict("wine", instances)]
    except RelevoError:
        return []


def test_what_is_asked_and_labelled_is_evaluated_from_cassandra(running: Running) -> None:
    rows = running.rows[:100]
    instances = _instances(running, 100)
    ids = eventually(lambda: _answers(running.gateway, instances))
    labels = [(identifier, float(row["quality"] or 0)) for identifier, row in zip(ids, rows, strict=True)]
    counts = running.gateway.label("wine", labels)
    assert (counts.accepted, counts.not_yet_matched) == (100, 0)
    store = open_store(running.address)
    reader = ProjectReader(store, "wine")
    eventually(lambda: reader.refresh(Span.ALL).live["A"].labelled == 100)
    metrics = reader.refresh(Span.ALL).live["A"].metrics
    assert metrics is not None
    assert metrics.rows == 100
    store.close()


class Application:
    """A classic application in a process of its own, asked row by row."""

    def __init__(self, address: CassandraAddress) -> None:
        script = Path(__file__).parent / "clients" / "classic_application.py"
        server = (*address.contact_points, str(address.port), address.keyspace_prefix)
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(script), *server],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def ask(self, row: Row) -> tuple[str, str, float]:
        """Version, its url, and the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(row) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        return told["version"], told["url"], told["answer"]

    def recorded(self) -> dict[str, list[tuple[float, float, str]]]:
        """Alcohol, prediction and mode of each row of each version; ends the application."""
        output, _ = self._process.communicate(timeout=60)
        return {
            version: [tuple(row) for row in json.loads(line)]
            for version, line in zip("AB", output.splitlines(), strict=True)
        }


@pytest.mark.parametrize("versions", ["AB", ("",)], ids=["a port a version", "a port for the project"])
def test_an_application_that_looks_the_champion_up_goes_on_unchanged(
    running: Running, free_ports: Callable[[int], list[int]], versions: str | tuple[str]
) -> None:
    gateway, ports = running.gateway, dict(zip(versions, free_ports(len(versions)), strict=True))
    for version, port in ports.items():
        gateway.put_listener(Listener(port, "wine", version, ("127.0.0.0/8",)))
    eventually(lambda: {state.state for state in gateway.listeners()} == {"listening"})
    asked: dict[str, list[tuple[float, float, str]]] = {"A": [], "B": []}
    with Application(running.address) as application:
        for place, row in enumerate(_instances(running, 20)):
            if place in {7, 14}:
                _flip(gateway)
            alcohol = place + 1000.0 * len(versions)  # no other row of any test has it
            version, url, answer = application.ask({**row, "alcohol": alcohol})
            assert (version, type(answer)) == (gateway.project("wine").champion, float)
            assert url == "http://127.0.0.1:" + (
                str(ports[version]) if version in ports else f"{ports['']}/versions/{version}"
            )
            asked[version].append((alcohol, answer, "champion"))
        assert min(map(len, asked.values())) > 5
        eventually(lambda: gateway.health().spool.rows == 0)
        recorded = application.recorded()
    for version, answers in asked.items():
        first, last = 1000.0 * len(versions), 1000.0 * len(versions) + 20
        assert sorted(answers) == sorted(
            row for row in recorded[version] if first <= row[0] < last and row[2] == "champion"
        )
    for port in ports.values():
        gateway.remove_listener(port)


def _flip(gateway: GatewayClient) -> None:
    """Make the challenger the champion."""
    project = gateway.project("wine")
    other = "B" if project.champion == "A" else "A"
    gateway.change_champion(
        "wine", ChampionRequest(other, project.champion, project.generation, "to see it", "test")
    )
    eventually(lambda: gateway.desired("wine", other).mode is Mode.CHAMPION)


def test_the_window_opens_the_platform_from_its_profile(running: Running) -> None:
    kept = Secrets()
    kept.put("plant", "gateway-token", running.admin_token)
    profile = PlatformProfile("plant", running.address, running.gateway.address)
    platform = open_platform(profile, kept, lambda _done, _text: None)
    try:
        assert platform.store_error() is None
        assert not isinstance(platform.gateway_health(), RelevoError)
        assert platform.store_name == "Cassandra"
        assert platform.gateway.project("wine").champion == "A"
    finally:
        platform.close()
        kept.forget("plant", "gateway-token")

"""Versions in containers on a real Docker Engine: launched, replaced under load, and brought back."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from services.client import GatewayClient
from services.containers.docker_runtime import DockerRuntime
from services.containers.engine.engine import Engine
from services.containers.interface import State
from services.containers.model import PLATFORM_LABEL, ContainerSpec, Port
from services.errors import Cancelled, Conflict, InvalidInput, NotFound, RelevoError, Unavailable
from services.images.catalogue import reference
from services.images.orders import build_images
from services.model_server.deploy import read_deploy
from services.publish.examples import EXAMPLES, train_examples
from services.publish.launching import Launcher, LaunchOptions, Production
from services.publish.publisher import publish_training, publish_training_predictions
from services.publish.tables import Row, read_rows
from services.registry.tokens import new_secret

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(300)]
WINE = EXAMPLES[0]


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


@dataclass
class Plant:
    """A gateway in a container, with its store in it, and what is needed to run versions beside it."""

    engine: Engine
    runtime: DockerRuntime
    launcher: Launcher
    gateway: GatewayClient
    folder: Path
    rows: list[Row]

    def deploy(self, version: str) -> Path:
        return WINE.deploy_folder(self.folder, version)


@pytest.fixture(scope="module")
def platform(engine: Engine) -> Iterator[str]:
    """A platform's name; what carries it on the engine is gone afterwards."""
    name = f"relevo-test-{secrets.token_hex(4)}"
    engine.ensure_network(name, {PLATFORM_LABEL: name})
    yield name
    for left in engine.containers():
        if left.platform == name:
            engine.remove(left.identifier, force=True, volumes=True)
    engine.remove_network(name)
    for image in engine.images():
        for reference_ in image.references:
            if reference_.startswith(f"{name}/"):
                engine.remove_image(reference_)


@pytest.fixture(scope="module")
def plant(engine: Engine, platform: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    folder = tmp_path_factory.mktemp("plant")
    train_examples(folder, lambda _done, _text: None)
    build_images(engine, ["gateway", "model-python"], silent, lambda _text: None)
    secret, inner = new_secret(), f"http://{platform}-gateway:8000"
    container = engine.run(
        ContainerSpec(
            f"{platform}-gateway",
            reference("gateway"),
            command=(*_GATEWAY, "--public-address", inner),
            environment={"RELEVO_SECRET": secret},
            labels={PLATFORM_LABEL: platform},
            ports=(Port(8000, 0, "127.0.0.1"),),
            network=platform,
        )
    )
    engine.wait_healthy(container, 60)
    code, output = engine.execute(container, ("python", "-c", _MAKE_TOKEN))
    assert code == 0, output
    port = engine.container(container).ports[0].host_port
    gateway = GatewayClient(f"http://127.0.0.1:{port}", output.strip().splitlines()[-1])
    runtime = DockerRuntime(engine, platform, platform, {})
    production = Production(platform, platform, inner, secret, reference("model-python"))
    rows = read_rows(WINE.live(folder), read_deploy(WINE.deploy_folder(folder, "A")).signature)
    yield Plant(engine, runtime, Launcher(engine, runtime, production), gateway, folder, rows)
    gateway.close()


_GATEWAY = (
    "gateway", "--store", "sqlite:/var/lib/relevo/store", "--spool", "/var/lib/relevo/spool",
    "--host", "0.0.0.0", "--port", "8000", "--plain-http-beyond-loopback",
)  # fmt: skip
_MAKE_TOKEN = """
from services.registry.model import Role
from services.registry.tokens import new_token
from services.store.addresses import SqliteAddress
from services.store.connect import open_store
token, row = new_token(Role.ADMIN, label="test")
store = open_store(SqliteAddress("/var/lib/relevo/store"))
store.add_token(row)
store.close()
print(token)
"""


@dataclass
class Load:
    """Clients that ask all the while; every failure is kept."""

    plant: Plant
    answered: int = 0
    revisions: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, name=f"load-{n}") for n in range(3)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        row = {name: value for name, value in self.plant.rows[0].items() if name != "quality"}
        while not self._stop.is_set():
            try:
                self.revisions.add(self.plant.gateway.predict("wine", [row])[0].revision)
                self.answered += 1
            except RelevoError as error:
                self.failures.append(error.message)
            time.sleep(0.01)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.1)


def serving(plant: Plant) -> str:
    """The identifier of the container that serves wine A."""
    found = [
        container.identifier
        for container in plant.engine.containers()
        if container.labels.get("relevo.service") == "model-wine-a"
        and container.platform == plant.launcher.production.platform
    ]
    assert len(found) == 1
    return found[0]


def test_a_deploy_folder_becomes_a_version_that_answers_and_is_measured(plant: Plant) -> None:
    said: list[str] = []
    printed: list[str] = []
    instance = plant.launcher.launch_folder(
        plant.deploy("A"), LaunchOptions(), lambda _fraction, text: said.append(text), printed.append
    )
    assert (instance.state, instance.project, instance.version) == (State.RUNNING, "wine", "A")
    assert any("COPY deploy" in line for line in printed)
    assert said[-1] == "wine A answers"
    signature = read_deploy(plant.deploy("A")).signature
    training = read_rows(WINE.historical(plant.folder), signature)
    assert publish_training(plant.gateway, "wine", signature, training) == len(training)
    measured = publish_training_predictions(plant.gateway, "wine", "A", signature=signature, rows=training)
    assert measured == len(training)
    assert plant.gateway.project("wine").champion == "A"


def test_replacing_under_load_fails_no_request(plant: Plant) -> None:
    before = serving(plant)
    with Load(plant) as load:
        wait_until(lambda: load.answered > 20)
        plant.launcher.launch_folder(plant.deploy("A"), LaunchOptions(), silent)
        answered = load.answered
        wait_until(lambda: load.answered > answered + 20)
    assert load.failures == []
    assert serving(plant) != before


def test_a_port_of_its_own_is_published_and_kept_through_a_replacement(plant: Plant) -> None:
    options = LaunchOptions(ports=(Port(8000, 19_473, "127.0.0.1"),))
    with Load(plant) as load:
        for _ in range(2):
            plant.launcher.launch_folder(plant.deploy("A"), options, silent)
            ports = plant.engine.container(serving(plant)).ports
            assert [port.host_port for port in ports] == [19_473]
    assert load.failures == []


def test_a_port_that_is_taken_is_told_with_its_holder(plant: Plant) -> None:
    options = LaunchOptions(ports=(Port(8000, 19_473, "127.0.0.1"),))
    with pytest.raises(Conflict, match=r"19473 is taken by the container .*-model-wine-a"):
        plant.launcher.launch_folder(plant.deploy("B"), options, silent)
    assert "model-wine-b" not in {instance.name for instance in plant.runtime.instances()}


def test_a_new_version_that_never_answers_leaves_the_old_one_serving(plant: Plant, tmp_path: Path) -> None:
    before = serving(plant)
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in plant.deploy("A").iterdir():
        if file.is_file():
            (broken / file.name).write_bytes(file.read_bytes())
    (broken / "Dockerfile").write_text(
        f'FROM {reference("model-python")}\nCOPY deploy /deploy\nCMD ["serve", "/nowhere"]\n'
    )
    with pytest.raises(Unavailable, match="the one before serves on") as told:
        plant.launcher.launch_folder(broken, LaunchOptions(), silent)
    assert "there is no deploy folder /nowhere" in told.value.details
    assert serving(plant) == before
    wait_until(lambda: bool(plant.gateway.predict("wine", [inputs(plant)])))


def inputs(plant: Plant) -> Row:
    return {name: value for name, value in plant.rows[0].items() if name != "quality"}


def test_a_cancelled_launch_leaves_neither_container_nor_image(plant: Plant) -> None:
    images = {image.identifier for image in plant.engine.images()}
    containers = {container.identifier for container in plant.engine.containers()}

    def cancel(_fraction: float | None, text: str) -> None:
        if "healthy" in text:
            raise Cancelled

    with pytest.raises(Cancelled):
        plant.launcher.launch_folder(plant.deploy("B"), LaunchOptions(), cancel)
    assert {image.identifier for image in plant.engine.images()} <= images
    assert {container.identifier for container in plant.engine.containers()} <= containers


def test_a_folder_without_what_it_needs_says_what(plant: Plant, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"has no model\.json"):
        plant.launcher.launch_folder(tmp_path, LaunchOptions(), silent)


def test_an_existing_image_runs_as_the_version_it_was_built_for_only(plant: Plant) -> None:
    image = plant.engine.container(serving(plant)).image
    with pytest.raises(InvalidInput, match="was built for 'A', not for 'B'"):
        plant.launcher.launch_image(image, "wine", "B", LaunchOptions(), silent)
    instance = plant.launcher.launch_image(image, "wine", "A", LaunchOptions(), silent)
    assert instance.image == image


def test_a_service_that_is_killed_comes_back_by_itself(plant: Plant) -> None:
    identifier = serving(plant)
    plant.engine.execute(identifier, ("python", "-c", "import os, signal; os.kill(1, signal.SIGTERM)"))
    wait_until(lambda: plant.engine.container(identifier).restarts > 0)
    wait_until(lambda: _answers(plant))


def _answers(plant: Plant) -> bool:
    try:
        return bool(plant.gateway.predict("wine", [inputs(plant)]))
    except RelevoError:
        return False

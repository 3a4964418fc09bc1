"""A whole platform on a real Docker Engine: wine and iris in production, from nothing to down and up again.

The tests follow one another on one platform: each begins where the one before ended.
"""

import json
import os
import signal
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.connection.platform import Platform, open_platform
from services.client import GatewayClient
from services.client.registry_browser import RegistryBrowser
from services.containers.engine.engine import Engine
from services.containers.interface import ServiceState
from services.containers.kinds import runtime_on
from services.containers.model import Layer, Port
from services.errors import Unavailable
from services.evaluation.model import Span
from services.evaluation.reader.reader import ProjectReader
from services.gateway.messages import ChampionRequest
from services.images.catalogue import reference
from services.model_server.deploy import Deploy, read_deploy
from services.platform.checks import SYSTEM_MEMORY
from services.platform.client_profile import profile_of, save_profile
from services.platform.discovery import find_platform
from services.platform.launch_target import launch_target
from services.platform.request import PlatformRequest
from services.platform.setup import SetUpResult, set_up
from services.platform.status import platform_status
from services.platform.teardown import tear_down
from services.profiles.profile import ProfileFolder
from services.profiles.secrets import KINDS, Secrets
from services.publish.csv_rows import Row
from services.publish.demo.example_projects import EXAMPLES, Example
from services.publish.launching import Launcher, LaunchOptions
from services.publish.publisher import publish_training, publish_training_predictions
from services.registry.model import Listener, Mode
from services.registry.tokens import service_token
from tests.under_load import Load, eventually_despite_faults
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
IMAGES = ("cassandra", "registry", "datalake", "gateway", "supervisor", "model-python")
WINE, IRIS = EXAMPLES
VERSIONS = [(example, version) for example in EXAMPLES for version in example.versions]
SMALLEST_MEMORY, SMALLEST_DISK = 2_000_000_000, 10_000_000_000
"""Of the smallest server that a team has."""


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


@dataclass
class Plant:
    """The platform, opened as the window opens it, and the rows that its clients ask about."""

    engine: Engine
    request: PlatformRequest
    outcome: SetUpResult
    kept: Secrets
    opened: Platform
    folder: Path
    live: dict[str, list[Row]]
    loads: list[Any] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.request.name

    @property
    def gateway(self) -> GatewayClient:
        return self.opened.gateway

    @property
    def launcher(self) -> Launcher:
        return Launcher(
            self.engine, runtime_on(self.engine, self.name), launch_target(self.engine, self.name)
        )

    def deploy(self, example: Example, version: str = "A") -> Deploy:
        return read_deploy(example.deploy_folder(self.folder, version))

    def launch(self, example: Example, version: str, options: LaunchOptions = LaunchOptions()) -> Any:  # noqa: B008
        return self.launcher.launch_folder(example.deploy_folder(self.folder, version), options, silent)

    def part(self, name: str) -> str:
        return find_platform(self.engine, self.name).parts[name].identifier

    def change_champion(self, project: str, champion: str) -> None:
        now = self.gateway.project(project)
        self.gateway.change_champion(
            project, ChampionRequest(champion, now.champion, now.generation, "test", "somebody")
        )


def with_all_its_threads(opened: Platform) -> Platform:
    """Start both of the driver's worker threads now, lest a later test is blamed for one of them."""
    together = threading.Barrier(2)
    cluster = opened.store._session._cluster  # type: ignore[attr-defined]
    for task in [cluster.executor.submit(together.wait, 30) for _ in range(2)]:
        task.result()
    return opened


@pytest.fixture(scope="module")
def plant(  # noqa: PLR0917 - fixtures
    engine: Engine,
    unique_name: Callable[[str], str],
    built_images: Callable[[str], str],
    free_ports: Callable[[int], list[int]],
    cleared: Any,
    trained: Path,
    example_rows: Callable[..., list[Row]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Plant]:
    for image in IMAGES:
        built_images(image)
    profiles = tmp_path_factory.mktemp("profiles")
    gateway, cassandra, registry, datalake, *listeners = free_ports(5)
    request = PlatformRequest(
        unique_name("plant"), gateway_port=gateway, cassandra_port=cassandra, registry_port=registry,
        datalake_port=datalake, listener_ports=tuple(listeners),
    )  # fmt: skip
    kept = Secrets()
    with ExitStack() as stack:
        stack.enter_context(cleared(engine, request.name))
        outcome = set_up(engine, request, silent)
        save_profile(profile_of(request, engine.address), outcome, profiles, kept)
        for kind in KINDS:
            stack.callback(kept.forget, request.name, kind)
        opened = with_all_its_threads(
            open_platform(ProfileFolder(profiles).get(request.name), kept, silent)
        )
        rows = {example.name: example_rows(example, trained, "live") for example in EXAMPLES}
        made = Plant(engine, request, outcome, kept, opened, trained, rows)
        yield made
        made.opened.close()


@pytest.fixture
def load(plant: Plant) -> Callable[[Example], Any]:
    """Clients of a project; what they were told is looked for again at the end."""

    def begin(example: Example) -> Any:
        made = Load(plant.gateway, plant.deploy(example), plant.live[example.name])
        plant.loads.append((example.name, made))
        return made

    return begin


def test_four_versions_are_launched_from_their_deploy_folders_and_measured(
    plant: Plant, example_rows: Callable[..., list[Row]]
) -> None:
    for example, version in VERSIONS:
        instance = plant.launch(example, version)
        assert instance.state is ServiceState.RUNNING
        rows = example_rows(example, plant.folder, "historical")
        signature, gateway = plant.deploy(example, version).signature, plant.gateway
        if version == "A":
            assert publish_training(gateway, example.name, signature, rows) == len(rows)
        assert publish_training_predictions(
            gateway, example.name, version, signature=signature, rows=rows
        ) == len(rows)
    for example in EXAMPLES:
        modes = {each.name: each.mode for each in plant.gateway.project(example.name).versions}
        assert modes == {"A": Mode.CHAMPION, "B": Mode.CHALLENGER}
    with RegistryBrowser(f"127.0.0.1:{plant.request.registry_port}") as registry:
        pushed = registry.repositories()
    expected = [f"{plant.name}/{example.name}-{version.lower()}" for example, version in VERSIONS]
    assert pushed == sorted(expected)
    assert platform_status(plant.engine, plant.name, usage=False).well


def test_what_is_asked_and_labelled_is_evaluated_through_the_profile(
    plant: Plant, load: Callable[[Example], Any], all_recorded: Any
) -> None:
    for example in EXAMPLES:
        with load(example) as clients:
            clients.goes_on(150)
        assert clients.failures == []
        assert set(clients.answered.values()) == {"A"}
        all_recorded(plant.gateway, plant.opened.store, example.name, clients)
        reader = ProjectReader(plant.opened.store, example.name)
        asked = len(clients.answered)
        # Both versions have seen every row, the challenger in the shadow.
        _wait_until_labelled(reader, asked)
        view = reader.refresh(Span.ALL)
        for version in example.versions:
            measured = view.live[version].metrics, view.historical[version].metrics
            assert [metrics.rows for metrics in measured if metrics] == [
                asked, plant.deploy(example, version).rows,
            ]  # fmt: skip


def _wait_until_labelled(reader: ProjectReader, rows: int) -> None:
    eventually_despite_faults(
        lambda: {version.labelled for version in reader.refresh(Span.ALL).live.values()} == {rows}
    )


def test_the_whole_platform_fits_the_smallest_server(plant: Plant) -> None:
    state = platform_status(plant.engine, plant.name)
    parts = state.parts + state.models
    assert len(parts) == 5 + len(VERSIONS)
    memory = {part.name.removeprefix(f"{plant.name}-"): part.memory or 0 for part in parts}
    assert all(memory.values())
    memory["system (set aside)"] = SYSTEM_MEMORY
    disk = _disk(plant)
    for title, figures in (("memory", memory), ("disk", disk)):
        total = sum(figures.values())
        lines = [f"{name:<28}{size / 1e6:10,.1f} MB" for name, size in [*figures.items(), ("all", total)]]
        print("\n".join([f"\n{title} of wine and iris on a platform", *lines]))
    assert sum(memory.values()) < SMALLEST_MEMORY
    assert sum(disk.values()) < SMALLEST_DISK


def _disk(plant: Plant) -> dict[str, int]:
    """What each image adds to those before it, and each volume: bytes."""
    found: dict[str, int] = {}
    layers: set[Layer] = set()
    images = [(name, reference(name)) for name in IMAGES]
    models = find_platform(plant.engine, plant.name).models
    for name, image in images + [(each.name.removeprefix(f"{plant.name}-"), each.image) for each in models]:
        own = {*plant.engine.history(image)} - layers
        layers |= own
        found[f"image {name}"] = sum(layer.size for layer in own)
    for volume in plant.engine.volumes():
        if volume.name.startswith(f"{plant.name}-"):
            assert volume.size >= 0
            found[f"volume {volume.name.removeprefix(f'{plant.name}-')}"] = volume.size
    return found


def test_a_flip_and_a_roll_back_under_traffic_fail_no_request(
    plant: Plant, load: Callable[[Example], Any]
) -> None:
    with load(WINE) as clients:
        for champion in ("B", "A"):
            before = set(clients.answered)
            plant.change_champion("wine", champion)
            _wait_until_answered_by(champion, clients, before)
        clients.goes_on()
    assert clients.failures == []
    assert [change.champion for change in plant.gateway.history("wine")][-2:] == ["B", "A"]
    assert plant.gateway.project("wine").champion == "A"


def _wait_until_answered_by(version: str, clients: Load, before: set[str]) -> None:
    def answered_since() -> set[str]:
        return {by for identifier, by in list(clients.answered.items()) if identifier not in before}

    eventually_despite_faults(lambda: version in answered_since())


def test_replacing_the_champions_container_under_load_fails_no_request(
    plant: Plant, load: Callable[[Example], Any]
) -> None:
    before = _serving(plant, WINE)
    with load(WINE) as clients:
        clients.goes_on()
        plant.launch(WINE, "A")
        clients.goes_on()
    assert clients.failures == []
    assert _serving(plant, WINE) != before
    assert plant.gateway.project("wine").champion == "A"


def _serving(plant: Plant, example: Example, version: str = "A") -> str:
    models = find_platform(plant.engine, plant.name).models
    (found,) = (each for each in models if (each.project, each.version) == (example.name, version))
    return found.identifier


def test_a_killed_gateway_comes_back_and_nothing_acknowledged_is_lost(
    plant: Plant, load: Callable[[Example], Any], all_recorded: Any
) -> None:
    gateway = plant.part("gateway")
    with load(WINE) as wine, load(IRIS) as iris:
        wine.goes_on()
        plant.engine.kill(gateway)  # by hand: it stays down until somebody starts it
        eventually_despite_faults(lambda: bool(wine.failures))
        assert set_up(plant.engine, plant.request, silent).started == ("gateway",)
        wine.goes_on()
        iris.goes_on()
        restarts = plant.engine.container(gateway).restarts
        os.kill(int(plant.engine.inspect(gateway)["State"]["Pid"]), signal.SIGKILL)  # a crash
        eventually_despite_faults(lambda: plant.engine.container(gateway).restarts > restarts)
        wine.goes_on()
        iris.goes_on()
    for project, clients in (("wine", wine), ("iris", iris)):
        all_recorded(plant.gateway, plant.opened.store, project, clients)


def test_a_restarted_supervisor_leads_again(plant: Plant, load: Callable[[Example], Any]) -> None:
    store, supervisor = plant.opened.store, plant.part("supervisor")
    eventually_despite_faults(lambda: store.rollups("wine") is not None)
    before, generation = store.lease_holder("supervisor"), store.rollups("wine")[0]
    plant.engine.restart(supervisor, 30)
    plant.engine.wait_healthy(supervisor, 90)
    with load(WINE) as clients:
        clients.goes_on()
    eventually_despite_faults(lambda: store.lease_holder("supervisor") not in {before, None})
    eventually_despite_faults(lambda: store.rollups("wine")[0] > generation)


def test_a_version_answers_on_ports_of_its_own(
    plant: Plant, free_ports: Callable[[int], list[int]]
) -> None:
    (port,) = free_ports(1)
    plant.launch(IRIS, "B", LaunchOptions(ports=(Port(8000, port, "127.0.0.1"),)))
    target = plant.deploy(IRIS).signature.target.name
    row = {name: value for name, value in plant.live["iris"][0].items() if name != target}
    asked_directly = _post(port, service_token(plant.outcome.secrets.secret, "iris", "B"), row)
    (listener,) = plant.request.listener_ports
    plant.gateway.put_listener(Listener(listener, "iris", "B"))
    eventually_despite_faults(lambda: [each.state for each in plant.gateway.listeners()] == ["listening"])
    through_the_gateway = _post(listener, plant.outcome.token, row)
    assert through_the_gateway["predictions"][0]["prediction"] == asked_directly["predictions"][0]
    assert through_the_gateway["predictions"][0]["version"] == "B"


def _post(port: int, token: str, row: Row) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/predict",
        json.dumps({"instances": [row]}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def test_down_and_up_again_data_tokens_and_versions_are_there(
    plant: Plant, load: Callable[[Example], Any], all_recorded: Any
) -> None:
    plant.change_champion("iris", "B")
    plant.opened.close()
    tear_down(plant.engine, plant.name, silent)
    assert find_platform(plant.engine, plant.name).parts == {}
    again = set_up(plant.engine, plant.request, silent)
    assert again.token == ""
    assert {name.removeprefix(f"{plant.name}-") for name in again.started} == {
        f"model-{example.name}-{version.lower()}" for example, version in VERSIONS
    }
    # As the window does: a store that has just come up may refuse the first connections.
    plant.opened = eventually(
        lambda: open_platform(plant.opened.profile, plant.kept, silent), not_yet=Unavailable
    )
    champions = {"wine": "A", "iris": "B"}
    for example in EXAMPLES:
        _wait_until_served_by(plant, example, champions[example.name])
        with load(example) as clients:
            clients.goes_on()
        assert clients.failures == []
        assert set(clients.answered.values()) == {champions[example.name]}
    for project, clients in plant.loads:  # those of all tests before
        all_recorded(plant.gateway, plant.opened.store, project, clients)
    plant.opened.close()


def _wait_until_served_by(plant: Plant, example: Example, champion: str) -> None:
    eventually_despite_faults(lambda: plant.gateway.project(example.name).champion == champion)
    eventually_despite_faults(lambda: plant.gateway.predict(example.name, [_instance(plant, example)]))


def _instance(plant: Plant, example: Example) -> Row:
    target = plant.deploy(example).signature.target.name
    return {name: value for name, value in plant.live[example.name][0].items() if name != target}

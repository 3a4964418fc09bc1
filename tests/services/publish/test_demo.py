"""The main job end to end, on real processes: published, replayed, recorded, attached to, taken over."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.client import GatewayClient
from services.containers.interface import ServiceState
from services.errors import Unavailable
from services.evaluation.model import ProjectView, RegressionMetrics, Span
from services.evaluation.reader.reader import ProjectReader
from services.profiles.workspace import Workspace
from services.publish.demo.demo import Demo
from services.publish.demo.traffic_replay import ReplayPace
from services.registry.model import Mode
from services.store.connect import open_store
from tests.waiting import eventually

AT_ONCE = ReplayPace(rows_per_second=0, rows_per_request=20, label_delay=0.2)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def _nothing(_done: float, _text: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Demo]:
    with Demo(folder, AT_ONCE, _nothing) as running:
        running.start_traffic()
        assert running.wait_for_traffic(120)
        yield running


@pytest.fixture
def client(demo: Demo) -> Iterator[GatewayClient]:
    with GatewayClient(demo.platform.gateway_address, demo.platform.admin_token) as opened:
        yield opened


def _view(demo: Demo, project: str) -> ProjectView:
    store = open_store(demo.platform.store_address)
    try:
        return ProjectReader(store, project).refresh(Span.ALL)
    finally:
        store.close()


def test_both_projects_have_a_champion_and_a_challenger(client: GatewayClient) -> None:
    assert client.projects() == ["iris", "wine"]
    for name in client.projects():
        modes = {version.name: version.mode for version in client.project(name).versions}
        assert modes == {"A": Mode.CHAMPION, "B": Mode.CHALLENGER}


def test_every_live_row_is_recorded_for_both_versions_with_its_label(demo: Demo) -> None:
    for project, rows in (("wine", 320), ("iris", 30)):
        eventually(
            lambda project=project, rows=rows: (
                {(live.predictions, live.labelled) for live in _view(demo, project).live.values()}
                == {(rows, rows)}
            )
        )


def test_historical_metrics_come_from_the_training_set(demo: Demo) -> None:
    metrics = _view(demo, "wine").historical["A"].metrics
    assert isinstance(metrics, RegressionMetrics)
    assert metrics.rows == 1279


def test_a_second_window_attaches_to_the_first_ones_processes(demo: Demo, folder: Path) -> None:
    second = Workspace.open(folder)
    try:
        assert not second.owner
        assert second.gateway_address == demo.platform.gateway_address
        assert {instance.name for instance in second.state()} >= {"gateway", "supervisor", "model-wine-a"}
    finally:
        second.close()


@pytest.mark.restarts
def test_a_killed_champion_is_unavailable_and_comes_back(demo: Demo, client: GatewayClient) -> None:
    row = {field.name: 1.0 for field in client.project("wine").versions[0].signature.inputs}
    killed = next(one for one in demo.platform.state() if one.name == "model-wine-a")
    psutil.Process(killed.process).kill()
    with pytest.raises(Unavailable):
        _ask_often(client, row)

    def answers() -> bool:
        try:
            return bool(client.predict("wine", [row]))
        except Unavailable:
            return False

    eventually(answers)
    back = next(one for one in demo.platform.state() if one.name == "model-wine-a")
    assert (back.state, back.restarts) == (ServiceState.RUNNING, 1)


def _ask_often(client: GatewayClient, row: dict[str, float]) -> None:
    for _ in range(2_000):
        client.predict("wine", [row])


@pytest.mark.restarts
def test_an_owner_that_ends_is_followed_by_the_window_that_was_attached(folder: Path, demo: Demo) -> None:
    second = Workspace.open(folder)
    try:
        demo.platform.close()
        eventually(lambda: second.owner and "model-wine-a" in {one.name for one in second.state()})
        with GatewayClient(second.gateway_address, second.client_token) as again:
            assert again.health().status == "ok"
    finally:
        second.close()

"""Who does not answer is told within moments, clears by itself, and stays known after: real processes."""

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest
from msgspec.structs import replace

from app.commands import champion as champion_command
from app.commands import status as status_command
from services.client import GatewayClient
from services.containers.interface import ServiceState, service_name
from services.errors import Unanswered, Unavailable
from services.gateway.messages import ChampionRequest, Health, Outage
from services.profiles.workspace import EmbeddedPlatform
from services.publish.demo.demo import Demo
from services.publish.demo.traffic_replay import ReplayPace
from services.registry.model import Mode, Project, TokenRole
from services.registry.tokens import new_token
from services.store.connect import open_store
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPlatform]:
    """An embedded platform with two projects, each with a champion and a challenger."""
    with Demo(tmp_path_factory.mktemp("demo"), ReplayPace(0, 1, 0), lambda _done, _text: None) as demo:
        yield demo.platform


@pytest.fixture
def client(platform: EmbeddedPlatform) -> Iterator[GatewayClient]:
    """An administrator; all versions answer."""
    with GatewayClient(platform.gateway_address, platform.admin_token) as opened:
        eventually(lambda: all_answer(opened))
        yield opened


def all_answer(client: GatewayClient) -> bool:
    projects = [client.project(name) for name in client.projects()]
    well = [state.health == "ok" for project in projects for state in project.status.values()]
    return all(well) and not client.health().outages


def process_of(platform: EmbeddedPlatform, project: str, version: str) -> psutil.Process:
    name = service_name(project, version)

    def running() -> int:
        found = next(one for one in platform.state() if one.name == name)
        return found.process if found.state is ServiceState.RUNNING else 0

    return psutil.Process(eventually(running))


def outage_of(client: GatewayClient, project: str, version: str) -> Outage | None:
    found = [one for one in client.health().outages if (one.project, one.version) == (project, version)]
    return found[0] if found else None


@contextlib.contextmanager
def stopped(process: psutil.Process) -> Iterator[None]:
    """A process that stands still, as one that hangs does."""
    process.suspend()
    try:
        yield
    finally:
        process.resume()


@pytest.mark.restarts
def test_a_champion_that_was_killed_is_an_outage_that_ends_by_itself_and_stays_known(
    platform: EmbeddedPlatform, client: GatewayClient
) -> None:
    before = len(client.health().past_outages)
    process_of(platform, "iris", "A").kill()
    found = eventually(lambda: outage_of(client, "iris", "A"))
    assert found.mode is Mode.CHAMPION
    assert found.until is None
    assert "cannot be reached" in found.reason
    eventually(lambda: outage_of(client, "iris", "A") is None)
    past = client.health().past_outages
    assert len(past) == before + 1
    assert (past[-1].project, past[-1].version, past[-1].since) == ("iris", "A", found.since)
    assert past[-1].until is not None
    assert past[-1].until > found.since


def test_a_champion_that_hangs_is_an_outage_though_its_port_takes_connections(
    platform: EmbeddedPlatform, client: GatewayClient
) -> None:
    with stopped(process_of(platform, "iris", "A")):
        found = eventually(lambda: outage_of(client, "iris", "A"))
        assert "said nothing" in found.reason
        assert 'relevo_version_up{mode="champion",project="iris",version="A"} 0.0' in client.metrics()
        assert 'relevo_version_up{mode="champion",project="wine",version="A"} 1.0' in client.metrics()
        assert outage_of(client, "wine", "A") is None
    eventually(lambda: outage_of(client, "iris", "A") is None)
    assert 'relevo_version_up{mode="champion",project="iris",version="A"} 1.0' in client.metrics()


def test_several_champions_that_hang_are_told_together(
    platform: EmbeddedPlatform, client: GatewayClient
) -> None:
    with stopped(process_of(platform, "iris", "A")), stopped(process_of(platform, "wine", "A")):
        eventually(lambda: {one.project for one in client.health().outages} == {"iris", "wine"})
    eventually(lambda: not client.health().outages)


@pytest.mark.restarts
def test_a_prediction_that_fails_tells_it_before_any_health_check(
    platform: EmbeddedPlatform, client: GatewayClient
) -> None:
    champion = client.project("iris").version("A")
    assert champion is not None
    row = {field.name: 1.0 for field in champion.signature.inputs}
    process_of(platform, "iris", "A").kill()

    def refused() -> bool:
        try:
            client.predict("iris", [row])
        except Unavailable:
            return True
        return False

    eventually(refused)
    assert outage_of(client, "iris", "A") is not None
    eventually(lambda: not client.health().outages)


def test_a_challenger_that_hangs_is_told_after_the_champions_and_as_what_it_is(
    platform: EmbeddedPlatform, client: GatewayClient
) -> None:
    with stopped(process_of(platform, "iris", "B")), stopped(process_of(platform, "wine", "A")):
        eventually(lambda: len(client.health().outages) == 2)
        modes = [one.mode for one in client.health().outages]
        assert modes == [Mode.CHAMPION, Mode.CHALLENGER]
    eventually(lambda: not client.health().outages)


def test_who_sends_no_token_is_told_no_names_and_who_has_one_only_its_own_projects(
    platform: EmbeddedPlatform, client: GatewayClient
) -> None:
    store = open_store(platform.store_address)
    tokens = {}
    for project in ("iris", "wine"):
        tokens[project], row = new_token(TokenRole.CLIENT, label=project, project=project)
        store.add_token(row)
    store.close()
    with stopped(process_of(platform, "iris", "A")):
        eventually(lambda: outage_of(client, "iris", "A"))

        def told(token: str) -> Health:
            with GatewayClient(platform.gateway_address, token) as one:
                return one.health()

        eventually(lambda: told(tokens["wine"]), not_yet=Exception)
        assert [one.project for one in told(tokens["iris"]).outages] == ["iris"]
        assert told(tokens["wine"]).outages == []
        nameless = told("")
        assert nameless.outages == []
        assert nameless.past_outages == []
        assert nameless.listeners == []
        wrong = {"Authorization": "Bearer wrong"}
        answer = httpx.get(f"{platform.gateway_address}/health", headers=wrong, trust_env=False)
        assert answer.status_code == 401
    eventually(lambda: not client.health().outages)


def test_the_command_line_says_who_does_not_answer_and_ends_with_1(
    platform: EmbeddedPlatform,
    client: GatewayClient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RELEVO_TOKEN", platform.admin_token)
    asked = ["--gateway", platform.gateway_address]
    assert status_command.main(asked) == 0
    assert "does not answer" not in capsys.readouterr().err
    with stopped(process_of(platform, "iris", "A")):
        outage: Any = eventually(lambda: outage_of(client, "iris", "A"))
        assert status_command.main(asked) == 1
        told = capsys.readouterr()
        assert f"champion A of iris does not answer: {outage.reason}" in told.err
        assert "A  champion" in told.out
    eventually(lambda: not client.health().outages)
    assert status_command.main(asked) == 0
    assert "A of iris did not answer from" in capsys.readouterr().out


def test_a_version_that_does_not_answer_becomes_champion_only_if_it_is_forced(
    platform: EmbeddedPlatform, client: GatewayClient
) -> None:
    def change(to: str, *, force: bool = False) -> Project:
        seen = client.project("wine")
        request = ChampionRequest(to, seen.champion, seen.generation, "to see", "Ana", force)
        return client.change_champion("wine", request)

    with stopped(process_of(platform, "wine", "B")):
        with pytest.raises(Unanswered, match="B of wine does not answer: its service said nothing") as told:
            change("B")
        assert "force=true" in told.value.remedy
        assert client.project("wine").champion == "A"
        assert change("B", force=True).champion == "B"
        told_now = client.answering("wine", "B")
        assert (told_now.mode, told_now.answers) == (Mode.CHAMPION, False)
    eventually(lambda: client.answering("wine", "B").answers)
    eventually(lambda: client.answering("wine", "A").answers)
    assert change("A").champion == "A"


def test_the_command_line_changes_a_champion_and_asks_for_force(
    platform: EmbeddedPlatform,
    client: GatewayClient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RELEVO_TOKEN", platform.admin_token)
    asked = ["--reason", "to see", "--who", "Ana", "--gateway", platform.gateway_address]
    with stopped(process_of(platform, "wine", "B")):
        with pytest.raises(Unanswered) as told:
            champion_command.main(["wine", "B", *asked])
        assert "--force" in told.value.remedy
        assert champion_command.main(["wine", "B", "--force", *asked]) == 1
        assert "does not answer with it: its service said nothing" in capsys.readouterr().out
    eventually(lambda: client.answering("wine", "A").answers)
    assert champion_command.main(["wine", "A", *asked]) == 0
    printed = capsys.readouterr().out
    assert "champion A in place of B" in printed
    assert "The gateway answers with it." in printed


def test_a_champion_without_a_service_is_an_outage_once_it_had_time_to_start(
    platform: EmbeddedPlatform, client: GatewayClient
) -> None:
    known = client.project("iris").version("A")
    assert known is not None
    long_ago = known.created_at.replace(year=known.created_at.year - 1)
    store = open_store(platform.store_address)
    store.prepare_live("nobody", "A", known.signature)
    store.register(replace(known, project="nobody", endpoint="", created_at=long_ago), who="test")
    store.close()
    found = eventually(lambda: outage_of(client, "nobody", "A"))
    assert "no service" in found.reason

"""A version whose container dies says so in Monitor; opening a platform's profile opens its engine."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pytestqt.qtbot import QtBot

from app.pages.monitor.version_health import with_container_state
from services.containers.addresses import LocalEngine
from services.containers.engine.engine import Engine
from services.containers.model import Container, ContainerState
from services.profiles.profile import PlatformProfile
from services.registry.choices import Mode
from services.store.addresses import CassandraAddress
from services.store.interface import Store
from widgets.panels.version_entry import VersionEntry
from widgets.panels.versions import ENTRY
from widgets.theme import State

Run = Callable[..., str]
LABELS = {"relevo.role": "model", "relevo.project": "wine", "relevo.version": "A"}
WELL = VersionEntry("A", 0, Mode.CHAMPION, health="healthy", state=State.GOOD)


def container(state: ContainerState, platform: str = "plant", **named: Any) -> Container:
    return Container(
        "x", "x", "i", "", state, datetime.now(UTC), labels={"relevo.platform": platform}, **named
    )


def test_a_version_is_down_only_when_no_container_of_it_serves() -> None:
    dead = container(ContainerState.EXITED, exit_code=137)
    assert with_container_state(WELL, [dead]).health == "container exited: killed"
    assert with_container_state(WELL, [dead]).state is State.BAD
    assert with_container_state(WELL, [dead, container(ContainerState.RUNNING)]) == WELL
    assert with_container_state(WELL, []) == WELL


def test_what_cannot_be_told_is_not_told() -> None:
    dead = [container(ContainerState.EXITED, platform) for platform in ("plant", "other")]
    assert with_container_state(WELL, dead) == WELL
    retired = VersionEntry("A", 0, Mode.RETIRED)
    assert with_container_state(retired, dead[:1]) == retired


def test_a_container_that_dies_shows_on_its_version_and_again_when_it_is_back(
    open_window: Callable[..., Any],
    wine: Store,
    run: Run,
    relay: Any,
    *,
    qtbot: QtBot,
    engine: Engine,
    tmp_path: Any,
) -> None:
    identifier = run(labels=LABELS | {"relevo.platform": "relevo-test"})
    other = run(labels=LABELS | {"relevo.platform": "another"})
    window = open_window()
    window.wait_for_data()
    context = window.program.context
    docker = LocalEngine(str(tmp_path / "engine.sock"))
    context.connection.open(
        PlatformProfile(
            "plant", CassandraAddress(("127.0.0.1",)), "http://127.0.0.1:9", docker, "relevo-test"
        )
    )
    qtbot.waitUntil(lambda: context.engine_connection.state == "open")
    assert context.engine_connection.host.name == "plant"
    assert context.hosts.folder.get("plant").address == docker

    def health() -> str:
        shown = window.start.monitor.versions._list
        entries = [shown.item(row).data(ENTRY) for row in range(shown.count())]
        return next((entry.health for entry in entries if entry.name == "A"), "")

    qtbot.waitUntil(lambda: window.program.presenter.data is not None)
    engine.kill(identifier)
    qtbot.waitUntil(lambda: health() == "container exited: killed")
    engine.start(identifier)
    qtbot.waitUntil(lambda: not health().startswith("container"))
    assert engine.container(other).state is ContainerState.RUNNING

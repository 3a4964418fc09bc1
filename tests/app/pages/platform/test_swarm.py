"""The Swarm tab on a real Swarm of one machine."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.pages.platform.page import PlatformPage
from services.containers.engine.engine import Engine
from services.containers.interface import ServiceSpec
from services.containers.swarm.runtime import SwarmRuntime

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]
SLEEP = ("sh", "-c", "trap 'exit 0' TERM; sleep inf & wait")


@pytest.fixture
def platform(swarm_engine: Engine, small_image: str, unique_name: Callable[[str], str]) -> Iterator[str]:
    """A platform with one service of one replica."""
    name = unique_name("sw")
    runtime = SwarmRuntime(swarm_engine, name, {})
    runtime.launch(ServiceSpec("sleeper", SLEEP, image=small_image))
    runtime.wait_for_address("sleeper", 60)
    yield name
    runtime.stop("sleeper")


@pytest.fixture
def page(open_window: Callable[[], Any], platform: str, qtbot: QtBot) -> PlatformPage:
    shell = open_window().start.shell
    shell.go_to("platform")
    found: PlatformPage = shell.page
    qtbot.waitUntil(lambda: platform in found.presenter.names(), timeout=20_000)
    found.presenter.choose(platform)
    qtbot.waitUntil(lambda: "sleeper" in found.swarm.services._rows, timeout=20_000)
    return found


def test_services_are_shown_and_scaled(page: PlatformPage, platform: str, qtbot: QtBot) -> None:
    assert page.tabs.isTabVisible(page.tabs.indexOf(page.swarm))
    assert page.swarm.scale.blocked == "Select a service."
    page.swarm.services.select_keys(["sleeper"])
    assert page.swarm.scale.blocked == ""
    page.swarm.scale_to(f"{platform}-sleeper", 2)
    qtbot.waitUntil(lambda: page.swarm.services._rows["sleeper"].running == 2, timeout=60_000)
    assert page.swarm.tasks.to_csv().count("running") == 2


def test_machines_are_shown_and_the_only_one_takes_tasks(page: PlatformPage) -> None:
    (machine,) = page.swarm.machines._rows.values()
    page.swarm.machines.select_keys([machine.key])
    assert machine.role == "manager"
    assert page.swarm.activate.blocked == "It takes tasks already."
    assert page.swarm.drain.blocked == ""

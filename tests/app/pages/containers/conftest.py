"""The Containers page on the real engine, with containers of the test's own, and a way to cut it off."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.pages.containers.page import ContainersPage
from app.paths import AppPaths
from services.containers.addresses import Host, LocalEngine
from services.containers.engine.engine import Engine
from services.containers.hosts import HostFolder
from services.containers.model import Container, ContainerSpec, RestartPolicy
from tests.services.containers.engine.relay import Relay

Run = Callable[..., str]


@pytest.fixture
def run(engine: Engine, small_image: str, unique_name: Callable[[str], str]) -> Iterator[Run]:
    """Start a container by a shell script; it goes with the test."""
    made: list[str] = []

    def started(script: str = "sleep inf", *, start: bool = True, word: str = "page", **named: Any) -> str:
        spec = ContainerSpec(
            name=unique_name(f"{word}{len(made)}"),
            image=small_image,
            command=("sh", "-c", script),
            restart=RestartPolicy.NEVER,
            stop_seconds=1,
            **named,
        )
        made.append(engine.run(spec) if start else engine.create(spec))
        return made[-1]

    yield started
    for identifier in made:
        if engine.find_container(identifier) is not None:
            engine.remove(identifier, force=True, volumes=True)


@pytest.fixture
def relay(engine: Engine, tmp_path: Path) -> Iterator[Relay]:
    """A socket that leads to the engine until it is cut."""
    made = Relay(tmp_path / "engine.sock")
    yield made
    made.cut()


@dataclass
class Shown:
    """The page in its window."""

    window: Any
    page: ContainersPage
    qtbot: QtBot

    @property
    def connection(self) -> Any:
        return self.window.program.context.engine_connection

    def container(self, identifier: str) -> Container | None:
        """As the list knows it."""
        return self.page.table.model.container(identifier)

    def wait_for(self, identifier: str, state: str) -> None:
        """Until the list shows a container in a state."""
        self.qtbot.waitUntil(lambda: (one := self.container(identifier)) is not None and one.state == state)

    def choose(self, *identifiers: str) -> None:
        """Select containers once they are listed."""
        self.qtbot.waitUntil(lambda: all(self.container(one) for one in identifiers))
        self.page.table.select(identifiers)

    def line(self, identifier: str) -> dict[str, Any]:
        """The cells of a container's line by their column."""
        from widgets.containers.columns import COLUMNS

        row = next(row for row in self.page.table.model.lines() if row.key == identifier)
        return dict(zip((column.key for column in COLUMNS), row.cells, strict=True))


@pytest.fixture
def shown(
    open_window: Callable[..., Any], paths: AppPaths, relay: Relay, tmp_path: Path, qtbot: QtBot
) -> Shown:
    """The page, open on the engine by way of the relay."""
    HostFolder(paths.hosts).save(Host("Relay", LocalEngine(str(tmp_path / "engine.sock"))))
    window = open_window()
    window.program.context.hosts.choose("Relay")
    shell = window.start.shell
    shell.go_to("containers")
    found = Shown(window, shell.page, qtbot)
    qtbot.waitUntil(lambda: found.connection.state == "open")
    return found

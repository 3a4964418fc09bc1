"""Containers as an engine would tell of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from pytestqt.qtbot import QtBot

from services.containers.model import Container, ContainerState
from widgets.containers.table import ContainerTable

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def container(number: int = 1, **named: object) -> Container:
    """A container of that number; running since an hour, unless told otherwise."""
    settings: dict[str, object] = {
        "identifier": f"{number:064x}",
        "name": f"container-{number:03}",
        "image": "debian:bookworm",
        "image_identifier": "sha256:0",
        "state": ContainerState.RUNNING,
        "created": NOW - timedelta(hours=2),
        "started": NOW - timedelta(hours=1),
    }
    return Container(**(settings | named))  # type: ignore[arg-type]


def model_of(number: int, project: str, version: str, **named: object) -> Container:
    """A model service's container."""
    labels = {
        "relevo.platform": "relevo",
        "relevo.project": project,
        "relevo.version": version,
        "relevo.role": "model",
    }
    name = f"relevo-model-{project}-{version.lower()}"
    return container(number, name=name, labels=labels, **named)


@pytest.fixture
def made() -> SimpleNamespace:
    """What makes containers."""
    return SimpleNamespace(container=container, model_of=model_of, NOW=NOW)


@pytest.fixture
def table(qtbot: QtBot) -> ContainerTable:
    """A list that is seen."""
    shown = ContainerTable()
    qtbot.addWidget(shown)
    shown.resize(1080, 640)
    shown.show()
    return shown


@pytest.fixture
def fill(table: ContainerTable) -> Callable[..., None]:
    """Gives the list containers."""

    def give(*containers: Container) -> None:
        table.model.take({one.identifier: one for one in containers}, NOW)

    return give

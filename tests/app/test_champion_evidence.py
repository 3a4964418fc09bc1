"""The same change of champion by the window, by plain HTTP and by the client leaves the same evidence."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
import requests
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.settings import SPAN
from services.client import GatewayClient
from services.gateway.messages import ChampionRequest
from services.registry.model import DataKind, Project, Task
from services.registry.service import Registry, champion_seen
from services.store.interface import Store

OpenWindow = Callable[..., Any]


def change_in_window(window: Any, qtbot: QtBot, project: str) -> None:
    """As a person does it, who looks at an hour only."""
    window.program.presenter.select_project(project)
    window.program.context.settings.put(SPAN, "hour")
    monitor = window.start.monitor
    qtbot.waitUntil(lambda: monitor.view_model.project == project and monitor.promote.isEnabled())
    monitor.versions.select("B")
    monitor.promote.trigger()
    dialog = window.program.actions.champion.dialog
    qtbot.waitUntil(dialog.panel.anyway.isVisible)
    dialog.panel.anyway.setChecked(True)
    qtbot.keyClicks(dialog.panel.reason.editor, "better")
    qtbot.keyClick(dialog.panel.reason.editor, Qt.Key.Key_Return)
    qtbot.waitUntil(monitor.notice.isVisible)


def give_back(store: Store, project: str) -> Project:
    registry = Registry(store)
    seen = champion_seen(registry.project(project))
    return registry.change_champion(project, "A", who="Ana", reason="for the next change", seen=seen)


@pytest.fixture(params=Task)
def crop(request: pytest.FixtureRequest, store: Store, filling: Any) -> Store:
    """A store with one project, `crop`, of each task."""
    filling.fill(store, "crop", request.param)
    return store


def test_window_api_and_client_leave_the_same_evidence(
    open_window: OpenWindow, crop: Store, filling: Any, gateway: tuple[str, str], qtbot: QtBot
) -> None:
    store = crop
    change_in_window(open_window(), qtbot, "crop")
    seen = give_back(store, "crop")
    address, token = gateway
    body = {"champion": "B", "expected": "A", "generation": seen.generation, "reason": "r", "who": "Ana"}
    body["force"] = True  # no service stands behind these versions
    answer = requests.post(
        f"{address}/v1/projects/crop/champion", json=body,
        headers={"Authorization": f"Bearer {token}"}, timeout=60,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    seen = give_back(store, "crop")
    with closing(GatewayClient(address, token)) as client:
        client.change_champion("crop", ChampionRequest("B", "A", seen.generation, "r", "Ana", force=True))
        told = client.history("crop")
    changes = store.history("crop")
    assert told == changes
    by_window, by_api, by_client = (change.evidence for change in changes if change.champion == "B")
    assert by_window == by_api == by_client
    assert {(one.version, one.data, one.rows) for one in by_window.values} == {
        ("A", DataKind.LIVE, 312),
        ("B", DataKind.LIVE, 312),
    }
    assert {one.revision for one in by_window.values} == {
        filling.revision_of("crop", version).sha256 for version in "AB"
    }
    metrics = {one.metric for one in by_window.values}
    assert metrics & {"RMSE", "Accuracy"}
    assert all(one.value is not None for one in by_window.values)

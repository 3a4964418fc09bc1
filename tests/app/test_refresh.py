"""When Monitor loads, how often at once, and what it does without a store."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from services.client import GatewayClient
from services.evaluation.model import Span
from services.gateway.recorder import Recorder
from services.gateway.spool.outbox import DamagedEntry, Outbox
from services.registry.model import Task
from services.store.interface import Store
from services.store.log.gaps import count_lost

OpenWindow = Callable[..., Any]


class SlowLoading:
    """Holds every load back until it is let go, and counts them."""

    def __init__(self, loader: Any) -> None:
        self._load = loader.load
        self.queries: list[Any] = []
        self.inside = self.most_inside = 0
        self.gate = threading.Event()
        loader.load = self.load

    def load(self, query: Any, work: Any) -> Any:
        self.queries.append(query)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.gate.wait(10)
        self.inside -= 1
        return self._load(query, work)


def test_refreshes_asked_for_while_one_runs_become_one_more_not_a_pile(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    monitor = window.start.monitor
    qtbot.waitUntil(lambda: not monitor.is_loading)
    slow = SlowLoading(window.program.presenter.loader)
    for _ in range(5):
        qtbot.keyClick(window.start.shell, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: len(slow.queries) == 1)
    assert "refreshing" in window.start.shell.status.refresh.text()
    slow.gate.set()
    qtbot.waitUntil(lambda: not monitor.is_loading)
    assert (len(slow.queries), slow.most_inside) == (2, 1)


def test_a_project_chosen_during_a_long_load_is_the_one_that_is_shown(
    open_window: OpenWindow, wine: Store, filling: Any, qtbot: QtBot
) -> None:
    filling.fill(wine, "iris", Task.CLASSIFICATION)
    window = open_window()
    window.wait_for_data()
    monitor = window.start.monitor
    qtbot.waitUntil(lambda: not monitor.is_loading)
    slow = SlowLoading(window.program.presenter.loader)
    window.program.presenter.select_project("iris")
    window.program.presenter.select_project("wine")
    slow.gate.set()
    qtbot.waitUntil(lambda: not monitor.is_loading and monitor.view_model.project == "wine")
    assert slow.queries[-1].project == "wine"


def test_variable_and_span_are_remembered_and_shown_after_a_restart(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    window.start.monitor.variable.key_activated.emit("alcohol")
    window.start.monitor.span.key_activated.emit("week")
    qtbot.waitUntil(lambda: window.program.presenter.data.query.variable == "alcohol")
    qtbot.waitUntil(lambda: window.program.presenter.data.query.span is Span.WEEK)
    window.start.shell.close()
    again = open_window()
    again.wait_for_data()
    assert again.program.presenter.data.query.variable == "alcohol"
    assert again.program.presenter.data.view.evolution is not None
    assert again.start.monitor.span.current() == "week"


def test_the_table_shows_both_versions_on_both_kinds_of_data_and_coverage(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    content = window.start.monitor.view_model
    assert [column.title for column in content.columns][1:] == [
        "historical A", "historical B", "live A", "live B",
    ]  # fmt: skip
    assert {"RMSE", "R²", "MAE"} <= {row.key for row in content.rows}
    assert window.start.monitor.coverage.text() == "312 of 400 live rows have their true value"


def test_rows_that_were_counted_anew_say_why(open_window: OpenWindow, wine: Store, qtbot: QtBot) -> None:
    wine.write_rollups("wine", 1, {}, b"damaged")
    window = open_window()
    window.wait_for_data()
    coverage = window.start.monitor.coverage
    assert coverage.text() == (
        "312 of 400 live rows have their true value; all rows were counted anew, because a stored summary "
        "was damaged"
    )
    assert "manifest" in coverage.toolTip()


def test_a_lost_store_leaves_the_data_a_banner_and_comes_back_by_itself(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    window = open_window()
    window.wait_for_data()
    shell, monitor = window.start.shell, window.start.monitor
    qtbot.waitUntil(lambda: not monitor.is_loading)
    window.switch.down = True
    qtbot.keyClick(shell, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: shell.banner.accessibleName().startswith("Store unreachable"))
    assert "does not answer" in shell.banner.accessibleName()
    qtbot.waitUntil(lambda: shell.banner.note().startswith("Next attempt in"))
    assert monitor.view_model.project == "wine"
    assert monitor.promote.blocked == "The platform cannot be reached."
    assert any(entry.message.startswith("Cassandra") for entry in window.program.context.activity.entries)
    seen = window.program.presenter.data
    window.switch.down = False
    qtbot.waitUntil(lambda: window.program.presenter.data is not seen, timeout=10_000)
    qtbot.waitUntil(lambda: not shell.banner.accessibleName().startswith("Store unreachable"))
    assert not monitor.promote.blocked


def test_retry_looks_at_once(open_window: OpenWindow, wine: Store, qtbot: QtBot) -> None:
    window = open_window()
    window.wait_for_data()
    connection = window.program.context.connection
    window.switch.down = True
    connection.check()
    qtbot.waitUntil(lambda: connection.error is not None)
    window.switch.down = False
    window.start.shell.banner.retry_requested.emit()
    qtbot.waitUntil(lambda: connection.error is None)


def test_an_empty_platform_says_what_would_fill_it(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window()
    window.wait_for_data()
    assert "relevo publish" in window.start.monitor.empty.text()
    assert window.start.monitor.empty.isVisible()


def test_rows_that_the_gateway_has_set_aside_are_told(
    open_window: OpenWindow, wine: Store, tmp_path: Path, request: pytest.FixtureRequest, qtbot: QtBot
) -> None:
    Recorder.open(tmp_path / "spool", lambda: wine)._spool.close()  # makes the folder
    outbox = Outbox(tmp_path / "spool" / "outbox.sqlite3")
    outbox.place([], 0, [DamagedEntry("wine", 3, b"", b"\xc1", "damaged")])
    outbox.close()
    shell = open_window(request.getfixturevalue("gateway")).start.shell
    qtbot.waitUntil(lambda: shell.banner.accessibleName().startswith("3 rows set aside: "))
    assert shell.status.gateway.text() == "gateway: 3 rows set aside"


def test_what_the_store_has_lost_of_the_log_is_told(
    open_window: OpenWindow, wine: Store, gateway: tuple[str, str], qtbot: QtBot
) -> None:
    count_lost(wine, "wine", 2)
    window = open_window(gateway)
    window.wait_for_data()
    assert window.start.monitor.coverage.text().endswith("; the store has lost 2 batches of rows")
    address, token = gateway
    with GatewayClient(address, token) as client:
        assert client.project("wine").lost_batches == 2
    told = subprocess.run(
        [sys.executable, "-m", "app", "status", "--gateway", address],
        env={**os.environ, "RELEVO_TOKEN": token},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "2 batches of its log are lost" in told.stdout
    answer = httpx.get(f"{address}/metrics", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert 'relevo_lost_batches_total{project="wine"} 2.0' in answer.text

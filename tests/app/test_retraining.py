"""Following a retraining that lives in the store, whoever started it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from app.activity import ActivityEntry
from app.dialogs.retrain import NEWEST_ROWS, RetrainDialog, parse_parameters
from app.tasks import TaskState
from services.registry.model import Job, JobState
from services.store.interface import Store

OpenWindow = Callable[..., Any]


def running_job() -> Job:
    now = datetime.now(UTC)
    return Job("job-1", "wine", "A", JobState.RUNNING, 0.4, "Fitting", now, now)


def test_a_running_job_is_found_shown_and_ends_with_an_offer_to_use_its_revision(
    open_window: OpenWindow, wine: Store, filling: Any, qtbot: QtBot
) -> None:
    job = running_job()
    wine.put_job(job)
    window = open_window()
    window.wait_for_data()
    retraining, monitor = window.program.actions.retraining, window.start.monitor
    qtbot.waitUntil(lambda: retraining.running("wine", "A"))
    monitor.versions.select("A")
    entry = window.program.context.activity.entries[0]
    assert (entry.title, entry.fraction, entry.message) == ("Retraining A of wine", 0.4, "Fitting")
    fresh = filling.revision_of("wine", "A", 1)
    wine.add_revision(fresh)
    wine.put_job(
        replace(
            job, state=JobState.DONE, progress=1.0, message="", revision=fresh.sha256, metrics={"RMSE": 0.4}
        )
    )
    qtbot.waitUntil(monitor.notice.isVisible)
    assert entry.state is TaskState.DONE
    monitor.notice.banner.retry_requested.emit()
    dialog = window.program.actions.revisions.reason
    qtbot.keyClicks(dialog.line, "Fresher rows")
    dialog.button.click()
    qtbot.waitUntil(lambda: wine.project("wine").version("A").revision == fresh.sha256)


def test_a_job_that_fails_says_why_and_stays_in_activity(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    job = running_job()
    wine.put_job(job)
    window = open_window()
    window.wait_for_data()
    qtbot.waitUntil(lambda: window.program.actions.retraining.running("wine", "A"))
    wine.put_job(replace(job, state=JobState.FAILED, message="only 3 labelled rows"))
    qtbot.waitUntil(window.start.monitor.notice.isVisible)
    assert window.start.monitor.notice.banner.note() == "only 3 labelled rows"
    assert window.program.context.activity.entries[0].state is TaskState.FAILED


class ModelService:
    """A version's service that answers a cancelling with the state that a test gives."""

    def __init__(self) -> None:
        self.answer = JobState.CANCELLING
        self.asked: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply(b"{}")

            def do_DELETE(self) -> None:
                service.asked.append(self.path)
                self._reply(msgspec.json.encode(replace(running_job(), state=service.answer)))

            def _reply(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def service(wine: Store) -> Iterator[ModelService]:
    """The service of version A of wine."""
    made = ModelService()
    thread = Thread(target=made.server.serve_forever)
    thread.start()
    version = wine.project("wine").version("A")
    wine.register(replace(version, endpoint=made.address), who="service")
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def cancel_in_activity(window: Any, qtbot: QtBot) -> ActivityEntry:
    """Select the retraining's row on the page Activity, and press Delete."""
    qtbot.waitUntil(lambda: window.program.actions.retraining.running("wine", "A"))
    window.start.shell.go_to("activity")
    table = window.start.shell.page.table
    entries = window.program.context.activity.entries
    entry: ActivityEntry = next(one for one in entries if one.title == "Retraining A of wine")
    table.select_keys([str(entry.number)])
    qtbot.waitUntil(lambda: table.cancel_action.blocked == "")
    table.cancel_action.trigger()
    return entry


def test_a_retraining_is_cancelled_through_the_gateway_and_called_so_once_it_has_ended(
    open_window: OpenWindow, wine: Store, service: ModelService, gateway: tuple[str, str], qtbot: QtBot
) -> None:
    job = running_job()
    wine.put_job(job)
    window = open_window(gateway)
    window.wait_for_data()
    entry = cancel_in_activity(window, qtbot)
    qtbot.waitUntil(lambda: service.asked == ["/retrain/job-1"])
    wine.put_job(replace(job, state=JobState.CANCELLING, message="being cancelled"))
    qtbot.waitUntil(lambda: entry.message == "being cancelled")
    assert entry.state is TaskState.RUNNING
    wine.put_job(replace(job, state=JobState.CANCELLED, message="cancelled"))
    qtbot.waitUntil(lambda: entry.state is TaskState.CANCELLED)
    assert service.asked == ["/retrain/job-1"]


def test_a_retraining_that_ended_before_it_could_be_cancelled_is_not_called_cancelled(
    open_window: OpenWindow, wine: Store, service: ModelService, gateway: tuple[str, str], qtbot: QtBot
) -> None:
    wine.put_job(running_job())
    service.answer = JobState.DONE
    window = open_window(gateway)
    window.wait_for_data()
    entry = cancel_in_activity(window, qtbot)
    qtbot.waitUntil(lambda: entry.state is not TaskState.RUNNING)
    assert entry.state is TaskState.DONE


def test_without_the_gateway_nothing_is_cancelled_and_the_page_says_why(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    wine.put_job(running_job())
    window = open_window()
    window.wait_for_data()
    entry = cancel_in_activity(window, qtbot)
    qtbot.waitUntil(lambda: not window.start.monitor.notice.isHidden())
    assert "not cancelled" in window.start.monitor.notice.banner.accessibleName()
    assert entry.state is TaskState.RUNNING
    assert wine.job("wine", "A", "job-1").state is JobState.RUNNING
    cancel_in_activity(window, qtbot)


def test_a_job_that_goes_on_after_the_connection_was_left_is_not_called_cancelled(
    open_window: OpenWindow, wine: Store, qtbot: QtBot
) -> None:
    wine.put_job(running_job())
    window = open_window()
    window.wait_for_data()
    qtbot.waitUntil(lambda: window.program.actions.retraining.running("wine", "A"))
    entry = window.program.context.activity.entries[0]
    window.program.context.connection.leave()
    assert entry.state is TaskState.DETACHED
    assert entry.message == "goes on at the platform, at 40 % when last seen"
    assert wine.job("wine", "A", "job-1").state is JobState.RUNNING


def test_the_dialog_gives_rows_and_parameters_or_says_what_is_wrong(
    open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window()
    dialog = RetrainDialog("wine", "A", window.start.shell)
    told: list[tuple[int | None, dict[str, Any]]] = []
    dialog.confirmed.connect(lambda rows, parameters: told.append((rows, parameters)))
    dialog.show()
    dialog.form.field("parameters").editor.setPlainText("max depth is 8")
    dialog.buttons.accepted.emit()
    assert dialog.form.field("parameters").error()
    assert told == []
    dialog.form.field("parameters").editor.setPlainText("max_depth = 8\nkernel = rbf")
    dialog.form.field("window").editor.setCurrentText(NEWEST_ROWS)
    dialog.form.field("rows").editor.setValue(500)
    dialog.buttons.accepted.emit()
    assert told == [(500, {"max_depth": 8, "kernel": "rbf"})]


def test_parameters_keep_their_types() -> None:
    assert parse_parameters("a = 1\nb = 0.5\nc = true\n\nd = text") == {
        "a": 1,
        "b": 0.5,
        "c": True,
        "d": "text",
    }
    assert parse_parameters("= 3") is None

"""Following a retraining that lives in the store, whoever started it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace
from pytestqt.qtbot import QtBot

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
    qtbot.waitUntil(lambda: wine.project("wine").version("A").revision == fresh.sha256)  # type: ignore[union-attr]


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

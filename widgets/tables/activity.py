"""What the program does and did: progress, results and errors, kept until dismissed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from widgets.actions import ExplainedAction
from widgets.formatting import clock, percent, relative
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.table import DataTable
from widgets.theme import State

COLUMNS = (
    Column("state", "State", width=120),
    Column("title", "What", width=300),
    Column("progress", "Progress", width=150),
    Column("message", "Message", width=220, stretch=True),
    Column("started", "Started", width=120),
)


class ActivityState(StrEnum):
    """Where a piece of work stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DETACHED = "detached"


STATES = {
    ActivityState.WAITING: State.NEUTRAL,
    ActivityState.RUNNING: State.NEUTRAL,
    ActivityState.DONE: State.GOOD,
    ActivityState.FAILED: State.BAD,
    ActivityState.CANCELLED: State.WARNING,
    ActivityState.DETACHED: State.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One piece of work.

    Attributes:
        key: names it in signals.
        title: such as `Retrain A of wine`.
        progress: 0 to 1; None when it cannot be told.
        message: what it does now, what came of it, or why it failed.
        remedy, details: of an error; on hover.
        cancellable: whether asking it to stop makes sense.
        has_log: whether there is a log of whoever it is about.
    """

    key: str
    title: str
    state: ActivityState
    started: datetime
    progress: float | None = None
    message: str = ""
    remedy: str = ""
    details: str = ""
    cancellable: bool = False
    has_log: bool = False


class ActivityTable(DataTable):
    """Work in the order given; cancelled by Delete or from the context menu; logs open from there too."""

    cancel_requested = Signal(str)
    """Carries the row's key."""
    log_requested = Signal(str)
    """Carries the row's key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, name="Activity", searchable=True, parent=parent)
        self.set_empty("Nothing is under way", "Long work such as retraining shows its progress here.")
        self._shown: dict[str, ActivityRow] = {}
        self.cancel_action = ExplainedAction(
            "Cancel", explanation="Ask the selected work to stop.", icon_name="close", parent=self
        )
        self.cancel_action.setShortcut("Delete")
        self.cancel_action.triggered.connect(self._cancel)
        self.log_action = ExplainedAction(
            "Open log", explanation="Show what the service of this version wrote.", icon_name="history",
            parent=self,
        )  # fmt: skip
        self.log_action.triggered.connect(self._open_log)
        self.add_action(self.log_action)
        self.add_action(self.cancel_action)
        self.selection_changed.connect(self._judge)
        self._judge()

    def show_activity(self, rows: Sequence[ActivityRow], now: datetime | None = None) -> None:
        """Show this work."""
        self._shown = {row.key: row for row in rows}
        self.set_rows([row_for(row, now) for row in rows])
        self._judge()

    def _judge(self) -> None:
        chosen = [self._shown[key] for key in self.selected_keys() if key in self._shown]
        if not chosen:
            self.cancel_action.set_blocked("Select what to cancel.")
        elif not any(row.cancellable for row in chosen):
            self.cancel_action.set_blocked("It is over, or cannot be stopped half way.")
        else:
            self.cancel_action.set_blocked("")
        if any(row.has_log for row in chosen):
            self.log_action.set_blocked("")
        else:
            self.log_action.set_blocked("Select a version that did not answer.")

    def _open_log(self) -> None:
        key = next((key for key in self.selected_keys() if self._shown[key].has_log), "")
        if key:
            self.log_requested.emit(key)

    def _cancel(self) -> None:
        for key in self.selected_keys():
            if self._shown[key].cancellable:
                self.cancel_requested.emit(key)


def row_for(row: ActivityRow, now: datetime | None) -> Row:
    """One piece of work as finished cells."""
    running = row.state is ActivityState.RUNNING
    progress = row.progress if running else None
    return Row(
        row.key,
        (
            Cell(row.state.value, state=STATES[row.state]),
            Cell(row.title),
            Cell(
                "" if progress is None else percent(progress), sort=row.progress or 0.0, progress=progress
            ),
            Cell(row.message, tooltip="\n".join(t for t in (row.message, row.remedy, row.details) if t)),
            Cell(
                relative(row.started, now),
                sort=row.started.timestamp(),
                tooltip=clock(row.started),
                quiet=True,
                export=row.started.isoformat(),
            ),
        ),
    )

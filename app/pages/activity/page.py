"""The page: the list of what happened, and the whole story of the selected line below it."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.activity import Activity, ActivityEntry
from app.context import Context
from app.layout_state import LayoutState
from app.pages.page import Page
from app.tasks import TaskState
from widgets.formatting import clock, duration
from widgets.panels.bar import ActionButton, row
from widgets.panels.empty import EmptyState
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import Text
from widgets.tables.activity import ActivityRow, ActivityState, ActivityTable
from widgets.theme import GRID, FontSize

UPDATE_MILLISECONDS = 200


class ActivityPage(Page):
    """Follows `Activity` while it is shown, five times a second at most."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._activity: Activity = context.activity
        self.table = ActivityTable()
        self.table.set_empty(
            "Nothing has happened yet", "Work, changes and errors of this window show here."
        )
        self.table.cancel_requested.connect(self._cancel)
        self.table.log_requested.connect(self._open_log)
        self.table.export_requested.connect(self.export_requested)
        self.table.selection_changed.connect(self._show_story)
        self.entry_details = _EntryDetails()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(UPDATE_MILLISECONDS)
        self._later.timeout.connect(self._update)
        for signal in (self._activity.added, self._activity.changed, self._activity.removed):
            signal.connect(self._changed)
        self._compose()

    def enter(self) -> None:
        """Show the newest state; failures count as seen."""
        self._update()
        self._activity.mark_all_seen()

    def leave(self) -> None:
        """Follow no longer."""
        self._later.stop()

    def keep_layout(self, layouts: LayoutState) -> None:
        """The list's columns, and the panes."""
        layouts.keep_table("activity", self.table)
        layouts.keep_panes("activity", self.panes)

    def _compose(self) -> None:
        title = Text("Activity", size=FontSize.LARGE)
        bar = row(title, None, ActionButton(self.table.log_action), ActionButton(self.table.cancel_action))
        self.panes = panes = QSplitter(Qt.Orientation.Vertical)
        panes.setChildrenCollapsible(False)
        for pane, share in ((self.table, 3), (self.entry_details, 1)):
            panes.addWidget(pane)
            panes.setStretchFactor(panes.count() - 1, share)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(bar)
        layout.addWidget(panes, 1)

    def _changed(self) -> None:
        if self.isVisible() and not self._later.isActive():
            self._later.start()

    def _update(self) -> None:
        self.table.show_activity([row_for(entry) for entry in self._activity.entries])
        self._show_story()
        if self.isVisible():
            self._activity.mark_all_seen()

    def _cancel(self, key: str) -> None:
        for entry in self._activity.entries:
            if str(entry.number) == key and entry.cancel is not None:
                entry.message = "stopping…"
                entry.cancel()
                self._activity.update(entry)

    def _open_log(self, key: str) -> None:
        for entry in self._activity.entries:
            if str(entry.number) == key and entry.open_log is not None:
                entry.open_log()

    def _show_story(self) -> None:
        chosen = next(iter(self.table.selected_keys()), "")
        entry = next((entry for entry in self._activity.entries if str(entry.number) == chosen), None)
        self.entry_details.show_entry(entry)


class _EntryDetails(QWidget):
    """The whole story of one entry."""

    def __init__(self) -> None:
        super().__init__()
        self._title = Text(bold=True, wrap=True)
        self._when = Text(quiet=True)
        self._message = Text(wrap=True)
        self._error = ErrorPanel()
        self._nothing = EmptyState("Select a line to see its whole story")
        self._told: tuple[object, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.setSpacing(GRID // 2)
        for part in (self._title, self._when, self._message, self._error, self._nothing):
            layout.addWidget(part)
        layout.addStretch(1)
        self.show_entry(None)

    def show_entry(self, entry: ActivityEntry | None) -> None:
        """Show it; what is unfolded stays so while nothing changes."""
        told = () if entry is None else (entry.number, entry.state, entry.message, entry.times)
        if told == self._told and entry is not None:
            return
        self._told = told
        failed = entry is not None and entry.state is TaskState.FAILED
        self._nothing.setVisible(entry is None)
        for part in (self._title, self._when):
            part.setVisible(entry is not None)
        self._message.setVisible(entry is not None and not failed and bool(entry.message))
        self._error.hide()
        if entry is None:
            return
        self._title.setText(entry.title)
        self._when.setText(when(entry))
        self._message.setText(entry.message)
        if failed:
            self._error.show_message(entry.message, entry.remedy, entry.details)


def when(entry: ActivityEntry) -> str:
    """When it began, how long it took, how often it failed so."""
    text = clock(entry.started_at)
    if entry.ended_at is not None and entry.times == 1:
        seconds = (entry.ended_at - entry.started_at).total_seconds()
        text += f", took {duration(seconds)}" if seconds >= 1 else ", took less than a second"
    if entry.ended_at is not None and entry.times > 1:
        text += f", {entry.times} times until {clock(entry.ended_at)}"
    return text


def row_for(entry: ActivityEntry) -> ActivityRow:
    """An entry as the table wants it."""
    message = f"{entry.message} ({entry.times} times)" if entry.times > 1 else entry.message
    return ActivityRow(
        key=str(entry.number),
        title=entry.title,
        state=ActivityState(entry.state.value),
        started=entry.started_at,
        progress=entry.fraction,
        message=message,
        remedy=entry.remedy,
        cancellable=entry.cancel is not None,
        has_log=entry.open_log is not None,
    )

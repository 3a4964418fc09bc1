"""Champions that do not answer: badges in the sidebar, rows in Activity, and their logs at hand."""

from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject

from app.activity import ActivityEntry
from app.connection.platform_connection import PlatformConnection
from app.context import Context
from app.dialogs.log import LogDialog
from app.error_text import as_sentence
from app.shell.window import Shell
from app.tasks import TaskState
from services.gateway.messages import Outage
from services.registry.choices import Mode
from widgets.formatting import clock

PAGES = ("monitor", "projects")
_REMEDY = "Its log says why. While it lasts, another version can be made champion on Monitor."


class OutageView(QObject):
    """Follows what the gateway tells; an outage that has ended stays in Activity, from when to when."""

    def __init__(self, shell: Shell, context: Context) -> None:
        super().__init__(shell)
        self._shell = shell
        self._context = context
        self._connection: PlatformConnection = context.connection
        self._entries: dict[tuple[object, ...], ActivityEntry] = {}
        self.log: LogDialog | None = None
        self._connection.changed.connect(self.show)
        self._connection.closing.connect(self._closing)

    def show(self) -> None:
        """Bring badges and rows up to date."""
        silent = len(self._connection.silent_champions)
        for page in PAGES:
            self._shell.sidebar.set_alarm(page, silent, plural_champions(silent))
        health = self._connection.gateway_health
        if health is not None:
            for outage in (*health.past_outages, *health.outages):
                self._record(outage)

    def open_log(self, outage: Outage) -> None:
        """Show what the version's service wrote: its container's log, else that of the local process."""
        context, platform = self._context, self._connection.platform
        containers = context.engine_connection.of_version(outage.project, outage.version)
        if containers:
            newest = max(containers, key=lambda one: one.created)
            context.bus.container_requested.emit(newest.identifier)
        elif platform is not None:
            title = f"Log of {outage.version} of {outage.project}"
            read = partial(platform.service_log, outage.project, outage.version)
            self.log = LogDialog(title, read, context.tasks, self._shell)
            self.log.finished.connect(self._log_closed)
            self.log.show()

    def _log_closed(self) -> None:
        self.log = None

    def _record(self, outage: Outage) -> None:
        """Keep a row of an outage, and keep it up to date."""
        key = (outage.project, outage.version, outage.since)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = ActivityEntry(
                "", started_at=outage.since, open_log=partial(self.open_log, outage)
            )
            self._context.activity.add(entry)
            if outage.mode is Mode.CHAMPION and outage.until is None:
                self._context.activity.end(entry, TaskState.FAILED)
            entry.state = TaskState.FAILED
        elif entry.ended_at == outage.until and entry.title:
            return
        who = f"{outage.mode.value.capitalize()} {outage.version} of {outage.project}"
        reason = as_sentence(outage.reason)
        entry.ended_at = outage.until
        if outage.until is None:
            entry.title, entry.message = f"{who} does not answer", reason
            entry.remedy = _REMEDY if outage.mode is Mode.CHAMPION else "Its log says why."
        else:
            entry.title = f"{who} did not answer"
            entry.message = f"From {moment(outage.since)} to {moment(outage.until)}. {reason}"
            entry.remedy = ""
        entry.details = f"Noticed {clock(outage.since)}"
        self._context.activity.update(entry)

    def _closing(self) -> None:
        """Another platform's outages are not followed any more."""
        for entry in self._entries.values():
            if entry.ended_at is None:
                entry.message = f"{entry.message} Not followed any more since the platform was left."
                entry.remedy, entry.open_log = "", None
                self._context.activity.update(entry)
        self._entries = {}


def moment(at: datetime) -> str:
    """The time of day; with the date where it is not today's."""
    local = at.astimezone()
    return f"{local:%H:%M:%S}" if local.date() == datetime.now().astimezone().date() else clock(at)


def plural_champions(count: int) -> str:
    """The words behind a number of champions that are silent."""
    return "champion does not answer" if count == 1 else "champions do not answer"

"""Brings the parts of the chosen platform into the table, and the chosen part's log below it."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.error_text import describe_error
from app.pages.shared.engine.stream_follower import StreamFollower
from app.tasks import BackgroundTask
from services.containers.model import PLATFORM_LABEL, ContainerChange, LogLine
from services.errors import NotFound, RelevoError
from services.platform.status import PartStatus, PlatformStatus, platform_status
from widgets.logs.buffer import LIMIT
from widgets.logs.pane import LogPane
from widgets.tables.platform_parts import PartRow, PartsTable

LOOK_MILLISECONDS = 10_000
CHANGE_MILLISECONDS = 400
CHOICE_MILLISECONDS = 120
USUAL_NAME = "relevo"


class PlatformPresenter(QObject):
    """Looks when the page is come to, when a container of the platform changes, and every ten seconds.

    `looked` comes after each look; `state` is None where there is no platform.
    """

    looked = Signal()

    def __init__(self, table: PartsTable, log: LogPane, context: Context) -> None:
        super().__init__(table)
        self._table, self._log, self._context = table, log, context
        self._connection = context.engine_connection
        self._here = False
        self._looking: BackgroundTask[PlatformStatus] | None = None
        self._again = False
        self._followed = ""
        self.name = ""
        self.state: PlatformStatus | None = None
        self._logs: StreamFollower[LogLine] = StreamFollower(
            context.tasks, log.append, self._log_ended, self
        )
        self._look = self._timer(LOOK_MILLISECONDS, self.refresh, single=False)
        self._soon = self._timer(CHANGE_MILLISECONDS, self.refresh, single=True)
        self._choice = self._timer(CHOICE_MILLISECONDS, self._follow_log, single=True)
        table.selection_changed.connect(self._choice.start)
        self._connection.containers_changed.connect(self._changed)
        self._connection.opened.connect(lambda _engine: self._engine_opened())
        self._connection.closing.connect(self._logs.stop)
        self._connection.changed.connect(self._show_empty_reason)
        self._show_empty_reason()

    @property
    def looking(self) -> bool:
        """Whether the engine is being asked for the first time."""
        return self._looking is not None and self.state is None

    def names(self) -> list[str]:
        """The platforms that have containers on this engine."""
        found = (
            container.labels.get(PLATFORM_LABEL, "") for container in self._connection.containers.values()
        )
        return sorted({name for name in found if name})

    def choose(self, name: str) -> None:
        """Show the platform of this name."""
        if name != self.name:
            self.name, self.state = name, None
            self._table.show_parts(())
            self._logs.stop()
            self._followed = ""
        self.refresh()

    def enter(self) -> None:
        """The page is shown."""
        self._here = True
        self._context.hosts.want()
        self._look.start()
        self.refresh()
        self._follow_log()

    def leave(self) -> None:
        """The page is left: nothing is followed any more."""
        self._here = False
        for timer in (self._look, self._soon, self._choice):
            timer.stop()
        self._logs.stop()
        self._followed = ""

    def refresh(self) -> None:
        """Look now; during a look once more after it, for it may have passed by what changed."""
        engine = self._connection.engine
        if engine is None or not self._here:
            return
        if self._looking is not None:
            self._again = True
            return
        names = self.names()
        if self.name not in names:
            self.name = USUAL_NAME if USUAL_NAME in names or not names else names[0]
        if not names:
            self._none()
            return
        name = self.name
        self._looking = self._context.tasks.run(
            lambda _work: platform_status(engine, name),
            owner=self,
            title=f"Looking at the platform {name}",
            on_result=self._found,
            on_error=self._failed,
            on_end=self._looked,
            routine=True,
        )

    def _timer(self, milliseconds: int, do: object, *, single: bool) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(single)
        timer.setInterval(milliseconds)
        timer.timeout.connect(do)
        return timer

    def _found(self, state: PlatformStatus) -> None:
        self.state = state
        rows = [_row(part, model=False) for part in state.parts]
        self._table.show_parts([*rows, *(_row(model, model=True) for model in state.models)])

    def _failed(self, error: RelevoError) -> None:
        if isinstance(error, NotFound):
            self._none()
        else:
            self._connection.report(error)

    def _looked(self) -> None:
        self._looking = None
        self.looked.emit()
        if self._again:
            self._again = False
            self.refresh()

    def _none(self) -> None:
        self.state = None
        self._table.show_parts(())
        self._show_empty_reason()
        self.looked.emit()

    def _engine_opened(self) -> None:
        self.state = None
        self._table.show_parts(())
        self.refresh()

    def _changed(self, changes: Sequence[ContainerChange]) -> None:
        own = any(change.container is None or change.container.platform for change in changes)
        if own and self._here and not self._soon.isActive():
            self._soon.start()

    def _follow_log(self) -> None:
        part, engine = self._table.chosen(), self._connection.engine
        identifier = part.key if part is not None else ""
        if not self._here or identifier == self._followed:
            return
        self._followed = identifier
        self._logs.stop()
        if part is None or engine is None or part.state == "missing":
            self._log.begin("log", "Select a part", "What it writes shows here.")
            return
        if not part.here:
            self._log.begin(
                "log",
                f"{part.name} runs on other machines",
                f"relevo platform log {part.name} shows its log.",
            )
            return
        self._log.begin(part.name, f"{part.name} has written nothing yet")
        self._logs.follow(
            f"Following the log of {part.name}",
            lambda receive, ended: engine.follow_logs(identifier, LIMIT, receive, ended),
        )

    def _log_ended(self, error: RelevoError | None) -> None:
        self._log.set_state(describe_error(error) if error else "complete: it does not run")

    def _show_empty_reason(self) -> None:
        connection, table = self._connection, self._table
        if connection.state is ConnectionState.LOST and connection.error is not None:
            table.set_empty("Docker does not answer", describe_error(connection.error))
        elif connection.state is ConnectionState.OPEN:
            table.set_empty(
                "No platform on this host yet",
                "“Set up…” brings Cassandra, the gateway and the other parts up, and writes a profile.",
            )
        else:
            table.set_empty("Connecting to Docker…")


def _row(part: PartStatus, *, model: bool) -> PartRow:
    return PartRow(
        key=part.identifier or f"elsewhere-{part.name}",
        here=bool(part.identifier),
        name=part.name,
        state=part.state,
        text=part.text,
        version=part.version,
        address=part.address,
        since=part.since,
        memory=part.memory,
        limit=part.memory_limit,
        restarts=part.restarts,
        message=part.message,
        model=model,
    )

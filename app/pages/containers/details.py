"""One container from the inside: log, usage, inspection, terminal; only the tab that is seen asks."""

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from app.error_text import describe_error
from app.pages.containers.terminals import Terminals
from app.pages.shared.engine.stream_follower import StreamFollower
from app.tasks import Tasks
from services.containers.model import Container, ContainerState, ContainerUsage, LogLine
from services.errors import RelevoError
from widgets.containers.columns import health_cell, state_cell
from widgets.inspection.tree import DataTree
from widgets.logs.buffer import LIMIT
from widgets.logs.pane import LogPane
from widgets.panels.bar import row
from widgets.panels.empty import EmptyState
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import ElidedText, Text
from widgets.plots.usage import UsagePlot, now_in_words
from widgets.theme import GRID

if TYPE_CHECKING:
    from services.containers.engine.engine import Engine

READINGS = 600
LOG, USAGE, INSPECT, TERMINAL = range(4)


class ContainerDetails(QWidget):
    """Shows the container that it is given, as long as it is seen."""

    export_requested = Signal(object)

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._engine: Engine | None = None
        self._container: Container | None = None
        self._readings: deque[ContainerUsage] = deque(maxlen=READINGS)
        self.title = ElidedText(bold=True)
        self.state = Text()
        self.health = Text()
        self.tabs = QTabWidget()
        self.log = LogPane()
        self.usage = UsagePlot()
        self.now = Text(quiet=True)
        self.inspection = DataTree()
        self.inspection_error = ErrorPanel()
        self.terminals = Terminals(tasks)
        self.nothing = EmptyState("")
        self._logs: StreamFollower[LogLine] = StreamFollower(tasks, self.log.append, self._log_ended, self)
        self._uses: StreamFollower[ContainerUsage] = StreamFollower(
            tasks, self._used, self._usage_ended, self
        )
        self._stack = QStackedWidget()
        self._compose()
        self.tabs.currentChanged.connect(self._follow)
        for part in (self.log, self.usage, self.inspection):
            part.export_requested.connect(self.export_requested)

    @property
    def identifier(self) -> str:
        """The container's that is shown; empty for none."""
        return self._container.identifier if self._container else ""

    def show_container(self, engine: "Engine | None", container: Container) -> None:
        """Show this container; what is followed of it goes on if it is the same and still runs."""
        before, engine_before = self._container, self._engine
        self._engine, self._container = engine, container
        self._show_heading(container)
        self._stack.setCurrentWidget(self._body)
        same = before is not None and before.identifier == container.identifier
        if not same:
            self._readings.clear()
            self.usage.show_usage(())
            self.now.setText("")
            self.inspection.clear()
        begun = same and before is not None and before.started != container.started
        if not same or begun or engine is not engine_before:
            self._follow()
        elif self.tabs.currentIndex() == INSPECT and before != container:
            self._inspect()
        self.terminals.show_container(engine, container)

    def show_nothing(self, text: str, hint: str = "") -> None:
        """No container, or several: say so, and follow nothing."""
        self._container = None
        self._stop_following()
        self.nothing.set_text(text, hint)
        self._stack.setCurrentWidget(self.nothing)

    def leave(self) -> None:
        """Nobody looks: follow nothing but open terminals."""
        self._stop_following()

    def enter(self) -> None:
        """Somebody looks again."""
        if self._container is not None:
            self._follow()

    def _show_heading(self, container: Container) -> None:
        state, health = state_cell(container), health_cell(container)
        self.title.setText(container.name)
        self.title.set_hint(f"{container.identifier[:12]}\n{container.command}")
        self.state.setText(state.text)
        self.state.set_state(state.state)
        self.health.setText(health.text if health.state is not None else "")
        self.health.set_state(health.state)

    def _stop_following(self) -> None:
        self._logs.stop()
        self._uses.stop()

    def _follow(self) -> None:
        """Follow what the tab shows, from the beginning."""
        self._stop_following()
        container, tab = self._container, self.tabs.currentIndex()
        if container is None or self._engine is None:
            return
        if tab == LOG:
            self._follow_log(self._engine, container)
        elif tab == USAGE:
            self._follow_usage(self._engine, container)
        elif tab == INSPECT:
            self._inspect()

    def _follow_log(self, engine: "Engine", container: Container) -> None:
        never = container.state is ContainerState.CREATED
        self.log.begin(container.name, "It was never started" if never else "It has written nothing yet")
        if not never:
            self._logs.follow(
                f"Reading the log of {container.name}",
                lambda receive, ended: engine.follow_logs(container.identifier, LIMIT, receive, ended),
            )

    def _log_ended(self, error: RelevoError | None) -> None:
        if error is not None and not len(self.log.view.buffer):
            self.log.set_empty("The log cannot be read", describe_error(error))
        self.log.set_state("the log broke off" if error else "complete")

    def _follow_usage(self, engine: "Engine", container: Container) -> None:
        self._readings.clear()
        if container.state not in {ContainerState.RUNNING, ContainerState.PAUSED}:
            self.usage.set_empty("It does not run", "A running container is measured once a second.")
            return
        self.usage.set_empty("Waiting for the first reading", "It comes within two seconds.")
        self._uses.follow(
            f"Measuring {container.name}",
            lambda receive, ended: engine.follow_usage(
                container.identifier, lambda usage: receive((usage,)), ended
            ),
        )

    def _used(self, readings: Sequence[ContainerUsage]) -> None:
        self._readings.extend(readings)
        self.usage.show_usage(self._readings)
        self.now.setText(now_in_words(self._readings))

    def _usage_ended(self, error: RelevoError | None) -> None:
        if not self._readings:
            self.usage.set_empty(
                "It could not be measured", describe_error(error) if error else "It has ended."
            )

    def _inspect(self) -> None:
        engine, container = self._engine, self._container
        if engine is None or container is None:
            return

        def arrived(found: dict[str, Any]) -> None:
            self.inspection_error.hide()
            if self.identifier == container.identifier:
                self.inspection.show_data(container.name, found)

        self._tasks.run(
            lambda _work: engine.inspect(container.identifier),
            owner=self,
            title=f"Inspecting {container.name}",
            on_result=arrived,
            on_error=self.inspection_error.show_error,
            routine=True,
        )

    def _compose(self) -> None:
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.log, "Log")
        self.tabs.addTab(_tab(self.now, self.usage), "Usage")
        self.tabs.addTab(_tab(self.inspection_error, self.inspection), "Inspect")
        self.tabs.addTab(self.terminals, "Terminal")
        self._body = QWidget()
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(0, GRID, 0, 0)
        inside.setSpacing(GRID // 2)
        head = row(self.title, self.state, self.health)
        head.setStretch(0, 1)
        inside.addLayout(head)
        inside.addWidget(self.tabs, 1)
        for page in (self.nothing, self._body):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)


def _tab(*parts: QWidget) -> QWidget:
    tab = QWidget()
    layout = QVBoxLayout(tab)
    layout.setContentsMargins(0, GRID // 2, 0, 0)
    layout.setSpacing(GRID // 2)
    for part in parts:
        layout.addWidget(part)
    layout.setStretch(len(parts) - 1, 1)
    return tab

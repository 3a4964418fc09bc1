"""What the deeds of an engine's page have in common: run off the GUI thread, told on the page."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.cross_thread_queue import CrossThreadQueue
from app.dialogs.registry_sign_in import RegistrySignIn
from app.tasks import Work
from services.containers.model import LogLine
from services.errors import RelevoError, SignInNeeded
from services.profiles.registries import RegistrySignIns
from widgets.actions import ExplainedAction
from widgets.logs.pane import LogPane
from widgets.panels.error import ErrorPanel

if TYPE_CHECKING:
    from services.containers.engine.engine import Engine

OFFLINE = "Docker does not answer."

T = TypeVar("T")


class EngineActions(QObject):
    """Runs deeds with the page's engine; `output_began` comes when a build's output begins to arrive.

    Args:
        table: what the deeds are done with; before its window dialogs stand.
        output: shows what builds print.
        error: shows why the last deed failed, until the next one begins.
        refresh: looks anew, after each deed.
        context: the program's parts.
    """

    output_began = Signal()
    _output_waiting = Signal()

    def __init__(
        self,
        table: QWidget,
        output: LogPane,
        error: ErrorPanel,
        refresh: Callable[[], None],
        context: Context,
    ) -> None:
        super().__init__(table)
        self.context = context
        self.error = error
        self.dialog: QDialog | None = None
        self.sign_in = RegistrySignIn(table, context.tasks, RegistrySignIns(context.secrets), self.fail)
        self._anchor, self._output, self._refresh = table, output, refresh
        self._output_queue: CrossThreadQueue[str] = CrossThreadQueue(self._output_waiting.emit)
        self._output_waiting.connect(self._show_output)

    @property
    def window(self) -> QWidget:
        """Before which dialogs stand."""
        return self._anchor.window()

    @property
    def offline(self) -> str:
        """Why nothing can be done while the engine is away; empty when it is there."""
        return "" if self.context.engine_connection.state is ConnectionState.OPEN else OFFLINE

    def action(self, text: str, explanation: str, icon: str, do: Callable[[], object]) -> ExplainedAction:
        """An action of the page."""
        return ExplainedAction(text, explanation=explanation, icon_name=icon, do=do, parent=self._anchor)

    def show(self, dialog: QDialog) -> None:
        """Open a dialog of the page."""
        self.dialog = dialog
        dialog.finished.connect(self._closed)
        dialog.open()

    def look(self, title: str, question: Callable[["Engine"], T], on_result: Callable[[T], None]) -> None:
        """Ask the engine what a dialog has to tell before something is done."""
        engine = self.context.engine_connection.engine
        if engine is None:
            return
        self.context.tasks.run(
            lambda _work: question(engine),
            owner=self,
            title=title,
            on_result=on_result,
            on_error=self.fail,
            routine=True,
        )

    def run(
        self,
        title: str,
        do: Callable[["Engine", Work], T],
        on_result: Callable[[T], None] | None = None,
    ) -> None:
        """Do something long with the engine; an error shows above the table.

        Where a registry asks for a user and a password, a dialog does too, and it is done again.
        """
        engine = self.context.engine_connection.engine
        if engine is None:
            return
        self.error.hide()
        self.context.tasks.run(
            lambda work: do(engine, work),
            owner=self,
            title=title,
            on_result=on_result,
            on_error=lambda error: self._failed(error, lambda: self.run(title, do, on_result)),
            on_end=self._refresh,
            cancellable=True,
            long=True,
        )

    def _failed(self, error: RelevoError, again: Callable[[], None]) -> None:
        self.fail(error)
        if isinstance(error, SignInNeeded):
            self.sign_in.ask(error, again)

    def fail(self, error: RelevoError) -> None:
        """Tell it above the table."""
        self.context.engine_connection.report(error)
        self.error.show_error(error)

    def begin_output(
        self,
        name: str,
        empty: str = "Nothing has to be built so far",
        hint: str = "What builds print shows here.",
    ) -> None:
        """A work begins that may build images."""
        self._output.begin(name, empty, hint)
        self.output_began.emit()

    def append_output(self, text: str) -> None:
        """What a build prints; may be called from any thread."""
        self._output_queue.put(text)

    def _show_output(self) -> None:
        now = datetime.now(UTC)
        self._output.append(
            [LogLine(now, line) for line in "".join(self._output_queue.drain()).splitlines()]
        )

    def _closed(self) -> None:
        self.dialog = None

"""What can be done with the selected containers: judged, asked about, carried out, told on their lines."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.dialogs.confirm_action import ConfirmActionDialog, ConfirmationRequest
from app.dialogs.rename import RenameDialog
from app.error_text import describe_error
from app.pages.containers.action_rules import (
    HARMLESS,
    IN_PROGRESS,
    ContainerOperation,
    ProductionRole,
    applicable,
    blocked_reason,
    consequence,
    in_production,
    swarm_hint,
)
from app.pages.containers.production_roles import production_roles
from app.tasks import Work
from services.containers.model import Container
from services.errors import NotFound, RelevoError
from widgets.actions import ExplainedAction
from widgets.containers.columns import Note
from widgets.containers.table import ContainerTable
from widgets.formatting import plural
from widgets.theme import State

if TYPE_CHECKING:
    from services.containers.engine.engine import Engine

AT_ONCE = 4
WORDS = {
    ContainerOperation.START: ("Start", "Start what does not run", "start"),
    ContainerOperation.STOP: ("Stop", "Ask it to end; it is killed if it has not after a while", "stop"),
    ContainerOperation.RESTART: ("Restart", "Stop it and start it again", "refresh"),
    ContainerOperation.PAUSE: ("Pause", "Freeze its processes; nothing is lost", ""),
    ContainerOperation.RESUME: ("Resume", "Let its processes go on", ""),
    ContainerOperation.KILL: ("Kill", "End it at once, without letting it finish what it does", ""),
    ContainerOperation.RENAME: ("Rename…", "Give it another name", ""),
    ContainerOperation.REMOVE: (
        "Remove…",
        "Delete the container; its image and named volumes stay",
        "remove",
    ),
}
_KEYS = {ContainerOperation.REMOVE: "Delete", ContainerOperation.RENAME: "F2"}


class ContainerActions(QObject):
    """One action a deed; all follow the selection."""

    _done = Signal(str, object)

    def __init__(self, table: ContainerTable, context: Context) -> None:
        super().__init__(table)
        self._table = table
        self._context = context
        self.dialog: ConfirmActionDialog | RenameDialog | None = None
        self.actions = {operation: self._action(operation) for operation in ContainerOperation}
        table.selection_changed.connect(self.update_actions)
        context.engine_connection.changed.connect(self.update_actions)
        context.engine_connection.containers_changed.connect(self.update_actions)
        self._done.connect(self._show_note)
        self.update_actions()

    def update_actions(self) -> None:
        """Block what cannot be done, each with its reason."""
        chosen = self._table.selected()
        connected = self._context.engine_connection.state is ConnectionState.OPEN
        for operation, action in self.actions.items():
            action.set_blocked(blocked_reason(operation, chosen, connected=connected))

    def do(self, operation: ContainerOperation) -> None:
        """Do it with the selected containers that it fits, asking before where much depends on them."""
        chosen = applicable(operation, self._table.selected())
        if not chosen:
            return  # it has just gone, or changed its state
        if operation is ContainerOperation.RENAME:
            self._ask_name(chosen[0])
        elif operation in HARMLESS:
            self._start(operation, chosen)
        else:
            self._find_roles(operation, chosen)

    def _action(self, operation: ContainerOperation) -> ExplainedAction:
        words, explanation, icon_name = WORDS[operation]
        action = ExplainedAction(words, explanation=explanation, icon_name=icon_name, parent=self._table)
        if operation in _KEYS:
            action.setShortcut(_KEYS[operation])
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _checked: self.do(operation))
        self._table.add_action(action)
        return action

    def _find_roles(self, operation: ContainerOperation, chosen: Sequence[Container]) -> None:
        """Off the GUI thread: which of them are champions."""
        platform = self._context.connection.platform
        self._context.tasks.run(
            lambda _work: production_roles(chosen, platform),
            owner=self,
            title="Looking at what depends on them",
            on_result=lambda parts: self._ask(operation, chosen, parts),
            routine=True,
        )

    def _ask(
        self, operation: ContainerOperation, chosen: Sequence[Container], parts: dict[str, ProductionRole]
    ) -> None:
        vital = [one for one in chosen if in_production(one, parts[one.identifier])]
        if operation is not ContainerOperation.REMOVE and not vital:
            self._start(operation, chosen)
            return
        request = confirmation_for(operation, chosen, vital, parts)
        dialog = ConfirmActionDialog(request, self._table.window())
        dialog.confirmed.connect(lambda: self._start(operation, chosen))
        self._show(dialog)

    def _ask_name(self, container: Container) -> None:
        dialog = RenameDialog(container.name, self._table.window())
        dialog.named.connect(lambda name: self._rename(dialog, container, name))
        self._show(dialog)

    def _show(self, dialog: ConfirmActionDialog | RenameDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(self._closed)
        dialog.open()

    def _closed(self) -> None:
        self.dialog = None

    def _rename(self, dialog: RenameDialog, container: Container, name: str) -> None:
        engine = self._context.engine_connection.engine
        if engine is None:
            dialog.show_error("Docker does not answer; try again when it is back.")
            return
        self._context.tasks.run(
            lambda _work: engine.rename(container.identifier, name),
            owner=dialog,
            title=f"Renaming {container.name} to {name}",
            on_result=lambda _nothing: dialog.accept(),
            on_error=lambda error: dialog.show_error(describe_error(error)),
        )

    def _start(self, operation: ContainerOperation, chosen: Sequence[Container]) -> None:
        engine = self._context.engine_connection.engine
        if engine is None or not chosen:
            return
        for container in chosen:
            self._table.model.set_note(container.identifier, Note(f"{IN_PROGRESS[operation]}…"))
        several = len(chosen) > 1
        what = plural(len(chosen), "container") if several else chosen[0].name
        self._context.tasks.run(
            partial(self._run_all, engine, operation, chosen),
            owner=self,
            title=f"{IN_PROGRESS[operation].capitalize()} {what}",
            on_error=self._context.engine_connection.report,
            on_end=self.update_actions,
            cancellable=several,
            long=True,
        )

    def _run_all(
        self, engine: "Engine", operation: ContainerOperation, chosen: Sequence[Container], work: Work
    ) -> None:
        """Off the GUI thread: a few at a time; each container is told of as it is done or fails."""
        failures: list[tuple[Container, RelevoError]] = []

        def one(container: Container) -> None:
            error = None if work.stopping else run_operation(engine, operation, container)
            if error is not None:
                failures.append((container, error))
            self._done.emit(container.identifier, error)

        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="relevo-containers") as pool:
            for done, _ in enumerate(pool.map(one, chosen), start=1):
                if len(chosen) > 1 and not work.stopping:
                    work.progress(done / len(chosen), f"{done} of {len(chosen)}")
        if failures:
            raise combined_error(failures)

    def _show_note(self, identifier: str, error: RelevoError | None) -> None:
        note = None
        if error is not None:
            note = Note(
                error.message, State.BAD, "\n".join(t for t in (describe_error(error), error.details) if t)
            )
        self._table.model.set_note(identifier, note)


def run_operation(
    engine: "Engine", operation: ContainerOperation, container: Container
) -> RelevoError | None:
    """Do it with one container; why it failed, or None. What is gone already needs no removing."""
    try:
        engine_method(engine, operation)(container.identifier)
    except NotFound as error:
        return None if operation is ContainerOperation.REMOVE else error
    except RelevoError as error:
        return error
    return None


def engine_method(engine: "Engine", operation: ContainerOperation) -> Callable[[str], None]:
    """The engine's method for a deed; removing takes running containers and their unnamed volumes too."""
    calls: dict[ContainerOperation, Callable[[str], None]] = {
        ContainerOperation.START: engine.start,
        ContainerOperation.STOP: engine.stop,
        ContainerOperation.RESTART: engine.restart,
        ContainerOperation.KILL: engine.kill,
        ContainerOperation.PAUSE: engine.pause,
        ContainerOperation.RESUME: engine.unpause,
        ContainerOperation.REMOVE: partial(engine.remove, force=True, volumes=True),
    }
    return calls[operation]


def confirmation_for(
    operation: ContainerOperation,
    chosen: Sequence[Container],
    vital: Sequence[Container],
    parts: dict[str, ProductionRole],
) -> ConfirmationRequest:
    """What is asked before: what stops, and the name of everything vital that is to be removed."""
    several = len(chosen) > 1
    verb = operation.value.capitalize()
    told = [consequence(one, parts[one.identifier]) for one in (*vital, *chosen)]
    told += [swarm_hint(one) for one in chosen]
    removing = operation is ContainerOperation.REMOVE
    running = any(one in applicable(ContainerOperation.STOP, chosen) for one in chosen)
    if removing and running:
        told.append("What runs is killed first." if several else "It runs; it is killed first.")
    note = "Named volumes and images stay; a removed container itself cannot be brought back."
    return ConfirmationRequest(
        title=f"{verb} {plural(len(chosen), 'container')}" if several else f"{verb} {chosen[0].name}",
        action=verb,
        names=[one.name for one in chosen] if several else (),
        consequences=[text for text in dict.fromkeys(told) if text],
        names_to_type=[one.name for one in vital] if removing else (),
        note=note if removing else "",
    )


def combined_error(failures: Sequence[tuple[Container, RelevoError]]) -> RelevoError:
    """One error for Activity: the only one itself, or how many failed, with each in the details."""
    if len(failures) == 1:
        container, error = failures[0]
        return type(error)(f"{container.name}: {error.message}", remedy=error.remedy, details=error.details)
    lines = "\n".join(f"{container.name}: {error.message}" for container, error in failures)
    return RelevoError(f"It failed for {plural(len(failures), 'container')}", details=lines)

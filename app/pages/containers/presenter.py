"""Follows the engine: brings its containers into the list, and the selected one into the details."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer

from app.connection.engine_connection import EngineConnection
from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.pages.containers.details import ContainerDetails
from app.pages.containers.production_roles import orders_of
from app.pages.containers.usages import UsageUpdater
from services.containers.model import Container, ContainerChange, ContainerState
from widgets.containers.table import ContainerTable
from widgets.formatting import plural

AGE_MILLISECONDS = 10_000
CHOICE_MILLISECONDS = 120
"""A selection that rests so long is meant; on the way there nothing is asked for."""


class ContainersPresenter(QObject):
    """The list is live whether it is seen or not; details are followed only while they are seen."""

    def __init__(self, table: ContainerTable, details: ContainerDetails, context: Context) -> None:
        super().__init__(table)
        self._table = table
        self._details = details
        self._context = context
        self._connection: EngineConnection = context.engine_connection
        self._here = False
        self._select_first = False
        self._usages = UsageUpdater(table, context.engine_connection, context.tasks)
        self._older = QTimer(self)
        self._older.setInterval(AGE_MILLISECONDS)
        self._older.timeout.connect(table.model.grow_older)
        self._chosen = QTimer(self)
        self._chosen.setSingleShot(True)
        self._chosen.setInterval(CHOICE_MILLISECONDS)
        self._chosen.timeout.connect(self._show_chosen)
        self._connect()
        table.model.take(dict(self._connection.containers))
        self._show_empty_reason()

    def enter(self) -> None:
        """The page is shown: open an engine if none is, bring ages up to date, follow the details."""
        self._here = True
        self._context.hosts.want()
        self._table.model.grow_older()
        self._older.start()
        self._usages.enter()
        self._details.enter()
        self._show_chosen()
        self._colour()

    def leave(self) -> None:
        """The page is left."""
        self._here = False
        self._older.stop()
        self._chosen.stop()
        self._usages.leave()
        self._details.leave()

    def select_first(self) -> None:
        """Select the first container that runs, as soon as there is one."""
        self._select_first = True
        self._choose_first()

    def _choose_first(self) -> None:
        model = self._table.model
        found = (one for row in model.lines() if (one := model.container(row.key)) is not None)
        first = next((one for one in found if one.state is ContainerState.RUNNING), None)
        if self._select_first and first is not None:
            self._select_first = False
            self._table.select([first.identifier])

    def _connect(self) -> None:
        self._connection.containers_changed.connect(self._changed)
        self._connection.changed.connect(self._link_changed)
        self._connection.closing.connect(self._details.leave)
        self._table.selection_changed.connect(self._choose)
        self._context.connection.opened.connect(self._colour)
        self._context.bus.registry_changed.connect(self._colour)

    def _changed(self, changes: Sequence[ContainerChange]) -> None:
        newest: dict[str, Container | None] = {}
        for change in changes:
            newest[change.identifier] = change.container
            if change.container is None:
                self._details.terminals.forget(change.identifier)
        self._table.model.take(newest)
        self._show_empty_reason()
        self._choose_first()
        if self._details.identifier in newest:
            self._show_chosen()

    def _link_changed(self) -> None:
        self._show_empty_reason()
        if self._here:
            self._show_chosen()

    def _choose(self) -> None:
        if self._here:
            self._chosen.start()

    def _show_chosen(self) -> None:
        self._chosen.stop()
        if not self._here:
            return
        chosen = self._table.selected()
        if len(chosen) == 1:
            self._details.show_container(self._connection.engine, chosen[0])
        elif not self._table.model.size:
            self._details.show_nothing("")
        elif chosen:
            self._details.show_nothing(
                f"{plural(len(chosen), 'container')} selected", "Select one to see it from the inside."
            )
        else:
            self._details.show_nothing(
                "Select a container", "Its log, usage, settings and a terminal show here."
            )

    def _show_empty_reason(self) -> None:
        connection, table = self._connection, self._table
        if connection.state is ConnectionState.LOST and connection.error is not None:
            table.set_empty("Docker does not answer", "Its containers show here as soon as it does.")
        elif connection.state is ConnectionState.OPEN:
            table.set_empty("No containers yet", "What is started on this engine shows here at once.")
        else:
            table.set_empty("Connecting to Docker…")

    def _colour(self) -> None:
        """Versions wear the colours that they have elsewhere, where their platform is open."""
        platform = self._context.connection.platform
        if platform is not None and self._here:
            self._context.tasks.run(
                lambda _work: orders_of(platform),
                owner=self,
                title="Looking up the versions’ colours",
                on_result=self._table.model.set_orders,
                on_error=self._context.connection.report,
                routine=True,
            )

"""The Swarm of a platform: its services and their tasks, scaled here; its machines, drained here."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QSplitter, QTabWidget, QVBoxLayout, QWidget

from app.context import Context
from app.pages.platform.actions import PlatformActions
from app.pages.platform.presenter import PlatformPresenter
from app.tasks import BackgroundTask
from services.containers.engine.engine import Engine
from services.containers.model import PLATFORM_LABEL, SERVICE_LABEL, SwarmState
from services.containers.swarm.cluster import Cluster
from services.containers.swarm.model import SwarmNode, SwarmService, SwarmTask
from widgets.panels.bar import ActionButton, row
from widgets.tables.swarm import (
    MachineRow,
    MachinesTable,
    ServiceRow,
    ServicesTable,
    TaskRow,
    TasksTable,
)
from widgets.theme import GRID

MOST_REPLICAS = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """A Swarm as it was seen: services with their tasks, machines."""

    services: tuple[tuple[SwarmService, tuple[SwarmTask, ...]], ...] = ()
    machines: tuple[SwarmNode, ...] = ()


def look_at(engine: Engine, platform: str) -> Seen:
    """Ask the manager; several calls."""
    cluster = Cluster(engine)
    services = cluster.services({PLATFORM_LABEL: platform})
    return Seen(
        tuple((service, tuple(cluster.tasks(service.name))) for service in services), tuple(cluster.nodes())
    )


class SwarmTab(QTabWidget):
    """Two tabs, services and machines; follows the page's looks while the engine manages a Swarm."""

    def __init__(
        self, platform_actions: PlatformActions, presenter: PlatformPresenter, context: Context
    ) -> None:
        super().__init__()
        self._platform_actions, self._presenter, self._context = platform_actions, presenter, context
        self._looking: BackgroundTask[Seen] | None = None
        self._again = False
        self._seen = Seen()
        self.services, self.tasks, self.machines = ServicesTable(), TasksTable(), MachinesTable()
        self.scale = self._platform_actions.action(
            "Scale…", "Run more or fewer replicas", "chevron-up", self._ask_scale
        )
        self.drain = self._platform_actions.action(
            "Drain",
            "Move its tasks to other machines, and give it no new ones",
            "stop",
            lambda: self._set("drain"),
        )
        self.activate = self._platform_actions.action(
            "Activate", "Let it take tasks again", "start", lambda: self._set("active")
        )
        self._compose()
        presenter.looked.connect(self.look)
        self.services.selection_changed.connect(self._show_tasks)
        self.machines.selection_changed.connect(self.update_actions)
        self.update_actions()

    @property
    def there(self) -> bool:
        """Whether the engine manages a Swarm."""
        info = self._context.engine_connection.info
        return info is not None and info.swarm is SwarmState.MANAGER

    def look(self) -> None:
        """Look now; during a look once more after it."""
        engine, name = self._context.engine_connection.engine, self._presenter.name
        if engine is None or not self.there:
            return
        if self._looking is not None:
            self._again = True
            return
        self._looking = self._context.tasks.run(
            lambda _work: look_at(engine, name),
            owner=self,
            title="Looking at the Swarm",
            on_result=self.show_seen,
            on_error=self._context.engine_connection.report,
            on_end=self._looked,
            routine=True,
        )

    def show_seen(self, seen: Seen) -> None:
        """Show a Swarm as it was seen."""
        self._seen = seen
        self.services.show_services([_service(service, tasks) for service, tasks in seen.services])
        self.machines.show_machines([_machine(node) for node in seen.machines])
        self._show_tasks()

    def update_actions(self) -> None:
        """Block what cannot be done, each with its reason."""
        self.scale.set_blocked("" if self.services.chosen() else "Select a service.")
        machine = self.machines.chosen()
        self.drain.set_blocked(_blocked(machine, "drain", "It is drained already."))
        self.activate.set_blocked(_blocked(machine, "active", "It takes tasks already."))

    def _show_tasks(self) -> None:
        chosen = self.services.chosen()
        tasks = next((tasks for service, tasks in self._seen.services
                      if chosen is not None and service.name == chosen.name), ())  # fmt: skip
        self.tasks.set_empty("" if chosen else "Select a service", "Its tasks show here, the newest first.")
        self.tasks.show_tasks([_task(task) for task in tasks])
        self.update_actions()

    def _looked(self) -> None:
        self._looking = None
        if self._again:
            self._again = False
            self.look()

    def _ask_scale(self) -> None:
        chosen = self.services.chosen()
        if chosen is None:
            return
        dialog = QInputDialog(self.window())
        dialog.setWindowTitle(f"Scale {chosen.name}")
        dialog.setLabelText("Replicas")
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(0, MOST_REPLICAS)
        dialog.setIntValue(chosen.replicas)
        dialog.intValueSelected.connect(lambda count: self.scale_to(chosen.name, count))
        dialog.finished.connect(dialog.deleteLater)
        self._platform_actions.show(dialog)

    def scale_to(self, service: str, count: int) -> None:
        """Run that many replicas of a service."""
        self._platform_actions.run(
            f"Scaling {service} to {count}", lambda engine, _work: Cluster(engine).scale(service, count)
        )

    def _set(self, availability: str) -> None:
        machine = self.machines.chosen()
        if machine is not None:
            self._platform_actions.run(
                f"Setting {machine.name} to {availability}",
                lambda engine, _work: Cluster(engine).set_availability(machine.key, availability),
            )

    def _compose(self) -> None:
        panes = QSplitter(Qt.Orientation.Horizontal)
        panes.setChildrenCollapsible(False)
        panes.addWidget(self.services)
        panes.addWidget(self.tasks)
        for content, actions, title in (
            (panes, (self.scale,), "Services"),
            (self.machines, (self.drain, self.activate), "Machines"),
        ):
            page = QWidget()
            layout = QVBoxLayout(page)
            layout.setContentsMargins(0, GRID, 0, 0)
            layout.setSpacing(GRID)
            layout.addLayout(row(*(ActionButton(action) for action in actions), None))
            layout.addWidget(content, 1)
            self.addTab(page, title)
        self.services.add_action(self.scale)
        self.machines.add_action(self.drain)
        self.machines.add_action(self.activate)
        self.services.set_empty("No services yet", "On a Swarm, versions and gateways run as services.")


def _blocked(machine: MachineRow | None, availability: str, already: str) -> str:
    if machine is None:
        return "Select a machine."
    return already if machine.availability == availability else ""


def _service(service: SwarmService, tasks: tuple[SwarmTask, ...]) -> ServiceRow:
    running = sum(task.state == "running" and task.desired == "running" for task in tasks)
    key = service.labels.get(SERVICE_LABEL, service.name)
    return ServiceRow(
        key, service.name, service.replicas, running, service.image, service.update, service.update_message
    )


def _task(task: SwarmTask) -> TaskRow:
    return TaskRow(
        task.identifier, f"{task.service}.{task.slot}", task.node, task.state, task.since, task.error
    )


def _machine(node: SwarmNode) -> MachineRow:
    return MachineRow(
        node.identifier, node.name, node.role, node.state, node.availability, node.processors, node.memory,
        node.engine, node.address,
    )  # fmt: skip

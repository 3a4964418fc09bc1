"""Shows on a version, within moments, that its container has died: the engine knows before the gateway."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject

from app.context import Context
from app.pages.monitor.page import MonitorPage
from app.pages.monitor.presenter import MonitorPresenter
from services.containers.model import Container, ContainerChange, ContainerState
from services.profiles.profile import PlatformProfile
from services.registry.choices import Mode
from widgets.containers.columns import state_cell
from widgets.panels.version_entry import VersionEntry
from widgets.theme import State

_GONE = frozenset({ContainerState.EXITED, ContainerState.DEAD, ContainerState.REMOVING})


class ContainerHealth(QObject):
    """Follows the engine that the window works with; local processes have no containers to follow."""

    def __init__(self, page: MonitorPage, presenter: MonitorPresenter, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._context = context
        context.engine_connection.containers_changed.connect(self._changed)
        presenter.updated.connect(self.show)

    def show(self) -> None:
        """Bring the versions' words up to date with what their containers do."""
        view_model, profile = self._page.view_model, self._context.connection.profile
        connection = self._context.engine_connection
        if not isinstance(profile, PlatformProfile) or connection.host is None:
            return
        if profile.docker is not None and profile.docker != connection.host.address:
            return
        entries = [
            with_container_state(
                entry, of_platform(connection.of_version(view_model.project, entry.name), profile)
            )
            for entry in view_model.versions
        ]
        self._page.versions.set_versions(entries)

    def _changed(self, changes: Sequence[ContainerChange]) -> None:
        project = self._page.view_model.project
        gone = any(change.container is None for change in changes)
        if gone or any(change.container and change.container.project == project for change in changes):
            self.show()


def of_platform(containers: Sequence[Container], profile: PlatformProfile) -> list[Container]:
    """Those that belong to a profile's platform; all of them where its name is not known."""
    return [one for one in containers if not profile.platform or one.platform == profile.platform]


def with_container_state(entry: VersionEntry, containers: Sequence[Container]) -> VersionEntry:
    """The version as its containers tell: down when none of them serves; else as the gateway says.

    Containers of several platforms tell nothing, because it is not known which of them is shown.
    """
    if entry.mode is Mode.RETIRED or not containers or len({one.platform for one in containers}) > 1:
        return entry
    if any(may_serve(one) for one in containers):
        return entry
    return replace(entry, health=state_text(containers), state=State.BAD)


def may_serve(container: Container) -> bool:
    """Whether a container may answer: it runs, or is about to."""
    return container.state not in _GONE and container.state is not ContainerState.PAUSED


def state_text(containers: Iterable[Container]) -> str:
    """What became of the newest of them."""
    return f"container {state_cell(max(containers, key=lambda one: one.created)).text}"

"""Shows on a version, within moments, that it does not answer or that its container has died.

Between two refreshes the gateway tells of outages each second, and the engine of containers.
"""

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


class VersionHealth(QObject):
    """Follows the gateway, and the engine that the window works with where versions run in containers."""

    def __init__(self, page: MonitorPage, presenter: MonitorPresenter, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._context = context
        context.engine_connection.containers_changed.connect(self._changed)
        context.connection.changed.connect(self.show)
        presenter.updated.connect(self.show)

    def show(self) -> None:
        """Bring the versions' words up to date with what the gateway tells and their containers do."""
        if self._context.connection.platform is None:
            return
        entries = [self._as_told(entry) for entry in self._page.view_model.versions]
        if self._followed is not None:
            entries = [
                with_container_state(entry, self._containers(entry.name, self._followed))
                for entry in entries
            ]
        self._page.versions.set_versions(entries)

    @property
    def _followed(self) -> PlatformProfile | None:
        """The profile whose containers are those of the engine that is open; None if they are not."""
        profile, connection = self._context.connection.profile, self._context.engine_connection
        if not isinstance(profile, PlatformProfile) or connection.host is None:
            return None
        same = profile.docker is None or profile.docker == connection.host.address
        return profile if same else None

    def _containers(self, version: str, profile: PlatformProfile) -> list[Container]:
        project = self._page.view_model.project
        return of_platform(self._context.engine_connection.of_version(project, version), profile)

    def _as_told(self, entry: VersionEntry) -> VersionEntry:
        """The version as the gateway told last: never well while the gateway itself is not asked."""
        connection = self._context.connection
        if connection.gateway_error is not None and entry.state is State.GOOD:
            return replace(entry, health="gateway unreachable", state=State.NEUTRAL)
        health = connection.gateway_health
        mine = (self._page.view_model.project, entry.name)
        outages = health.outages if health is not None else []
        found = next((one for one in outages if (one.project, one.version) == mine), None)
        if found is None:
            return entry
        return replace(entry, health="does not answer", state=State.BAD)

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

"""The containers of an engine as they were last seen, and which of them have changed since."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from services.containers.engine.containers import Containers
from services.containers.engine.transfers import Report
from services.containers.model import Container, ContainerChange
from services.instants import instant

_LISTED, _GONE = "listed", "destroy"

OnChange = Callable[[ContainerChange], None]


class ContainerCache:
    """Reports each change of a container once.

    Args:
        containers: asked for those that something happened to.
        on_change: gets the changes.
        silent: whether nothing is to be reported any more.
    """

    def __init__(self, containers: Containers, on_change: OnChange, silent: Callable[[], bool]) -> None:
        self._containers, self._on_change, self._silent = containers, on_change, silent
        self._seen: dict[str, Container] = {}

    def refresh(self) -> None:
        """Look at all containers, and report which are new, not as they were, or gone."""
        now = datetime.now(UTC)
        found = {container.identifier: container for container in self._containers.all()}
        for identifier in set(self._seen) - set(found):
            self._report(ContainerChange(identifier, None, _GONE, now))
        for identifier, container in found.items():
            self._report(ContainerChange(identifier, container, _LISTED, now))

    def apply(self, events: Iterable[Report]) -> None:
        """Look at the containers that something happened to, each once, and report what has changed."""
        happened: dict[str, Report] = {}
        for event in events:
            if identifier := _container_of(event):
                happened[identifier] = event
        for identifier, container in self._containers.several(happened):
            event = happened[identifier]
            action = _GONE if container is None else str(event["Action"])
            self._report(ContainerChange(identifier, container, action, instant(event["timeNano"] / 1e9)))

    def _report(self, change: ContainerChange) -> None:
        """Report it unless it was seen already: an event may be older than what `refresh` has shown."""
        if change.container is None:
            if self._seen.pop(change.identifier, None) is None:
                return
        elif self._seen.get(change.identifier) == change.container:
            return
        else:
            self._seen[change.identifier] = change.container
        if not self._silent():
            self._on_change(change)


def _container_of(event: Report) -> str:
    """The container that an event is about; empty if it is about none."""
    actor = event["Actor"]
    return str(actor["ID"] if event["Type"] == "container" else actor["Attributes"].get("container", ""))

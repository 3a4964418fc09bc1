"""What is known of all containers of an engine, and what of it has changed."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from services.containers.engine.containers import Containers
from services.containers.engine.parsing import epoch
from services.containers.engine.transfers import Report
from services.containers.model import Change, Container

_LISTED, _GONE = "listed", "destroy"

OnChange = Callable[[Change], None]


class Known:
    """Tells each change once.

    Args:
        containers: asked for those that something happened to.
        on_change: gets the changes.
        silent: whether nothing is to be told any more.
    """

    def __init__(self, containers: Containers, on_change: OnChange, silent: Callable[[], bool]) -> None:
        self._containers, self._on_change, self._silent = containers, on_change, silent
        self._known: dict[str, Container] = {}

    def list(self) -> None:
        """Look at all containers, and tell which are new, not as they were, or gone."""
        now = datetime.now(UTC)
        found = {container.identifier: container for container in self._containers.all()}
        for identifier in set(self._known) - set(found):
            self._tell(Change(identifier, None, _GONE, now))
        for identifier, container in found.items():
            self._tell(Change(identifier, container, _LISTED, now))

    def take(self, events: Iterable[Report]) -> None:
        """Look at the containers that something happened to, each once, and tell what has changed."""
        happened: dict[str, Report] = {}
        for event in events:
            if identifier := _container_of(event):
                happened[identifier] = event
        for identifier, container in self._containers.several(happened):
            event = happened[identifier]
            action = _GONE if container is None else str(event["Action"])
            self._tell(Change(identifier, container, action, epoch(event["timeNano"] / 1e9)))

    def _tell(self, change: Change) -> None:
        """Tell it unless it is known: an event may be older than what a look has shown."""
        if change.container is None:
            if self._known.pop(change.identifier, None) is None:
                return
        elif self._known.get(change.identifier) == change.container:
            return
        else:
            self._known[change.identifier] = change.container
        if not self._silent():
            self._on_change(change)


def _container_of(event: Report) -> str:
    """The container that an event is about; empty if it is about none."""
    actor = event["Actor"]
    return str(actor["ID"] if event["Type"] == "container" else actor["Attributes"].get("container", ""))

"""Puts one part's container in place: made, or instead of an older one, with a way back."""

from services.containers.interface import ContainerHost, Orchestrator, Progress
from services.containers.kinds import orchestrator_on
from services.containers.model import Container, ContainerSpec
from services.errors import Refused, RelevoError, Unavailable
from services.platform.discovery import REPLACED, runs
from services.platform.parts import CASSANDRA, Part
from services.platform.recovery.state_file import write_state_file
from services.platform.specification import (
    STATE_CONTAINER,
    USER,
    Plan,
    container_name,
    files_of,
    in_swarm,
    labels_of,
    specification,
    state_container,
)


class Deployer:
    """Makes and replaces containers of one platform.

    Args:
        engine: where.
        plan: what its parts are to be.
        progress: told what goes on; may raise Cancelled.
    """

    def __init__(self, engine: ContainerHost, plan: Plan, progress: Progress) -> None:
        self._engine, self._plan, self._progress = engine, plan, progress

    def make(self, part: Part, image: str) -> str:
        """Make a part's volumes and its container, and start it; its identifier.

        What an orchestrator runs is healthy then, and has none: it runs wherever there is room.

        Raises:
            Conflict: a port is taken.
            NotFound: the image is not there.
        """
        spec = specification(self._plan, part, image)
        if in_swarm(self._plan.request, part):
            self._place_replicas(spec, part)
            return ""
        for mount in spec.mounts:
            self._engine.ensure_volume(mount.source, labels_of(self._plan.name, part.name))
        return self._started(spec, part)

    def wait(self, part: Part, identifier: str) -> None:
        """Wait until a part is healthy; Unavailable, with its last words, if it does not become so."""
        if not identifier:
            return
        text = f"Waiting until {part.name} is healthy"
        self._engine.wait_healthy(identifier, part.healthy_seconds, lambda: self._progress(None, text))

    def replace(self, part: Part, old: Container, image: str) -> None:
        """Put a new container in the place of one, which comes back if the new one is not healthy.

        Both want the same volume and ports, so the old one stops first.

        Raises:
            Unavailable: the new one was not healthy; the message says whether the old one runs again.
        """
        if in_swarm(self._plan.request, part):
            self._place_replicas(specification(self._plan, part, image), part)
            return
        self._progress(None, f"Stopping {part.name}")
        self._engine.stop(old.identifier, part.stop_seconds)
        self._engine.rename(old.identifier, old.name + REPLACED)
        try:
            self._progress(None, f"Starting the new {part.name}")
            new = self.make(part, image)
            self.wait(part, new)
        except BaseException as error:
            raise self._put_back(part, old, error) from error
        self._engine.remove(old.identifier, force=True)

    def _place_replicas(self, spec: ContainerSpec, part: Part) -> None:
        """On an orchestrator's machines: one by one, and back by itself if a new one is not healthy."""
        replicas = self._plan.request.gateways
        orchestrator = require_orchestrator(self._engine)
        orchestrator.place(spec, replicas, part.healthy_seconds, self._progress)

    def _started(self, spec: ContainerSpec, part: Part) -> str:
        folder, files = files_of(self._plan, part)
        if not files and part is not CASSANDRA:
            return self._engine.run(spec)
        identifier = self._engine.create(spec)
        try:
            if files:
                self._engine.put_files(identifier, folder, files, mode=0o400, user=USER, group=USER)
            if part is CASSANDRA:
                write_state_file(self._engine, self._plan, identifier)
            self._engine.start(identifier)
        except BaseException:
            self._engine.remove(identifier, force=True)
            raise
        return identifier

    def _put_back(self, part: Part, old: Container, error: BaseException) -> BaseException:
        """The error, and what became of the old container, as it was seen."""
        if (new := self._engine.find_container(old.name)) is not None:
            self._engine.remove(new.identifier, force=True)
        what = "the one before runs again"
        try:
            put_back(self._engine, old.identifier, old.name, part.healthy_seconds if runs(old) else 0.0)
        except RelevoError as fate:
            what = f"the one before does not run either ({fate.message})"
        if not isinstance(error, RelevoError):
            return error
        return Unavailable(
            f"The new {part.name} did not work; {what}",
            remedy=error.remedy,
            details=f"{error.message}\n{error.details}".strip(),
        )


def require_orchestrator(engine: ContainerHost) -> Orchestrator:
    """Whoever manages several machines through that host; Refused, with what to do, if nobody does."""
    orchestrator = orchestrator_on(engine)
    if orchestrator is None:
        raise Refused(
            "This Docker Engine does not manage a Swarm",
            remedy="Choose a manager of the Swarm as host, or make one: docker swarm init.",
        )
    return orchestrator


def put_back(engine: ContainerHost, identifier: str, name: str, seconds: float) -> None:
    """Give a container that was put aside its name again, start it, and see that it is healthy.

    Args:
        engine: where.
        identifier: of the container.
        name: its own.
        seconds: how long that may take; 0 leaves it stopped.
    """
    engine.rename(identifier, name)
    if seconds:
        engine.start(identifier)
        engine.wait_healthy(identifier, seconds)


def replace_state_container(engine: ContainerHost, plan: Plan, image: str, old: Container | None) -> None:
    """Make the container that keeps secrets and request; an older one goes once the new one is there."""
    if old is not None:
        aside = container_name(plan.name, STATE_CONTAINER) + REPLACED
        if old.name != aside:
            engine.rename(old.identifier, aside)
    engine.create(state_container(plan, image))
    if old is not None:
        engine.remove(old.identifier, force=True)

"""The registry as requests meet it: each project's policy and versions, kept in step with the snapshot."""

import asyncio
import logging
from collections.abc import Sequence

from services.errors import InvalidInput, NotFound
from services.gateway.access import registry_unknown
from services.gateway.mirroring import Challenger
from services.gateway.model_calls import ModelClient
from services.gateway.registry_watcher import Snapshot
from services.gateway.version_route import AnswerEffects, VersionRoute
from services.http.client import HttpClient
from services.registry.model import Mode, Project, Version
from services.registry.tokens import service_token
from services.routing import make_policy

_logger = logging.getLogger(__name__)
_FAREWELL_SECONDS = 60.0
"""How long the connections to an endpoint that nobody names any more are kept, for calls under way."""


class ProjectRoute:
    """A project at one state of the registry; requests in flight finish with the one they began with.

    Attributes:
        inputs: the names of all that any version wants to see.
    """

    def __init__(self, project: Project, versions: dict[str, VersionRoute]) -> None:
        self.project = project
        self.versions = versions
        self.policy = make_policy(project)
        self.inputs = frozenset(
            field.name for version in project.versions for field in version.signature.inputs
        )

    def version(self, name: str) -> VersionRoute:
        """One version; NotFound if there is none of that name."""
        found = self.versions.get(name)
        if found is None:
            raise NotFound(f"project {self.project.name} has no version {name!r}")
        return found


class RoutingTable:
    """All projects; used on the loop, where `update` replaces what changed.

    Args:
        secret: the platform's, from which services' tokens are derived.
        answer_seconds: how long a model may take.
    """

    def __init__(self, secret: str, *, answer_seconds: float) -> None:
        self._secret = secret
        self._answer_seconds = answer_seconds
        self._effects: AnswerEffects | None = None
        self._known = False
        self._routes: dict[str, ProjectRoute] = {}
        self._challengers: dict[str, tuple[Challenger, ...]] = {}
        self._clients: dict[str, HttpClient] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def attach(self, effects: AnswerEffects) -> None:
        """Say what happens beside answers; before the first `update`."""
        self._effects = effects

    def update(self, snapshot: Snapshot) -> None:
        """Follow the registry: projects that did not change keep their routes."""
        routes = {}
        for project in snapshot.projects:
            known = self._routes.get(project.name)
            changed = known is None or known.project != project
            routes[project.name] = self._route(project) if changed or known is None else known
            if changed:
                self._challengers[project.name] = self._shadow(project)
        self._routes = routes
        self._known = True
        self._close_unused(snapshot)

    def check(self) -> None:
        """Unavailable while neither the store nor the snapshot has told which projects there are."""
        if not self._known:
            raise registry_unknown()

    def project(self, name: str) -> ProjectRoute:
        """A project's route.

        Raises:
            NotFound: there is none of that name.
            Unavailable: neither the store nor the snapshot has told yet which there are.
        """
        found = self._routes.get(name)
        if found is None:
            self.check()
            raise NotFound(f"there is no project {name!r}")
        return found

    def projects(self) -> Sequence[Project]:
        """All projects as last seen; none before the first `update`."""
        return [route.project for route in self._routes.values()]

    def challengers(self, project: str) -> Sequence[Challenger]:
        """The versions in mode `challenger`; the same tuple as long as nothing changed."""
        return self._challengers.get(project, ())

    def service(self, version: Version) -> ModelClient | None:
        """A version's service; None while none has registered under a usable address."""
        if not version.endpoint:
            return None
        client = self._clients.get(version.endpoint)
        if client is None:
            try:
                client = self._clients[version.endpoint] = HttpClient(version.endpoint)
            except InvalidInput as error:
                _logger.warning("version %s of %s: %s", version.name, version.project, error.message)
                return None
        return ModelClient(client, version, self._secret, seconds=self._answer_seconds)

    async def close(self) -> None:
        """Close all connections to services."""
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        await asyncio.gather(*(client.close() for client in self._clients.values()))

    def _route(self, project: Project) -> ProjectRoute:
        if self._effects is None:
            raise AssertionError
        versions = {
            version.name: VersionRoute(project, version, self.service(version), self._effects)
            for version in project.versions
        }
        return ProjectRoute(project, versions)

    def _shadow(self, project: Project) -> tuple[Challenger, ...]:
        return tuple(
            Challenger(
                project.name,
                version.name,
                version.endpoint,
                service_token(self._secret, project.name, version.name),
                version.revision,
                version.signature,
            )
            for version in project.versions
            if version.mode is Mode.CHALLENGER
        )

    def _close_unused(self, snapshot: Snapshot) -> None:
        used = {version.endpoint for project in snapshot.projects for version in project.versions}
        for endpoint in self._clients.keys() - used:
            task = asyncio.get_running_loop().create_task(_close_later(self._clients.pop(endpoint)))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


async def _close_later(client: HttpClient) -> None:
    try:
        await asyncio.sleep(_FAREWELL_SECONDS)
    finally:
        await client.close()

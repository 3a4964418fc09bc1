"""What the routes stand on: the long-lived parts of one gateway."""

from collections.abc import Callable
from dataclasses import dataclass

from services.gateway.access import Access
from services.gateway.health_checks import HealthChecker
from services.gateway.messages import ListenerState, VersionStatus
from services.gateway.metrics import Metrics
from services.gateway.mirroring import Mirror
from services.gateway.outages import Outages
from services.gateway.recorder import Recorder
from services.gateway.registry_watcher import RegistryWatcher
from services.gateway.routing_table import RoutingTable
from services.gateway.store_access import StoreAccess
from services.http.body_budget import BodyBudget
from services.http.cross_origin import NO_ORIGINS, AllowedOrigins
from services.registry.service import Registry


@dataclass(slots=True)
class Dependencies:
    """One gateway's parts.

    Attributes:
        secret: the platform's.
        address: under which clients reach this gateway; known once it listens.
        service_address: under which services do.
        body_limit: bytes that a request's body may have, artifacts and training sets apart.
        bodies: room for the bodies of all requests together.
        origins: whose web pages may call.
        listener_states: the ports of its own that it has opened, or could not.
    """

    store: StoreAccess
    registry_watcher: RegistryWatcher
    routing_table: RoutingTable
    access: Access
    recorder: Recorder
    mirror: Mirror
    health_checker: HealthChecker
    metrics: Metrics
    outages: Outages
    secret: str
    body_limit: int
    bodies: BodyBudget
    origins: AllowedOrigins = NO_ORIGINS
    address: str = ""
    service_address: str = ""
    listener_states: Callable[[], list[ListenerState]] = list

    def registry(self) -> Registry:
        """The registry's rules over the open store; Unavailable if that is not reached."""
        return Registry(self.store())

    def status(self, project: str) -> dict[str, VersionStatus]:
        """How each version of a project fares at this replica."""
        asked = self.routing_table.project(project).project.versions
        answering = {version.name: self.metrics.status(project, version.name) for version in asked}
        told = answering | self.mirror.status(project)
        return {
            name: self.health_checker.complete_status(project, name, status)
            for name, status in told.items()
        }

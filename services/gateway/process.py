"""One gateway, put together: started, announced, stopped without losing what was asked of it."""

import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from starlette.applications import Starlette

from services.errors import Refused
from services.gateway.access import Access
from services.gateway.dependencies import Dependencies
from services.gateway.health_checks import HealthChecker
from services.gateway.listeners import Listeners, Security
from services.gateway.messages import VersionStatus
from services.gateway.metrics import FoundationMetrics, LostMetrics, Metrics, ObservedMetrics
from services.gateway.mirroring import Mirror
from services.gateway.operations import starlette_routes
from services.gateway.outages import Outages
from services.gateway.prediction_endpoint import hot_routes
from services.gateway.recorder import Recorder
from services.gateway.records import Durability
from services.gateway.registry_watcher import RegistryWatcher, Snapshot, SnapshotFile
from services.gateway.repeated_ids import RepeatedIds
from services.gateway.request_limits import BODY_BYTES
from services.gateway.routes import OPERATIONS
from services.gateway.routes.inference import unknown_routes
from services.gateway.routing_table import RoutingTable
from services.gateway.store_access import StoreAccess
from services.gateway.version_route import AnswerEffects
from services.http.certificates import expires_at
from services.http.connection_count import raise_descriptor_limit
from services.http.cross_origin import AllowedOrigins
from services.http.forwarding import Forwarders
from services.http.limits import ConnectionLimits
from services.http.server import Server
from services.http.starlette import exception_handlers
from services.store.interface import Store

_logger = logging.getLogger(__name__)
_FIRST_LOOK_SECONDS = 5.0
_MOST_CONNECTIONS = 5_000
_OWN_DESCRIPTORS = 512


class GatewaySettings(Struct, frozen=True, kw_only=True):
    """How one gateway runs.

    Attributes:
        spool: folder of what is not yet in the store, and of the snapshot; each gateway needs its own.
        secret: the platform's, from which services' tokens are derived.
        port: 0 takes a free one.
        certificate, key: PEM files; without them plain HTTP is served.
        plain_beyond_loopback: allow plain HTTP from other machines.
        public_address: under which clients reach it, where that is not what it listens on.
        service_address: under which services reach it, where that is not the public address.
        service_port: a further port for services on a network of their own, plain HTTP; 0 means none.
        listener_host: what listeners listen on instead of their own hosts: a container is not the host.
        allowed_origins: whose web pages may call, such as `https://shop.example.com`.
        forwarded_by: balancers whose word is taken for where requests come from: networks or hosts.
        answer_seconds: how long a model may take.
        body_limit: bytes of a request.
        grace_seconds: how long requests under way may take when it stops.
    """

    spool: Path
    secret: str
    host: str = "127.0.0.1"
    port: int = 0
    durability: Durability = Durability.PROCESS
    certificate: Path | None = None
    key: Path | None = None
    plain_beyond_loopback: bool = False
    public_address: str = ""
    service_address: str = ""
    service_port: int = 0
    listener_host: str = ""
    allowed_origins: tuple[str, ...] = ()
    forwarded_by: tuple[str, ...] = ()
    answer_seconds: float = 10.0
    body_limit: int = BODY_BYTES
    grace_seconds: float = 15.0


class Gateway:
    """One gateway; lives in one loop.

    Args:
        settings: how it runs.
        store_opener: opens the store, or raises Unavailable; called from threads, again until it succeeds.

    Raises:
        Refused: plain HTTP beyond loopback was not allowed, or the certificate cannot be read.
        InvalidInput: an allowed origin is none, or a forwarder is no network or host.
        Conflict, StorageError, Corrupt: its spool cannot be taken, see `Recorder.open`.
    """

    def __init__(self, settings: GatewaySettings, store_opener: Callable[[], Store]) -> None:
        self._settings = settings
        self._security = _security(settings)
        self._store = StoreAccess(store_opener)
        self._access = Access(settings.secret)
        self._routing_table = RoutingTable(settings.secret, answer_seconds=settings.answer_seconds)
        self._registry_watcher = RegistryWatcher(self._store, SnapshotFile(settings.spool), self._follow)
        self._recorder = Recorder.open(settings.spool, self._store, settings.durability)
        self._mirror = Mirror(self._recorder, self._routing_table, self._store)
        metrics = Metrics()
        self._outages = Outages()
        self._repeats = RepeatedIds(self._store, lambda: self._store.reachable)
        self._health_checker = HealthChecker(self._routing_table, metrics, self._outages)
        self._routing_table.attach(
            AnswerEffects(self._recorder, self._mirror, metrics, self._outages, self._repeats)
        )
        metrics.registry.register(
            ObservedMetrics(
                self._recorder.health, self._mirrors, self._routing_table.projects, self._outages
            )
        )
        self._lost: dict[str, int] = {}
        metrics.registry.register(LostMetrics(lambda: self._lost))
        metrics.registry.register(self._foundation())
        self._forwarders = Forwarders(settings.forwarded_by)
        limits = ConnectionLimits(body=settings.body_limit, connections=_most_connections())
        self._server = Server(limits, self._forwarders)
        self._dependencies = Dependencies(
            store=self._store,
            registry_watcher=self._registry_watcher,
            routing_table=self._routing_table,
            access=self._access,
            recorder=self._recorder,
            mirror=self._mirror,
            health_checker=self._health_checker,
            metrics=metrics,
            outages=self._outages,
            secret=settings.secret,
            body_limit=settings.body_limit,
            bodies=self._server.bodies,
            origins=AllowedOrigins(settings.allowed_origins),
        )
        self._listeners = Listeners(
            self._dependencies, self._server, self._security, settings.listener_host
        )
        self._dependencies.listener_states = self._listeners.states
        self._port = 0

    async def start(self) -> None:
        """Listen and answer, with the store or from the snapshot.

        Raises:
            Unavailable: the address is taken.
        """
        settings = self._settings
        self._recorder.start()
        self._registry_watcher.start()
        await self._registry_watcher.wait_for_first_look(_FIRST_LOOK_SECONDS)
        self._mirror.start()
        self._health_checker.start()
        self._forwarders.start()
        self._port = await self._server.start(
            self._application(),
            hot_routes(self._dependencies),
            host=settings.host,
            port=settings.port,
            tls=self._security.tls,
        )
        address = self._server.address(self._port)
        if self._security.tls is not None:
            address = address.replace("http://", "https://", 1)
        self._dependencies.address = settings.public_address.rstrip("/") or address
        self._dependencies.service_address = (
            settings.service_address.rstrip("/") or self._dependencies.address
        )
        if settings.service_port:
            await self._server.start(
                self._application(),
                hot_routes(self._dependencies),
                host=settings.host,
                port=settings.service_port,
            )
        self._listeners.start()
        _logger.info("the gateway answers at %s", address)

    @property
    def address(self) -> str:
        """Where it is reached, once it has started."""
        return self._dependencies.address

    def announce(self) -> None:
        """Print the one line by which a parent process learns the address."""
        self._server.announce(self._port)

    async def stop(self) -> None:
        """Take no more requests, answer those under way, and bring the record to where it is safe."""
        await self._listeners.stop()
        await self._forwarders.stop()
        await self._server.stop(grace=self._settings.grace_seconds)
        await self._health_checker.stop()
        self._repeats.close()
        await self._mirror.stop()
        await self._registry_watcher.stop()
        await self._recorder.stop()
        await self._routing_table.close()
        self._store.close()
        _logger.info("the gateway has stopped")

    def _follow(self, snapshot: Snapshot) -> None:
        self._access.update(snapshot.tokens)
        self._routing_table.update(snapshot)
        self._outages.follow(snapshot.projects)
        self._listeners.update(snapshot.listeners)
        self._lost = snapshot.lost

    def _mirrors(self) -> dict[str, dict[str, VersionStatus]]:
        return {
            project.name: self._mirror.status(project.name) for project in self._routing_table.projects()
        }

    def _foundation(self) -> FoundationMetrics:
        return FoundationMetrics(
            is_reachable=lambda: self._store.reachable,
            trouble=lambda: self._recorder.trouble,
            lag_seconds=lambda: self._recorder.lag_seconds,
            spool=self._settings.spool,
            certificate_ends=_certificate_end(self._settings),
        )

    def _application(self) -> Starlette:
        return Starlette(
            routes=[*starlette_routes(self._dependencies, OPERATIONS), unknown_routes()],
            middleware=self._dependencies.origins.middleware(),
            exception_handlers=exception_handlers(),
        )


def _most_connections() -> int:
    """How many clients may be connected, so that descriptors are left for spool, store and services."""
    descriptors = raise_descriptor_limit()
    if descriptors is None:
        return _MOST_CONNECTIONS
    return min(_MOST_CONNECTIONS, max(descriptors - _OWN_DESCRIPTORS, descriptors // 2))


def _security(settings: GatewaySettings) -> Security:
    """How it may be reached; Refused if that would show tokens and data to a network unasked."""
    security = Security(_tls(settings), settings.plain_beyond_loopback)
    if not security.allows(settings.host):
        raise Refused(
            f"without TLS the gateway listens on loopback only, not on {settings.host}",
            remedy="Give --certificate and --key, or say --plain-http-beyond-loopback.",
        )
    return security


def _tls(settings: GatewaySettings) -> ssl.SSLContext | None:
    """The server's certificate; Refused if it cannot be read."""
    if settings.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except (OSError, ssl.SSLError) as error:
        raise Refused("the certificate or its key cannot be read", details=str(error)) from error
    return context


def _certificate_end(settings: GatewaySettings) -> datetime | None:
    """When the certificate ends; None without one, or where its file does not say it in the usual form."""
    if settings.certificate is None:
        return None
    try:
        return expires_at(settings.certificate)
    except (OSError, ValueError, IndexError, StopIteration) as error:
        _logger.warning("when the certificate %s ends cannot be read: %s", settings.certificate, error)
        return None

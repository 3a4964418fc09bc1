"""Ports of their own for projects and versions: opened and closed as the store's listeners say."""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import Any

from msgspec.structs import asdict
from starlette.applications import Starlette

from services.errors import Refused, RelevoError
from services.gateway.dependencies import Dependencies
from services.gateway.messages import ListenerState
from services.gateway.openapi import describe_listener
from services.gateway.operations import ANYONE, Call, MountPoint, Operation, starlette_routes
from services.gateway.prediction_endpoint import listener_hot_routes
from services.gateway.protocols.registry import BY_VERSION
from services.gateway.routes import administration, inference, labels, mlflow, predictions
from services.http.server import Server
from services.http.starlette import exception_handlers
from services.registry.model import Listener

_logger = logging.getLogger(__name__)
_RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Security:
    """How the gateway may be reached.

    Attributes:
        tls: its certificate; None serves plain HTTP.
        plain_beyond_loopback: whether plain HTTP may be served to other machines.
    """

    tls: ssl.SSLContext | None = None
    plain_beyond_loopback: bool = False

    def allows(self, host: str) -> bool:
        """Whether that address may be listened on."""
        return self.tls is not None or self.plain_beyond_loopback or _is_loopback(host)


class Listeners:
    """The ports of their own that this replica has opened; used on the loop.

    Args:
        dependencies: what their routes stand on.
        server: opens the ports.
        security: how the gateway may be reached.
        host: what every listener listens on, where it is not for the listener to say.
    """

    def __init__(
        self, dependencies: Dependencies, server: Server, security: Security, host: str = ""
    ) -> None:
        self._dependencies = dependencies
        self._server = server
        self._security = security
        self._host = host
        self._wanted: tuple[Listener, ...] = ()
        self._open: dict[int, Listener] = {}
        self._failures: dict[int, str] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Follow no more; the server closes the ports."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def update(self, listeners: Sequence[Listener]) -> None:
        """Take the listeners as they are now."""
        self._wanted = tuple(listeners)
        self._changed.set()

    def states(self) -> list[ListenerState]:
        """Each listener, and whether its port could be opened."""
        return [self._state(listener) for listener in self._wanted]

    def _state(self, listener: Listener) -> ListenerState:
        fields = asdict(listener)
        if self._open.get(listener.port) == listener:
            return ListenerState(**fields, state="listening")
        failure = self._failures.get(listener.port)
        if failure is None:
            return ListenerState(**fields)
        return ListenerState(**fields, state="failed", message=failure)

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            await self._follow()
            try:
                # A port that was taken may become free.
                async with asyncio.timeout(_RETRY_SECONDS if self._failures else None):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _follow(self) -> None:
        wanted = {listener.port: listener for listener in self._wanted}
        for port, listener in tuple(self._open.items()):
            if wanted.get(port) != listener:
                del self._open[port]
                await self._server.stop_listening(port)
        self._failures = {port: why for port, why in self._failures.items() if port in wanted}
        for port, listener in wanted.items():
            if port not in self._open:
                await self._start(listener)

    async def _start(self, listener: Listener) -> None:
        try:
            host = self._host or listener.host
            if not self._security.allows(host):
                raise Refused(f"{host} is not this machine's loopback, and there is no TLS")
            await self._server.start(
                listener_application(self._dependencies, listener),
                listener_hot_routes(self._dependencies, listener),
                host=host,
                port=listener.port,
                tls=self._security.tls,
            )
        except RelevoError as error:
            if self._failures.get(listener.port) != error.message:
                _logger.warning("listener on port %d: %s", listener.port, error.message)
            self._failures[listener.port] = error.message
            return
        self._open[listener.port] = listener
        self._failures.pop(listener.port, None)
        _logger.info("port %d listens for %s %s", listener.port, listener.project, listener.version)


def listener_application(dependencies: Dependencies, listener: Listener) -> Starlette:
    """The routes of a listener beside `/predict`, at the root."""
    path = {"project": listener.project}
    if listener.version:
        path["version"] = listener.version
    place = MountPoint(path, [ip_network(network) for network in listener.networks])

    async def describe(call: Call) -> dict[str, object]:
        project = call.dependencies.routing_table.project(listener.project).project
        return describe_listener(project, listener, operations)

    of_project = [] if listener.version else [replace(predictions.OPERATIONS[1], path=BY_VERSION)]
    operations = [
        replace(predictions.OPERATIONS[0], path="/predict"),
        *of_project,
        replace(labels.OPERATIONS[0], path="/labels"),
        next(one for one in administration.OPERATIONS if one.path == "/health"),
        Operation("GET", "/openapi.json", "This API, described", ANYONE, describe, gives=dict[str, Any]),
        *mlflow.AT_LISTENERS,
        *inference.OPERATIONS,
    ]
    return Starlette(
        routes=[*starlette_routes(dependencies, operations, place), inference.unknown_routes()],
        middleware=dependencies.origins.middleware(),
        exception_handlers=exception_handlers(),
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

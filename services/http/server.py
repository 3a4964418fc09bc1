"""The server of every Relevo process: listeners in one loop, added and removed at run time."""

import asyncio
import json
import ssl
import sys
from dataclasses import dataclass
from typing import Any

from uvicorn.config import Config

from services.errors import NotFound
from services.http.body_budget import BodyBudget
from services.http.connection_count import ConnectionCount
from services.http.forwarding import NO_FORWARDERS, Forwarders
from services.http.limits import ConnectionLimits, ListenerState
from services.http.protocol import HotProtocol
from services.http.routes import HotRoutes
from services.http.sockets import address_of, bind


@dataclass(slots=True)
class _Listener:
    server: asyncio.Server
    state: ListenerState
    address: str


class Server:
    """Listeners, each with its routes and application; all calls come from the loop's thread.

    Args:
        limits: what a connection may ask for.
        forwarders: whose word is taken for where requests come from.
    """

    def __init__(
        self, limits: ConnectionLimits | None = None, forwarders: Forwarders = NO_FORWARDERS
    ) -> None:
        self._limits = limits or ConnectionLimits()
        self._forwarders = forwarders
        self._count = ConnectionCount(self._limits.connections)
        self.bodies = BodyBudget(self._limits.small_bodies, max(self._limits.bodies, self._limits.body))
        """Room for the bodies of all listeners."""
        self._listeners: dict[int, _Listener] = {}
        self._ticking: asyncio.TimerHandle | None = None

    async def start(
        self,
        app: Any,
        routes: HotRoutes | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        share: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> int:
        """Listen, and return the bound port.

        Args:
            app: the ASGI application that answers what is not a hot route (no lifespan events).
            host: the address to listen on.
            routes: the hot routes.
            port: 0 takes a free one.
            share: let other processes listen on the same port, where the system can.
            tls: the server's certificate; None serves plain HTTP.

        Raises:
            Unavailable: the address is taken or not this machine's.
        """
        loop = asyncio.get_running_loop()
        config = Config(
            app,
            http=HotProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            # No header makes a caller another address, but those of our own forwarders.
            proxy_headers=False,
        )
        config.load()
        state = ListenerState()
        table = routes or HotRoutes()
        bound = bind(host, port, share=share)
        server = await loop.create_server(
            lambda: HotProtocol(
                config,
                state,
                table,
                limits=self._limits,
                count=self._count,
                bodies=self.bodies,
                forwarders=self._forwarders,
            ),
            sock=bound,
            ssl=tls,
            backlog=2048,
        )
        number: int = bound.getsockname()[1]
        self._listeners[number] = _Listener(server, state, address_of(bound))
        if self._ticking is None:
            self._tick()
        return number

    def address(self, port: int) -> str:
        """The URL of a listener."""
        return self._listeners[port].address

    def announce(self, port: int) -> None:
        """Print the one line by which a parent process learns the address."""
        sys.stdout.write(json.dumps({"address": self.address(port)}) + "\n")
        sys.stdout.flush()

    async def stop_listening(self, port: int, *, grace: float = 10.0) -> None:
        """Take one listener away: requests under way are answered, for at most `grace` seconds.

        Raises:
            NotFound: nothing listens on that port.
        """
        listener = self._listeners.pop(port, None)
        if listener is None:
            raise NotFound(f"nothing listens on port {port}")
        listener.server.close()
        for connection in _connections(listener.state):
            connection.shutdown()
        if not await _wait_until_closed(listener.state, grace):
            for task in listener.state.tasks:
                task.cancel()
            for connection in _connections(listener.state):
                connection.transport.abort()
            await _wait_until_closed(listener.state, 1.0)
        await listener.server.wait_closed()

    async def stop(self, *, grace: float = 10.0) -> None:
        """Take all listeners away, side by side."""
        await asyncio.gather(*(self.stop_listening(port, grace=grace) for port in tuple(self._listeners)))
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    def _tick(self) -> None:
        """Each second: the date header, and the connections that are over their time."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for listener in self._listeners.values():
            listener.state.tell_date()
            for connection in _connections(listener.state):
                connection.check(now)
        self._ticking = loop.call_later(1.0, self._tick)


def _connections(state: ListenerState) -> list[HotProtocol]:
    """The open connections of a listener."""
    return [connection for connection in state.connections if isinstance(connection, HotProtocol)]


async def _wait_until_closed(state: ListenerState, seconds: float) -> bool:
    """Wait until all connections of a listener are closed, at most so long; whether they are."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while state.connections or state.tasks:
        if loop.time() > deadline:
            return False
        for connection in _connections(state):
            connection.check(loop.time())
        await asyncio.sleep(0.02)
    return True

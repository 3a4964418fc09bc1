"""How the client library's requests travel: over connections that `connector` makes, all kinds alike.

The library has a transport of its own for each kind; they cannot all be cut while something is read,
read certificates' places from the environment, and want a second SSH implementation installed.
"""

import contextlib
import socket
import threading
import weakref
from typing import Any

from docker.transport.basehttpadapter import BaseHTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from services.containers.engine.transport.connector import Connect, Connector
from services.containers.engine.transport.ssh import SshSocket
from services.containers.engine.transport.tls import TlsConnection


class Adapter(BaseHTTPAdapter):  # type: ignore[misc] # the library is untyped
    """Carries the requests of one client.

    Args:
        connections: how many are kept open for further requests.
    """

    def __init__(self, connector: Connector, connections: int) -> None:
        super().__init__()
        self._connector = connector
        self._lock = threading.Lock()
        self._aborted = False
        self._open: weakref.WeakSet[Any] = weakref.WeakSet()
        self._pool = _Pool("engine", maxsize=connections, connect=self._connect_for_requests)

    def get_connection(self, url: str, proxies: object = None) -> HTTPConnectionPool:  # noqa: ARG002
        """The pool for all requests: there is one engine."""
        return self._pool

    def request_url(self, request: Any, proxies: object) -> str:  # noqa: ARG002
        """Path and query: an engine is not reached through a web proxy."""
        return str(request.path_url)

    def close(self) -> None:
        """Close the connections that nothing reads from."""
        super().close()
        self._pool.close()

    def abort(self) -> None:
        """Cut all connections, so that whoever waits for one wakes; later ones are refused."""
        with self._lock:
            self._aborted = True
            found = list(self._open)
        for each in found:
            interrupt(each)

    def connect_duplex(self) -> Any:
        """A new connection for bytes both ways, cut by `abort` like the others."""
        return self._registered(self._connector.duplex)

    def _connect_for_requests(self) -> Any:
        return self._registered(self._connector.requests)

    def _registered(self, connect: Connect) -> Any:
        connection = connect()
        with self._lock:
            self._open.add(connection)
            aborted = self._aborted
        if aborted:
            connection.close()
            raise ConnectionAbortedError("closed")
        return connection


class _Connection(HTTPConnection):
    def __init__(self, *arguments: Any, connect: Connect, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._connect = connect

    def connect(self) -> None:
        self.sock = self._connect()

    @property
    def is_connected(self) -> bool:
        # A named pipe cannot be asked whether its other end is closed; a request will tell.
        return self.sock is not None and (not isinstance(self.sock, socket.socket) or super().is_connected)

    def getresponse(self) -> Any:
        held = self.sock
        try:
            return super().getresponse()
        except OSError as error:
            if isinstance(held, SshSocket) and (words := held.stderr_text.text):
                raise ConnectionRefusedError(words) from error
            raise


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


def interrupt(connection: Any) -> None:
    """Wake a reader that waits."""
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):  # the other side was faster
            # Not an encrypted socket's own: that one would take its state from under the reader.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
    elif isinstance(connection, TlsConnection):
        connection.abort()
    else:
        connection.close()

"""Connections to one engine: one for questions, with a time-out, and one for each stream, without."""

import threading

import docker
import docker.tls

from services.containers.addresses import EngineAddress, LocalEngine, PlainEngine, SshEngine, TlsEngine
from services.containers.engine.faults import translated
from services.containers.sockets import usual_socket

_CONNECTIONS = 10
_QUESTION_SECONDS = 60.0
"""How long an answer may take once the engine was reached: stopping a container takes its time."""


class Connection:
    """The way to one engine; may be used from several threads.

    Args:
        timeout: seconds that reaching it may take.
    """

    def __init__(self, address: EngineAddress, timeout: float) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._streams: set[docker.APIClient] = set()
        with translated(address):
            self.client = _client(address, timeout)
            self.client.timeout = max(timeout, _QUESTION_SECONDS)

    def stream(self) -> docker.APIClient:
        """A client of its own for one stream; give it back to `end`."""
        with translated(self.address):
            client = _client(self.address, None, version=self.client.api_version)
        with self._lock:
            self._streams.add(client)
        return client

    def end(self, client: docker.APIClient) -> None:
        """Close a stream's client."""
        with self._lock:
            self._streams.discard(client)
        client.close()

    def close(self) -> None:
        """Close all clients."""
        with self._lock:
            streams, self._streams = self._streams, set()
        for client in (*streams, self.client):
            client.close()


def _client(address: EngineAddress, timeout: float | None, version: str = "auto") -> docker.APIClient:
    return docker.APIClient(
        base_url=_url(address),
        version=version,
        timeout=timeout,
        tls=_tls(address) or False,
        use_ssh_client=isinstance(address, SshEngine),
        max_pool_size=_CONNECTIONS,
    )


def _url(address: EngineAddress) -> str:
    match address:
        case LocalEngine():
            path = address.path or usual_socket()
            return f"npipe://{path}" if "/pipe/" in path.replace("\\", "/") else f"unix://{path}"
        case TlsEngine():
            return f"https://{address.host}:{address.port}"
        case SshEngine():
            user = f"{address.user}@" if address.user else ""
            return f"ssh://{user}{address.host}:{address.port}"
        case PlainEngine():
            return f"tcp://{address.host}:{address.port}"


def _tls(address: EngineAddress) -> docker.tls.TLSConfig | None:
    if not isinstance(address, TlsEngine):
        return None
    pair = (address.certificate, address.key) if address.certificate else None
    return docker.tls.TLSConfig(client_cert=pair, ca_cert=address.authority or None, verify=True)

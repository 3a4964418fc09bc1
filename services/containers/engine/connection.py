"""Connections to one engine: one client for questions, with a time-out, and one for each stream, without."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import docker
from docker.utils import version_lt

from services.containers.addresses import EngineAddress
from services.containers.engine.dialling import dialler
from services.containers.engine.faults import OLDEST_API, too_old, translated
from services.containers.engine.transport import Adapter

_CONNECTIONS = 10
_ANSWER_SECONDS = 60.0
"""How long an answer may take once the engine was reached."""


class Client:
    """A client of the library over connections of its own.

    Attributes:
        library: the client library's own object.
    """

    def __init__(self, adapter: Adapter, version: str, timeout: float | None) -> None:
        self._adapter = adapter
        # The address is never used: the adapter knows where the engine is.
        self.library = docker.APIClient(base_url="unix://engine", version=version, timeout=timeout)
        # No proxies, certificates or passwords from the environment: they are not meant for engines.
        self.library.trust_env = False
        self.library.mount("http+docker://", adapter)

    def address(self, path: str) -> str:
        """The URL of one of the engine's routes."""
        return f"{self.library.base_url}/v{self.library.api_version}{path}"

    def abort(self) -> None:
        """Cut what is being read."""
        self._adapter.abort()

    def close(self) -> None:
        """Close what nothing reads from."""
        self.library.close()


class Connection:
    """The way to one engine; may be used from several threads.

    Args:
        timeout: seconds that reaching it may take.

    Attributes:
        version: of the API that both sides speak.
    """

    def __init__(self, address: EngineAddress, timeout: float) -> None:
        self.address = address
        self.dial = dialler(address, timeout)
        self._lock = threading.Lock()
        self._streams: set[Client] = set()
        self.version = self._engine_version(timeout)
        self._questions = Client(Adapter(self.dial, _CONNECTIONS), self.version, _ANSWER_SECONDS)

    def _engine_version(self, timeout: float) -> str:
        client = Client(Adapter(self.dial, 1), OLDEST_API, timeout)
        try:
            with translated(self.address):
                found = str(client.library.version(api_version=False)["ApiVersion"])
        finally:
            client.close()
        if version_lt(found, OLDEST_API):
            raise too_old(self.address, found)
        return found

    @contextlib.contextmanager
    def asking(self) -> Iterator[Any]:
        """The library's client for questions; what it raises inside becomes a RelevoError."""
        with translated(self.address):
            yield self._questions.library

    @contextlib.contextmanager
    def streaming(self) -> Iterator[Client]:
        """A client of its own, without a time-out; what is raised inside becomes a RelevoError."""
        client = Client(Adapter(self.dial, 1), self.version, None)
        with self._lock:
            self._streams.add(client)
        try:
            with translated(self.address):
                yield client
        finally:
            with self._lock:
                self._streams.discard(client)
            client.close()

    def close(self) -> None:
        """Close all clients; streams end."""
        with self._lock:
            streams = tuple(self._streams)
        for client in streams:
            client.abort()
        self._questions.close()

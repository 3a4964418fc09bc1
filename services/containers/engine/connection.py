"""The way to one engine: a client for requests, with a time-out, and one for each stream, without."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import docker
from docker.utils import version_lt

from services.containers.addresses import EngineAddress
from services.containers.engine.connection_errors import OLDEST_API, api_too_old, not_an_engine
from services.containers.engine.errors import engine_error, translated
from services.containers.engine.registry_credentials import CredentialsLookup, no_credentials
from services.containers.engine.transport.adapter import Adapter
from services.containers.engine.transport.connector import connector_for
from services.containers.engine.transport.duplex import Duplex

_CONNECTIONS = 10
_ANSWER_SECONDS = 60.0
"""How long an answer may take once the engine was reached."""
_PART = 1 << 16


class Client:
    """A client of the library over connections of its own.

    Attributes:
        library: the client library's own object.
        aborted: whether `abort` was called; nothing can be asked any more.
        on_abort: called by `abort`, so that whoever waits for something else than the engine wakes too.
    """

    def __init__(self, adapter: Adapter, version: str, timeout: float | None) -> None:
        self._adapter = adapter
        self.aborted = False
        self.on_abort: Callable[[], None] = lambda: None
        # The address is never used: the adapter knows where the engine is.
        self.library = docker.APIClient(base_url="unix://engine", version=version, timeout=timeout)
        # No web proxies or passwords (.netrc) from the environment: they are not meant for engines.
        self.library.trust_env = False
        self.library.mount("http+docker://", adapter)

    def stream(self, method: str, path: str, **named: Any) -> Iterator[bytes]:
        """Ask, and give the answer's bytes as they come.

        Args:
            method: of HTTP.
            path: the engine's route, without the version.
            named: as the HTTP library takes them, such as `params`.

        Raises:
            RelevoError: what the engine refused, before the first bytes.
        """
        address = f"{self.library.base_url}/v{self.library.api_version}{path}"
        answer = self.library.request(method, address, stream=True, timeout=None, **named)
        if answer.status_code >= 400:
            raise engine_error(_refusal_text(answer), answer.status_code)
        return _parts(answer)

    def hijack(self, path: str, body: Mapping[str, object]) -> Duplex:
        """A connection for bytes both ways, cut by `abort` like all others."""
        return Duplex(self._adapter.connect_duplex(), f"/v{self.library.api_version}{path}", body)

    def abort(self) -> None:
        """Cut what is being read, so that its reader wakes."""
        self.aborted = True
        self._adapter.abort()
        self.on_abort()

    def close(self) -> None:
        """Close what nothing reads from."""
        self.library.close()


class EngineConnection:
    """The way to one engine; may be used from several threads.

    Args:
        timeout: seconds that reaching it may take.
        credentials: who signs in to a registry.

    Attributes:
        version: of the API that both sides speak.
    """

    def __init__(
        self, address: EngineAddress, timeout: float, credentials: CredentialsLookup = no_credentials
    ) -> None:
        self.address = address
        self.credentials = credentials
        self._connector = connector_for(address, timeout)
        self._lock = threading.Lock()
        self._streams: set[Client] = set()
        self._closed = False
        self.version = self._engine_version(timeout)
        self._requests = Client(Adapter(self._connector, _CONNECTIONS), self.version, _ANSWER_SECONDS)

    def _engine_version(self, timeout: float) -> str:
        client = Client(Adapter(self._connector, 1), OLDEST_API, timeout)
        try:
            with translated(self.address):
                answer = client.library.version(api_version=False)
        finally:
            client.close()
        if not isinstance(answer, dict) or "ApiVersion" not in answer:
            raise not_an_engine(self.address, str(answer)[:1000])
        found = str(answer["ApiVersion"])
        if version_lt(found, OLDEST_API):
            raise api_too_old(self.address, found)
        return found

    @contextlib.contextmanager
    def client(self) -> Iterator[Any]:
        """The library's client for requests that end soon; what it raises inside becomes a RelevoError."""
        with translated(self.address):
            yield self._requests.library

    @contextlib.contextmanager
    def stream_client(self) -> Iterator[Client]:
        """A client of its own, without a time-out; what is raised inside becomes a RelevoError."""
        client = Client(Adapter(self._connector, 1), self.version, None)
        with self._lock:
            self._streams.add(client)
            if self._closed:
                client.abort()
        try:
            with translated(self.address):
                yield client
        finally:
            with self._lock:
                self._streams.discard(client)
            client.abort()
            client.close()

    def close(self) -> None:
        """Close all clients; streams end, and later ones end at once."""
        with self._lock:
            self._closed = True
            streams = tuple(self._streams)
        for client in streams:
            client.abort()
        self._requests.close()


def _parts(answer: Any) -> Iterator[bytes]:
    with answer:
        yield from answer.raw.stream(_PART, decode_content=False)


def _refusal_text(answer: Any) -> str:
    with answer:
        text: str = answer.text
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return str(answer.json()["message"])
    return text.strip()

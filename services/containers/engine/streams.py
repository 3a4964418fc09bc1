"""A stream of the engine on a thread and a connection of its own, until it ends or is closed."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from services.containers.engine.connection import Client, EngineConnection
from services.errors import RelevoError

Item = TypeVar("Item")
OnEnd = Callable[[RelevoError | None], None]
"""Told once when a stream ends by itself: None, or what broke it."""
CLOSE_SECONDS = 2.0
"""How long closing waits for a thread; one that is still connecting ends alone, and tells nothing."""
_POLL_SECONDS = 0.1


class Stream(Generic[Item]):
    """Follows one stream.

    Args:
        begin: asks on the client that it is given; what it gives is read to its end.
        receive: gets each item, on the stream's thread.
        ended: see OnEnd; not called after `close`.
        name: of the thread.
    """

    def __init__(
        self,
        connection: EngineConnection,
        begin: Callable[[Client], Iterator[Item]],
        receive: Callable[[Item], None],
        ended: OnEnd,
        *,
        name: str,
    ) -> None:
        self._connection = connection
        self._begin, self._receive, self._ended = begin, receive, ended
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the stream and wait for its thread; nothing is told any more."""
        self._closing.set()
        with self._lock:
            if self._client is not None:
                self._client.abort()
        if threading.current_thread() is not self._thread:
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        error: RelevoError | None = None
        try:
            with self._connection.stream_client() as client:
                self._follow(client)
        except RelevoError as failed:
            error = failed
        if not self._closing.is_set():
            self._ended(error)

    def _follow(self, client: Client) -> None:
        with self._lock:
            self._client = client
        try:
            for item in self._begin(client):
                if self._closing.is_set():
                    return
                self._receive(item)
        except Exception:
            # `close` cuts the connection under a reader that waits: only then is that no error.
            if not self._closing.is_set():
                raise
        finally:
            with self._lock:
                self._client = None


class _End:
    def __init__(self, error: RelevoError | None) -> None:
        self.error = error


def follow_to_end(
    connection: EngineConnection,
    begin: Callable[[Client], Iterator[Item]],
    receive: Callable[[Item], None],
    check: Callable[[], None],
    *,
    name: str,
) -> None:
    """Follow a stream to its end on this thread, so that a silent one can be cancelled too.

    Args:
        connection: to the engine.
        begin: asks on the client that it is given.
        receive: gets each item; may raise to stop.
        check: called several times a second; raises Cancelled to stop.
        name: of the thread that reads.
    """
    waiting: queue.SimpleQueue[Item | _End] = queue.SimpleQueue()
    stream = Stream(connection, begin, waiting.put, lambda error: waiting.put(_End(error)), name=name)
    try:
        while True:
            check()
            try:
                item = waiting.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if not isinstance(item, _End):
                receive(item)
            elif item.error is not None:
                raise item.error
            else:
                return
    finally:
        stream.close()

"""A TCP proxy between driver and server whose answers can be held back, lost, or end altogether."""

import selectors
import socket
import threading
from dataclasses import dataclass, field


@dataclass
class _Pair:
    """One connection of the driver and its counterpart to the server."""

    client: socket.socket
    server: socket.socket
    held: list[bytes] = field(default_factory=list)

    def close(self) -> None:
        for end in (self.client, self.server):
            end.close()


class Proxy:
    """Forwards bytes until told otherwise; all state changes happen under one lock.

    `hold` keeps the server's answers back and `release` delivers them late; `lose_next` lets the next
    answer end its connection instead of arriving; `cut` ends all connections and refuses new ones
    until `restore`.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._lock = threading.RLock()
        self._selector = selectors.DefaultSelector()
        self._pairs: list[_Pair] = []
        self._holding = self._losing = False
        self.lost = 0
        self.port = 0
        self._listener: socket.socket | None = None
        self.restore()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy")
        self._thread.start()

    def hold(self) -> None:
        """Keep answers back from now on; requests still reach the server."""
        with self._lock:
            self._holding = True

    def release(self) -> None:
        """Deliver what was held, in order, and go on."""
        with self._lock:
            self._holding = False
            for pair in self._pairs:
                while pair.held:
                    pair.client.sendall(pair.held.pop(0))

    def lose_next(self) -> None:
        """Let the next answer be lost with its connection."""
        with self._lock:
            self._losing = True

    def cut(self) -> None:
        """The server is gone."""
        with self._lock:
            if self._listener is not None:
                self._selector.unregister(self._listener)
                self._listener.close()
                self._listener = None
            for pair in list(self._pairs):
                self._end(pair)

    def restore(self) -> None:
        """The server is back, on the port it had."""
        with self._lock:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self._listener.getsockname()[1]
            self._selector.register(self._listener, selectors.EVENT_READ, None)

    def close(self) -> None:
        """End everything."""
        self._ended.set()
        self._thread.join()
        self.cut()
        self._selector.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            for key, _ in self._selector.select(0.02):
                with self._lock:
                    self._serve(key)

    def _serve(self, key: selectors.SelectorKey) -> None:
        if key.data is None:
            self._accept()
            return
        pair: _Pair = key.data
        if pair not in self._pairs:
            return
        source = pair.client if key.fileobj is pair.client else pair.server
        try:
            content = source.recv(1 << 18)
            self._forward(pair, source, content)
        except OSError:
            self._end(pair)

    def _forward(self, pair: _Pair, source: socket.socket, content: bytes) -> None:
        if not content:
            self._end(pair)
        elif source is pair.client:
            pair.server.sendall(content)
        elif self._losing:
            self._losing, self.lost = False, self.lost + 1
            self._end(pair)
        elif self._holding:
            pair.held.append(content)
        else:
            pair.client.sendall(content)

    def _accept(self) -> None:
        if self._listener is None:
            return
        client, _ = self._listener.accept()
        server = socket.create_connection(self._server)
        pair = _Pair(client, server)
        self._pairs.append(pair)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(end, selectors.EVENT_READ, pair)

    def _end(self, pair: _Pair) -> None:
        self._pairs.remove(pair)
        for end in (pair.client, pair.server):
            self._selector.unregister(end)
        pair.close()

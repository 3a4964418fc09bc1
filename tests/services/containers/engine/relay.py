"""A relay in front of an engine's socket: over TCP, TLS or a socket of its own, and it can be cut."""

import contextlib
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

ENGINE = "/var/run/docker.sock"


class Relay:
    """Carries bytes to the engine until told otherwise.

    Args:
        path: of the socket to listen on; without it, a port of 127.0.0.1.
        trust: makes it speak TLS.

    Attributes:
        port: listened on; 0 with a path.
    """

    def __init__(self, path: Path | None = None, trust: ssl.SSLContext | None = None) -> None:
        self._path, self._trust = path, trust
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.restore()

    def restore(self) -> None:
        """Listen, where it listened before."""
        if self._path is None:
            listener = socket.create_server(("127.0.0.1", self.port))
            self.port = listener.getsockname()[1]
        else:
            self._path.unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(self._path))
            listener.listen()
        self._listener = listener
        self._start(self._accept, listener)

    def cut(self) -> None:
        """End all connections, and refuse new ones."""
        with self._lock:
            listener, self._listener = self._listener, None
            opened = tuple(self._open)
        if listener is not None:
            self._shut(listener)
        for each in opened:
            self._shut(each)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _start(self, work: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, name="relay", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError), listener:
            while True:
                client, _ = listener.accept()
                self._start(self._serve, client, listener)

    def _serve(self, client: socket.socket, listener: socket.socket) -> None:
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(ENGINE)
        pair = (client, engine)
        with self._lock:
            self._open.update(pair)
            # A cut ends what is open by then; whoever came in just before it ends here.
            refused = self._listener is not listener
        if refused:
            for each in pair:
                self._shut(each)
        try:
            if self._trust is None:
                self._carry_both(client, engine)
            else:
                self._carry_encrypted(client, engine)
        finally:
            with self._lock:
                self._open.difference_update(pair)
            for each in pair:
                each.close()

    def _carry_both(self, client: socket.socket, engine: socket.socket) -> None:
        up = threading.Thread(target=_carry, args=(client, engine), name="relay-up", daemon=True)
        up.start()
        _carry(engine, client)
        self._shut(client)
        up.join()

    def _carry_encrypted(self, client: socket.socket, engine: socket.socket) -> None:
        assert self._trust is not None
        with contextlib.suppress(OSError):
            session = _Session(self._trust, client)
            if not session.greeted():
                return
            up = threading.Thread(target=session.carry_up, args=(engine,), name="relay-up", daemon=True)
            up.start()
            while content := engine.recv(1 << 16):
                session.send(content)
            self._shut(client)
            up.join()

    @staticmethod
    def _shut(each: socket.socket) -> None:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


class _Session:
    """TLS without a socket of its own, so that two threads may use it, one at a time."""

    def __init__(self, trust: ssl.SSLContext, client: socket.socket) -> None:
        self._client, self._lock = client, threading.Lock()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = trust.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def greeted(self) -> bool:
        """Shake hands; a refusal is told to the other side."""
        while True:
            try:
                self._session.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                if not self._feed():
                    return False
            except ssl.SSLError:
                self._flush()
                return False
            else:
                self._flush()
                return True

    def send(self, content: bytes) -> None:
        with self._lock:
            self._session.write(content)
            self._flush()

    def carry_up(self, engine: socket.socket) -> None:
        """To the engine, until the client's side has ended."""
        with contextlib.suppress(OSError):
            while (content := self._read()) != b"":
                if content is not None:
                    engine.sendall(content)
                elif not self._feed():
                    break
        with contextlib.suppress(OSError):
            engine.shutdown(socket.SHUT_WR)

    def _read(self) -> bytes | None:
        with self._lock:
            try:
                return self._session.read(1 << 16)
            except ssl.SSLWantReadError:
                return None

    def _feed(self) -> bool:
        content = self._client.recv(1 << 16)
        with self._lock:
            self._incoming.write(content)
        return bool(content)

    def _flush(self) -> None:
        if content := self._outgoing.read():
            self._client.sendall(content)


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(1 << 16):
            target.sendall(content)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)

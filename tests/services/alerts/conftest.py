"""Those who take alerts, over real sockets: a web server and a mail server."""

import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from services.store.sqlite import SqliteStore


class Received:
    """What a server was sent, and what it answers.

    Attributes:
        status: of the web server's answers.
        refuses: whether the mail server takes no message.
    """

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.status = 204
        self.refuses = False
        self.port = 0


@pytest.fixture
def web() -> Iterator[Received]:
    """A web server that takes what is posted."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            received.headers.append(dict(self.headers))
            self.send_response(received.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    yield from _serving(server, received)


@pytest.fixture
def mail() -> Iterator[Received]:
    """A mail server without encryption."""
    received = Received()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 plant")
            while line := self.rfile.readline().strip().upper():
                if line == b"DATA":
                    self._say("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    received.bodies.append(b"".join(lines))
                    self._say("250 taken")
                elif line == b"QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say(
                        "451 not now" if received.refuses and line.startswith(b"MAIL") else "250 plant"
                    )

        def _say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    yield from _serving(server, received)


def _serving(server: socketserver.TCPServer, received: Received) -> Iterator[Received]:
    received.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, name="receiver")
    thread.start()
    yield received
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path)
    yield made
    made.close()

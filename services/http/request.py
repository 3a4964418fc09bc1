"""A request on a hot route, and its reply."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Protocol

from services.http.body_budget import BodyRoom

JSON = "application/json"


def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


_STATUS_LINES = {status: _status_line(status) for status in range(100, 600)}
_JSON_OK = _STATUS_LINES[200] + b"content-type: application/json\r\ncontent-length: "


class Connection(Protocol):
    """What a request needs of its connection."""

    def answered(self, request: "HotRequest") -> None:
        """The request has its reply; send it when its turn comes."""


class HotRequest:
    """One request, whole.

    Attributes:
        method: such as `POST`.
        path: decoded, without the query.
        parameters: the values of the route's `{…}` parts.
        headers: lower-case name and value, as received.
        body: its bytes.
        client: who asks: address and port, None where nobody knows.
        disconnected: whether the client has left; a reply is then dropped.
        refusal: why it is refused, known since its head was read; None if it is not.
        allowances: headers that every reply carries, whatever it says.
    """

    __slots__ = (
        "_connection", "allowances", "answered", "body", "client", "disconnected", "head", "headers",
        "keep_alive", "method", "parameters", "path", "received", "refusal", "room", "size",
    )  # fmt: skip

    def __init__(
        self,
        connection: Connection,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        *,
        headers: list[tuple[bytes, bytes]],
        client: tuple[str, int] | None,
    ) -> None:
        self._connection = connection
        self.method = method
        self.path = path
        self.parameters = parameters
        self.headers = headers
        self.client = client
        self.body = b""
        self.head = b""
        self.keep_alive = True
        self.received = False
        self.size = 0
        self.room: BodyRoom | None = None
        self.refusal: Exception | None = None
        self.answered = False
        self.disconnected = False
        self.allowances: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str | None:
        """The first header of that lower-case name, None if there is none."""
        wanted = name.encode()
        for key, value in self.headers:
            if key == wanted:
                return value.decode("latin-1")
        return None

    def reply(
        self,
        status: int,
        body: bytes,
        *,
        content_type: str = JSON,
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Answer, once, from the loop's thread, now or later.

        Raises:
            RuntimeError: it has been answered already.
        """
        if self.answered:
            raise RuntimeError(f"{self.method} {self.path} was answered twice")
        self.answered = True
        if status == 200 and content_type == JSON and not headers and not self.allowances:
            self.head = b"%b%d\r\n" % (_JSON_OK, len(body))
        else:
            self.head = _head(status, content_type, len(body), (*headers, *self.allowances))
        self.body = body
        self._connection.answered(self)


def _head(status: int, content_type: str, length: int, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"content-type: {content_type}\r\ncontent-length: {length}\r\n"]
    for name, value in headers:
        if "\n" in value or "\r" in value:
            raise ValueError(f"header {name} holds a line break")
        lines.append(f"{name}: {value}\r\n")
    return _STATUS_LINES[status] + "".join(lines).encode("latin-1")

"""What a connection may ask for, and what the connections of a listener share."""

from dataclasses import dataclass
from email.utils import formatdate

from uvicorn.server import ServerState


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a connection may ask for.

    Attributes:
        body: bytes of a hot request's body.
        bodies: bytes of all larger bodies together; what has no room is not read from its client.
        small_bodies: bytes of all small bodies together.
        connections: of all listeners together.
        room: seconds that a larger body may wait for room.
        head: bytes of a request's target and headers together.
        idle: seconds an idle connection is kept.
        receive: seconds that a head, or a whole hot request, may take to arrive.
        stall: seconds that a client may leave an answer unread or a body unsent.
        linger: seconds during which what a refused client still sends is thrown away, so that the
            answer reaches it.
        farewell: seconds an idle connection is kept when the server stops: a request that is on its
            way is still answered.
    """

    body: int = 32 << 20
    bodies: int = 40 << 20
    small_bodies: int = 24 << 20
    connections: int = 5_000
    room: float = 10.0
    head: int = 64 << 10
    idle: float = 75.0
    receive: float = 60.0
    stall: float = 60.0
    linger: float = 2.0
    farewell: float = 0.2


class ListenerState(ServerState):
    """The connections of one listener, and the date header they send."""

    def __init__(self) -> None:
        super().__init__()
        self.date_line = b""
        self.tell_date()

    def tell_date(self) -> None:
        """Take the date of now; to be called about each second."""
        date = formatdate(usegmt=True).encode()
        self.date_line = b"date: %b\r\n" % date
        self.default_headers = [(b"date", date)]

"""What containers use: once, or followed on a stream."""

from collections.abc import Callable, Iterator

from services.containers.engine.connection import Client, Connection
from services.containers.engine.names import checked_name
from services.containers.engine.reading import usage_from
from services.containers.engine.streams import Ended, Stream
from services.containers.engine.transfers import reports
from services.containers.model import Usage


def follow_usage(
    connection: Connection, identifier: str, receive: Callable[[Usage], None], ended: Ended
) -> Stream[Usage]:
    """What it uses, once a second while it runs; the stream goes on when it is started again."""
    checked_name(identifier, "container")

    def begin(client: Client) -> Iterator[Usage]:
        for found in reports(client.stream("GET", f"/containers/{identifier}/stats")):
            if (usage := usage_from(found)) is not None:
                yield usage

    return Stream(connection, begin, receive, ended, name="usage")


def usage_now(connection: Connection, identifier: str) -> Usage | None:
    """What it uses now; takes the engine a second or two; None if it does not run."""
    checked_name(identifier, "container")
    with connection.asking() as client:
        return usage_from(client.stats(identifier, stream=False))

"""How many connections a server keeps, and whose go first when there is no place for another."""

from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from typing import Any, Protocol

_LOOKED_AT = 256
_MOST_REFUSED = 64
_HIGHEST = 65_536


class Closable(Protocol):
    """A connection as it is counted."""

    @property
    def idle(self) -> bool:
        """Whether nothing of it is being answered."""

    def give_way(self) -> None:
        """Close, because another needs the place."""


class ConnectionCount:
    """Counts the connections of all listeners of a server; used on its loop.

    One that has not yet shown a valid token is a stranger. When there is no place left, the stranger that
    has been idle here the longest gives way.

    Args:
        most: connections at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[Closable] = set()
        self._strangers: dict[Closable, None] = {}

    def enter(self, connection: Closable) -> bool:
        """Count a new connection; whether there is a place for it."""
        if len(self._open) >= self._most:
            longest = next((one for one in islice(self._strangers, _LOOKED_AT) if one.idle), None)
            if longest is None and len(self._open) >= self._most + _MOST_REFUSED:
                connection.give_way()
                return False
            if longest is not None:
                self.leave(longest)
                longest.give_way()
        self._open.add(connection)
        self._strangers[connection] = None
        return len(self._open) <= self._most

    def trust(self, connection: Closable) -> None:
        """It has shown a valid token, or needs none."""
        self._strangers.pop(connection, None)

    def leave(self, connection: Closable) -> None:
        """It is closed."""
        self._open.discard(connection)
        self._strangers.pop(connection, None)


def raise_descriptor_limit() -> int | None:
    """Let this process open as many files and connections as the system allows it.

    Returns:
        How many that is; None where there is no such limit.
    """
    # Windows has no such module, and no such limit.
    if find_spec("resource") is None:
        return None
    resource: Any = import_module("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _HIGHEST if hard == resource.RLIM_INFINITY else min(hard, _HIGHEST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return None if soft == resource.RLIM_INFINITY else soft

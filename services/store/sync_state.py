"""When what a store acknowledged is on its disks, and what tells one life of its nodes from the next."""

from enum import StrEnum
from typing import NamedTuple


class SyncMode(StrEnum):
    """When a store brings to its disks what it acknowledges.

    `FIRST`: before it answers. `PERIODIC`: afterwards, again and again. `UNKNOWN`: nobody may read it, so
    the worst that is usual is assumed.
    """

    FIRST = "first"
    PERIODIC = "periodic"
    UNKNOWN = "unknown"


class SyncState(NamedTuple):
    """How a store syncs, and which nodes it has.

    Attributes:
        mode: of the node that syncs latest.
        seconds: after which what was acknowledged is surely being synced; 0 where that comes first.
        lives: each node with the start of its present life; another set means that one was started again,
            went, or came, and may have lost what it had not synced.
    """

    mode: SyncMode
    seconds: float
    lives: frozenset[str]


SYNCED_FIRST = SyncState(SyncMode.FIRST, 0.0, frozenset())
"""Of a store that loses nothing that it acknowledged."""

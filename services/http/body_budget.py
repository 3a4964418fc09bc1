"""How many bytes of bodies all connections of a server may have under way together; used on its loop.

Small bodies are counted as they come. A large one has room kept for it before it is read: while there is
none, its connection is not read from, so that it waits in its client's memory and not in ours.
"""

from collections import deque
from collections.abc import Callable

from services.errors import Unavailable

SMALL_BODY = 64 << 10
"""Bytes; larger bodies ask for room."""
GROWTH = 1 << 20
"""Bytes by which the room of a body of unknown length grows."""
_MOST_WAITING = 128
_RETRY_SECONDS = 5.0


class BodyBudget:
    """Bytes for bodies, those of small requests apart, so that large ones never keep small ones out.

    Args:
        small: bytes for all small bodies together.
        large: bytes for all large bodies together; one that is larger than this takes all of it.
    """

    def __init__(self, small: int, large: int) -> None:
        self._small = small
        self._large = self._most = large
        self._waiting: deque[BodyRoom] = deque()

    def take(self, size: int) -> None:
        """Count bytes of a small body; Unavailable if there are too many already."""
        if size > self._small:
            raise busy()
        self._small -= size

    def give_back(self, size: int) -> None:
        """A small body is done with."""
        self._small += size

    def room(self, size: int, granted: Callable[[], None]) -> "BodyRoom":
        """Room for a large body; it may have to wait for others.

        Args:
            size: bytes; may be grown later.
            granted: is called when waiting is over, never before this returns.

        Raises:
            Unavailable: too many wait already.
        """
        room = BodyRoom(self, granted)
        room.grow(min(size, self._most))
        return room

    def claim(self, room: "BodyRoom") -> None:
        """Give a room what it wants, now if that is possible, else in its turn."""
        if not self._waiting and room.wanted <= self._large:
            self._grant(room)
        elif len(self._waiting) >= _MOST_WAITING:
            raise busy()
        else:
            self._waiting.append(room)

    def free(self, room: "BodyRoom") -> None:
        """A room is not needed any more, or never will be."""
        if room.wanted:
            self._waiting.remove(room)
        self._large += room.size
        self._serve()

    def shrink(self, size: int) -> None:
        """So many bytes of a room are not needed."""
        self._large += size
        self._serve()

    def _grant(self, room: "BodyRoom") -> None:
        self._large -= room.wanted
        room.size += room.wanted
        room.wanted = 0

    def _serve(self) -> None:
        while self._waiting and self._waiting[0].wanted <= self._large:
            room = self._waiting.popleft()
            self._grant(room)
            room.granted()


class BodyRoom:
    """Room for one large body; `BodyBudget.room` makes them.

    Attributes:
        size: bytes that are kept for it.
        wanted: bytes that it waits for; 0 while it does not wait.
        granted: called when waiting is over.
    """

    __slots__ = ("_budget", "granted", "size", "wanted")

    def __init__(self, budget: BodyBudget, granted: Callable[[], None]) -> None:
        self._budget = budget
        self.granted = granted
        self.size = 0
        self.wanted = 0

    def grow(self, size: int) -> None:
        """Ask for so many bytes more; Unavailable if too many wait already."""
        self.wanted += size
        try:
            self._budget.claim(self)
        except Unavailable:
            self.wanted -= size
            raise

    def fit(self, size: int) -> None:
        """Keep no more than so many bytes."""
        spare = self.size - size
        if spare > 0:
            self.size = size
            self._budget.shrink(spare)

    def release(self) -> None:
        """Give all of it back."""
        self._budget.free(self)
        self.size = self.wanted = 0


def busy() -> Unavailable:
    """There is no room for this body now."""
    return Unavailable(
        "too many request bodies are under way",
        remedy="Try again, with fewer rows a request.",
        retry_after=_RETRY_SECONDS,
    )

"""What opening an engine brings, and what its watch says of itself."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from services.containers.model import ContainerChange, EngineInfo
from services.errors import RelevoError

if TYPE_CHECKING:
    from services.containers.engine.engine import Engine
    from services.containers.engine.events import Watch


class Opened:
    """What an attempt brought."""

    def __init__(
        self, engine: "Engine", watch: "Watch", info: EngineInfo, listed: tuple[ContainerChange, ...]
    ) -> None:
        self.engine, self.watch, self.info, self.listed = engine, watch, info, listed

    def close(self) -> None:
        """Give it all back."""
        self.watch.close()
        self.engine.close()


class Standing:
    """What a watch says of itself: first that it stands, or why not; later that it broke."""

    def __init__(self, broke: Callable[[RelevoError], None]) -> None:
        self._broke = broke
        self._first = threading.Event()
        self._error: RelevoError | None = None

    def tell(self, error: RelevoError | None) -> None:
        """From the watch's thread."""
        if not self._first.is_set():
            self._error = error
            self._first.set()
        elif error is not None:
            self._broke(error)

    def wait(self, check: Callable[[], None]) -> None:
        """Until it stands; raises why it does not, or what `check` raises."""
        while not self._first.wait(0.05):
            check()
        if self._error is not None:
            raise self._error

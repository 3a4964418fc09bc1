"""Keeps processor and memory of the list's running containers up to date while they are in sight."""

import time
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.connection.engine_connection import EngineConnection
from app.connection.reconnecting import ConnectionState
from app.pages.shared.engine.stream_follower import StreamFollower
from app.tasks import Tasks
from services.containers.model import Container, ContainerState, ContainerUsage
from services.errors import RelevoError
from widgets.containers.table import ContainerTable

if TYPE_CHECKING:
    from services.containers.engine.stats import UsageSampler

LOOK_MILLISECONDS = 500
"""How often it looks which lines are in sight, and after a loss whether the engine is back."""
OLDEST_SECONDS = 30.0
"""A reading that is older is not shown any more; a round of MOST_ASKED takes an old engine 20 seconds."""
MOST_ASKED = 40
MOST_READINGS = 200


def measured(containers: Iterable[Container]) -> frozenset[str]:
    """Identifiers of those that are asked for: the first that run, MOST_ASKED at most."""
    running = (one.identifier for one in containers if one.state is ContainerState.RUNNING)
    return frozenset(islice(running, MOST_ASKED))


class UsageUpdater(QObject):
    """Asks between `enter` and `leave` for what is in sight."""

    def __init__(self, table: ContainerTable, connection: EngineConnection, tasks: Tasks) -> None:
        super().__init__(table)
        self._table, self._connection = table, connection
        self._sampler: UsageSampler | None = None
        self._wanted: frozenset[str] = frozenset()
        self._come: dict[str, float] = {}
        self._follower: StreamFollower[tuple[str, ContainerUsage]] = StreamFollower(
            tasks, self._received, self._ended, self, held=MOST_READINGS, part=MOST_READINGS
        )
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MILLISECONDS)
        self._look.timeout.connect(self._bring_up_to_date)
        connection.closing.connect(self._stop)

    def enter(self) -> None:
        """The page is shown."""
        self._look.start()
        self._bring_up_to_date()

    def leave(self) -> None:
        """The page is left."""
        self._look.stop()
        self._stop()

    def _stop(self) -> None:
        self._sampler, self._wanted = None, frozenset()
        self._follower.stop()
        self._come.clear()
        self._table.model.set_usages(dict.fromkeys(self._table.model.usages))

    def _bring_up_to_date(self) -> None:
        self._forget_old()
        engine = self._connection.engine
        if engine is None or self._connection.state is not ConnectionState.OPEN:
            return
        if not self._follower.following:
            self._follower.follow(
                "Measuring containers",
                lambda receive, ended: engine.sample_usage(
                    lambda identifier, usage: receive(((identifier, usage),)), ended
                ),
                self._opened,
            )
        self._want()

    def _opened(self, sampler: "UsageSampler") -> None:
        self._sampler, self._wanted = sampler, frozenset()
        self._want()

    def _want(self) -> None:
        wanted = measured(self._in_sight())
        if self._sampler is not None and wanted != self._wanted:
            self._wanted = wanted
            self._sampler.set_containers(wanted)

    def _in_sight(self) -> list[Container]:
        hidden = not self._table.isVisible() or self._table.window().isMinimized()
        return [] if hidden else self._table.seen()

    def _received(self, readings: Sequence[tuple[str, ContainerUsage]]) -> None:
        usages = {key: usage for key, usage in readings if key in self._wanted}
        self._come |= dict.fromkeys(usages, time.monotonic())
        self._table.model.set_usages(usages)

    def _ended(self, _error: RelevoError | None) -> None:
        """The link tells of the loss, and comes back by itself."""
        self._stop()

    def _forget_old(self) -> None:
        oldest = time.monotonic() - OLDEST_SECONDS
        old = [key for key, come in self._come.items() if come < oldest]
        for key in old:
            del self._come[key]
        self._table.model.set_usages(dict.fromkeys(old))

"""Records answers and labels: what the hot path calls, on the loop, before it answers."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from services.gateway.messages import LabelCounts, SpoolHealth
from services.gateway.recorded import Answers, Done, Durability, Limits, Origin
from services.store.interface import Store

StoreOpener = Callable[[], Store]
"""Opens the store, or raises Unavailable; called from threads, again until it succeeds."""


class Recorder:
    """The gateway's spool and its shipping. Everything but `open` is called on the loop."""

    @classmethod
    def open(
        cls,
        folder: Path,
        store_opener: StoreOpener,
        durability: Durability = Durability.PROCESS,
        limits: Limits | None = None,
    ) -> Self:
        """Take the spool of a folder, made if needed.

        Raises:
            Conflict: another gateway holds this folder.
            StorageFull: its disk is full or read-only.
            Corrupt: the spool cannot be read.
        """
        raise NotImplementedError

    def start(self) -> None:
        """Start syncing and shipping; call it once, in the running loop."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise StorageFull, with the reason, where a record would be refused; ask before the model."""
        raise NotImplementedError

    def record(self, origin: Origin, answers: Answers, done: Done) -> None:
        """Record answers; everything of one turn of the loop becomes one transaction.

        `done` is called in a later turn: with None once the rows are durable; with StorageFull when
        nothing was recorded; with Uncertain when durability `store` was not reached in time (the rows
        are in the spool and will be shipped).
        """
        raise NotImplementedError

    async def save(self, origin: Origin, answers: Answers) -> None:
        """`record`, as a coroutine; raises what `done` would have been given."""
        raise NotImplementedError

    async def record_labels(
        self,
        project: str,
        ids: bytes,
        labels: Sequence[float] | Sequence[str],
        *,
        versions: Sequence[str],
        classes: frozenset[str] | None = None,
    ) -> LabelCounts:
        """Record true values, and say what they met; durable like answers.

        Args:
            project: its validated name.
            ids: 16 bytes each, big-endian.
            labels: numbers, or class names.
            versions: of the project, the champion first; looked at for predictions of these ids.
            classes: that any version knows; None for regression.

        Raises:
            StorageFull, Uncertain: as `record`.
        """
        raise NotImplementedError

    @property
    def writer(self) -> str:
        """This gateway's name in the log, kept in the spool."""
        raise NotImplementedError

    def health(self) -> SpoolHealth:
        """How full the spool is."""
        raise NotImplementedError

    async def stop(self, seconds: float = 10.0) -> None:
        """Ship what can be shipped in that time, and leave the rest for the next start."""
        raise NotImplementedError

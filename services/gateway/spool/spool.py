"""A spool folder as a whole: owned by one process, limited in size."""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from services.errors import StorageError
from services.gateway.messages import SpoolHealth
from services.gateway.records import AnswerOrigin, RecordingLimits
from services.gateway.spool.database import acquire_ownership
from services.gateway.spool.entries import (
    Entries,
    EntryGroup,
    EntryHeader,
    LabelHeader,
    join_parts,
    prediction_header,
)
from services.gateway.spool.maintenance import DiskReserve
from services.gateway.spool.outbox import Outbox


class PredictionKind(NamedTuple):
    """What tells the rows of one entry from another's: origin and whether the ids were brought."""

    origin: AnswerOrigin
    brought: bool


class EncodedRows(NamedTuple):
    """Encoded rows that wait for their transaction."""

    kind: PredictionKind | LabelHeader
    rows: int
    part: bytes


class Spool:
    """The spool of a folder, made if needed.

    Args:
        folder: of the spool.
        limits: how many bytes it may hold.

    Attributes:
        outbox: for the shipping thread.
        reserve: for the shipping thread.
        files: held by whoever has the entries' database open beside the loop.
        left_over: whether an earlier run left something that is not shipped.

    Raises:
        Conflict: another gateway holds this folder.
        StorageError: its disk is full or read-only.
        Corrupt: the spool cannot be read.
    """

    def __init__(self, folder: Path, limits: RecordingLimits) -> None:
        self.folder = folder
        self._limit = limits.spool_bytes
        self.files = threading.Lock()
        self._owner = acquire_ownership(folder)
        opened: list[sqlite3.Connection | Outbox] = [self._owner]
        try:
            self.outbox = Outbox(folder / "outbox.sqlite3")
            opened.append(self.outbox)
            self._entries = Entries(folder / "entries.sqlite3", self.outbox.assembled, self.files)
        except BaseException:
            for part in reversed(opened):
                part.close()
            raise
        self.reserve = DiskReserve(folder, limits.reserve_bytes)
        self.reserve.hold()
        self._numbers: dict[PredictionKind | LabelHeader, int] = {}
        self.left_over = self._entries.rows > 0 or self.outbox.has_waiting()

    @property
    def path(self) -> Path:
        """The database whose log must be synced for `commit` to be durable."""
        return self.folder / "entries.sqlite3"

    @property
    def last(self) -> int:
        """The number of the newest entry."""
        return self._entries.last

    def check(self, more: int = 0) -> None:
        """StorageError where so many more bytes would be refused."""
        if self._entries.bytes + more > self._limit:
            raise StorageError(
                f"the spool holds its limit of {self._limit:,} bytes that could not be shipped yet",
                remedy="Bring the store back, or raise the spool's limit.",
            )
        if not self.reserve.held:
            raise self.reserve.refusal()

    def commit(self, items: Sequence[EncodedRows]) -> int:
        """Record items in one transaction, not yet synced; the number of the last entry.

        Raises:
            StorageError, Corrupt, Unavailable: nothing was recorded.
        """
        self.check(sum(len(item.part) for item in items))
        parts: dict[PredictionKind | LabelHeader, list[bytes]] = {}
        rows: dict[PredictionKind | LabelHeader, int] = {}
        for kind, count, part in items:
            parts.setdefault(kind, []).append(part)
            rows[kind] = rows.get(kind, 0) + count
        return self._entries.append(
            [
                EntryGroup(self._number(kind), rows[kind], join_parts(several))
                for kind, several in parts.items()
            ]
        )

    def forget(self, up_to: int) -> bool:
        """Delete some of the shipped entries; whether more are left. Raises as `commit`."""
        return self._entries.forget(up_to)

    def synced(self, up_to: int) -> None:
        """Entries up to and including this number are on the disk."""
        self._entries.synced(up_to)

    def recover(self) -> None:
        """See `Entries.recover`."""
        self._entries.recover()

    def probe(self) -> OSError | None:
        """What the system says when a byte is written to the folder; None if it takes it."""
        probe = self.folder / "probe"
        try:
            probe.write_bytes(b"\0")
            probe.unlink()
        except OSError as error:
            return error
        return None

    def health(self) -> SpoolHealth:
        """How full it is."""
        held, aside = self._entries, self.outbox.aside
        return SpoolHealth(
            held.bytes,
            self._limit,
            held.rows,
            held.shipped,
            aside.parcels,
            aside.rows,
            self.outbox.kept_rows,
        )

    def close(self) -> None:
        """Close, and let another process own the folder; what is not shipped stays."""
        self._entries.close()
        self.outbox.close()
        self._owner.close()

    def _number(self, kind: PredictionKind | LabelHeader) -> int:
        number = self._numbers.get(kind)
        if number is None:
            header: EntryHeader = (
                kind
                if isinstance(kind, LabelHeader)
                else prediction_header(kind.origin, brought=kind.brought)
            )
            number = self._numbers[kind] = self._entries.header(header)
        return number

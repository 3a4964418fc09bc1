"""What every store can do. Drivers raise only kinds of `services.errors`; all calls block.

Every object here may be used from several threads at once. `Unavailable` means the server was not
reached and nothing happened; `Uncertain` means a write may or may not have been applied and the
driver could not settle it by reading again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.registry.interface import RegistryStore
from services.registry.model import Job, Listener, Signature, Token
from services.store.batches import Batch, Column, LabelBatch, PredictionBatch
from services.store.identifiers import Ids
from services.store.sync_state import SyncState


class TrainingStore(Protocol):
    """`historical_db.<project>`: the training set, and each version's predictions on it."""

    def write_training(self, project: str, signature: Signature, columns: Mapping[str, Column]) -> None:
        """Create the table if needed and write rows, by storage column name, target included.

        `columns["id"]` holds the row numbers (floats); writing a row again replaces it.
        """

    def write_training_predictions(
        self, project: str, version: str, row_ids: Column, predicted: Column,
        scores: Mapping[str, Column] | None,
    ) -> None:  # fmt: skip
        """Fill `predicted_<version>` and, by class, `score_<version>_<class>`, for these rows.

        `services.store.columns.predicted_column` and `score_columns` give the columns' exact names.
        """

    def training(self, project: str, columns: Iterable[str] | None = None) -> dict[str, Column]:
        """The training set by storage column name, ordered by id; empty dict if there is none."""


class LiveStore(Protocol):
    """`live_db.<project>_<version>`: one row per prediction id, and `live_db.labels`."""

    def prepare_live(self, project: str, version: str, signature: Signature) -> None:
        """Create the version's table, or add the columns its signature lacks there."""

    def write_predictions(self, project: str, batch: PredictionBatch) -> None:
        """Write rows by id; again writes the same; never touches a label."""

    def write_labels(
        self, project: str, versions: Iterable[str], batch: LabelBatch, source: "Position"
    ) -> None:
        """Write labels into these versions' tables and into the label history.

        The later `labelled_at` wins, whatever the order of arrival; `source` is the batch's place in
        the log, kept with each history row.
        """

    def restore_labels(self, project: str, version: str, batch: LabelBatch) -> None:
        """Write labels into one table that lacks them, even where a row of it was deleted.

        One that is as late or later stays. The label history is left alone.
        """

    def labels(self, project: str, ids: Ids) -> "list[list[LabelEntry]]":
        """For each id, every label ever given, by `labelled_at`; an empty list where there is none."""

    def labelled_at(self, project: str, version: str, ids: Ids) -> NDArray[np.int64]:
        """When the label in a version's table was given, for each id; -1 where there is none there."""

    def predictions(self, project: str, version: str, ids: Ids) -> PredictionBatch | None:
        """The rows of these ids that have been predicted (in any order; absent ids are left out).

        Where they are of several revisions or modes, the batch names those of the first row;
        `prediction_batches` tells them apart.
        """

    def prediction_batches(self, project: str, version: str, ids: Ids) -> list[PredictionBatch]:
        """The same rows, one batch for each revision and mode among them."""

    def newest(self, project: str, version: str, limit: int) -> dict[str, list[object]]:
        """The newest rows as the team's programs read them, by column, newest first."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a writer's log."""

    writer: str
    segment: int
    sequence: int


@dataclass(frozen=True, slots=True)
class LabelEntry:
    """One label of the history: its value (number or class), time in microseconds, place in the log."""

    label: float | str
    labelled_at: int
    source: Position


Cursors = Mapping[str, tuple[int, int]]
"""Writer to (segment, sequence) up to and including which everything has been read."""


@dataclass(frozen=True, slots=True)
class CatchUpProgress:
    """How far a challenger has caught up with its project's log.

    Attributes:
        cursors: by writer, up to which all rows are answered or not wanted.
        since: Unix milliseconds; rows asked before are not wanted.
        skipped: rows that it could not be asked for.
        retired: it is out of the shadow, and begins anew when it returns.
    """

    cursors: Cursors = field(default_factory=dict)
    since: int = 0
    skipped: int = 0
    retired: bool = False


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A batch of the log, decoded, its segment, and the position it (or its last row) stands at.

    A packed chunk groups rows of one kind out of order: its cursor counts only once the whole segment
    has been read, so a reader advances its cursor to `advance` where that is given, and not otherwise.
    """

    writer: str
    segment: int
    batch: Batch
    advance: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one writer's log.

    Attributes:
        rows: rows in it, known once it is closed.
        last_sequence: its last sequence once closed; -1 while it is open.
        chunks: packed chunks; 0 while it is not packed.
        closed: whether nothing will be appended to it any more.
    """

    writer: str
    number: int
    rows: int
    last_sequence: int
    chunks: int
    closed: bool = False


class LogStore(Protocol):
    """`live_db.log`, `segments` and `packed`: what Relevo itself reads."""

    def open_segment(self, project: str, writer: str, number: int) -> None:
        """List a segment; again changes nothing."""

    def append(self, project: str, position: Position, blob: bytes) -> None:
        """Store one encoded batch; the same position again stores the same bytes. Blobs < 1 MB."""

    def fill(self, project: str, position: Position, blob: bytes) -> bool:
        """Store a batch at a place where nothing stands, by condition; whether nothing stood there."""

    def sequences(self, project: str, writer: str, number: int) -> list[int]:
        """The sequences at which something stands in a segment that is not packed, in order."""

    def unreadable(self, project: str) -> int:
        """How many batches and packed chunks nobody can decode; reads the whole log."""

    def is_passed(self, project: str, position: Position) -> bool:
        """Whether readers no longer wait for what belongs at a place: it must be appended elsewhere.

        So it is where a gap was passed, also in a segment that is packed by now, and beyond the end of a
        closed segment.
        """

    def close_segment(
        self, project: str, writer: str, number: int, *, rows: int, last_sequence: int
    ) -> None:
        """Say that nothing will be appended to it any more; again changes nothing."""

    def segments(self, project: str) -> list[Segment]:
        """All segments, by writer and number."""

    def read(self, project: str, after: Cursors, *, limit: int | None = None) -> Iterator[LogEntry]:
        """Everything after the cursors, in each writer's order; packed segments come as chunks.

        Sequences of a segment are contiguous from 0, and writers may append them out of order: reading
        stops at a gap, which is a batch still on its way; one that is lost is passed by
        `services.store.log.gaps`. A batch that cannot be decoded is read as an empty one. Rows of packed
        chunks at or before the cursor are left out. Within one writer the order of segments holds. `limit`
        ends the reading after about so many rows, at a place where the cursor can stand.
        """

    def pack(self, project: str, segment: Segment) -> Segment:
        """Replace a closed segment's blobs by compressed chunks < 1 MB with `sequences`.

        Chunks first, then the segment's count of them, then the small blobs go: a reader or a crash
        in between sees either form whole. Packing a packed segment changes nothing.
        """

    def writers(self, project: str) -> list[str]:
        """All writers that ever appended, sorted."""


class RollupStore(Protocol):
    """`live_db.rollups`: mergeable summaries, a generation at a time."""

    def write_rollups(
        self, project: str, generation: int, summaries: Mapping[str, bytes], manifest: bytes
    ) -> None:
        """Write all summaries (by key), the manifest last; then drop what is older than the previous.

        Blobs may have any size; the driver splits them below 1 MB.
        """

    def rollups(self, project: str) -> tuple[int, dict[str, bytes], bytes] | None:
        """The newest whole generation: its number, summaries, manifest; None if there is none.

        Corrupt if its parts are not all there, or not bytes.
        """

    def newest_rollups(self, project: str) -> int:
        """The number of the newest generation, whole or not; 0 if there is none."""


class ArtifactStore(Protocol):
    """`historical_db.artifacts`: bytes addressed by their sha256, in chunks below 1 MB."""

    def put_artifact(self, content: bytes) -> str:
        """Store and return the sha256 (hexadecimal); storing again changes nothing."""

    def artifact(self, sha256: str) -> bytes:
        """The content; NotFound, or Corrupt if the bytes do not match their name."""


class CoordinationStore(Protocol):
    """Leases, tokens, jobs, settings and progress: small rows that processes agree on."""

    def acquire_lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease by condition; whether `holder` holds it now."""

    def release_lease(self, name: str, holder: str) -> None:
        """Give it up; nothing happens if another holds it."""

    def lease_holder(self, name: str) -> str | None:
        """Who holds it, None if it is free or has expired."""

    def add_token(self, token: Token) -> None:
        """Store a token's digest and scope."""

    def tokens(self) -> list[Token]:
        """All tokens, revoked ones included, oldest first."""

    def revoke_token(self, digest: str, at: datetime) -> None:
        """Mark a token revoked; NotFound if unknown; a second time changes nothing."""

    def put_job(self, job: Job) -> None:
        """Store a retraining job's newest state."""

    def job(self, project: str, version: str, job: str) -> Job | None:
        """A job's state, None if unknown."""

    def jobs(self, project: str, version: str) -> list[Job]:
        """A version's jobs, newest first, at most one hundred."""

    def listeners(self) -> list[Listener]:
        """The gateway's extra ports, by port."""

    def put_listener(self, listener: Listener) -> None:
        """Add or replace the listener of a port."""

    def remove_listener(self, port: int) -> None:
        """Remove it; nothing happens if there is none."""

    def setting(self, key: str) -> str | None:
        """A platform-wide setting's JSON text."""

    def put_setting(self, key: str, value: str) -> None:
        """Store a platform-wide setting."""

    def catch_up_progress(self, project: str, version: str) -> CatchUpProgress | None:
        """How far a challenger has caught up; None if nobody has noted it."""

    def put_catch_up_progress(self, project: str, version: str, progress: CatchUpProgress) -> None:
        """Note how far a challenger has caught up: no change that anybody follows."""


class Store(
    RegistryStore, TrainingStore, LiveStore, LogStore, RollupStore, ArtifactStore, CoordinationStore,
    Protocol,
):  # fmt: skip
    """A store of one platform, or of an embedded workspace; its schema is made on first connection."""

    @property
    def kind(self) -> str:
        """`cassandra` or `sqlite`, for the status bar."""

    def changes(self) -> str:
        """A token that differs whenever a registry, token, listener or setting row changed.

        Cheap however much is registered. No change stays hidden: not one whose writer died before it
        could tell of it, and not one of a writer whose clock is wrong.
        """

    def ping(self) -> None:
        """Unavailable if the server does not answer."""

    def sync_state(self) -> SyncState:
        """When what it acknowledges is on its disks, and which lives its nodes live.

        Raises:
            Unavailable: no node answers.
        """

    def close(self) -> None:
        """Give connections back; every later call raises Unavailable."""

"""Brings batches from the outbox to the store: live tables first, then the log."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from services.errors import Conflict, Corrupt, InvalidInput, NotFound, NotPrepared, RelevoError
from services.gateway.shipping.deduplication import Deduplicator
from services.gateway.shipping.safekeeping import Safekeeping
from services.gateway.spool.outbox import Outbox, PlacedBatch, SegmentEnd
from services.registry.model import Project, Signature
from services.store.batches import LabelBatch, PredictionBatch, decode
from services.store.interface import Position, Store
from services.store.repair import of_signature, write_what_fits

_logger = logging.getLogger(__name__)
Result = TypeVar("Result")
_LATE_SECONDS = 60.0
"""After which a batch's place is looked at before it is delivered there; gaps are passed much later."""


class StoreWriter:
    """Delivers to one store; any step may be repeated, by this process or the next one.

    Args:
        store: where to.
        writer: this spool's name in the log.
    """

    def __init__(self, store: Store, writer: str) -> None:
        self._store = store
        self._writer = writer
        self._prepared: dict[tuple[str, str], Signature] = {}
        self._opened: set[tuple[str, int]] = set()
        self._guard = threading.Lock()

    def deliver(self, placed: PlacedBatch, project: Project | None) -> None:
        """Write a batch; may be called from several threads.

        Args:
            placed: the batch and its place.
            project: as the registry has it now.

        Raises:
            InvalidInput, Corrupt: the store can never take it.
            Unavailable, NotPrepared, StorageError, Refused: the store has it not, or not wholly.
        """
        batch = decode(placed.blob)
        position = Position(self._writer, placed.segment, placed.sequence)
        try:
            refusals = self._write_live(placed.project, project, batch, position)
        except NotPrepared:
            # In the making, or gone since it was prepared: it is prepared anew, and nothing is passed over.
            self._forget_prepared(placed.project)
            raise
        except (InvalidInput, NotFound, Conflict) as error:
            refusals = [error] * len(batch)
        if refusals:
            # The tables for other programs refuse it for good; Relevo's own record must still be whole.
            _logger.error(
                "%d of %d rows of %s are kept in the log but not in their table: %s",
                len(refusals), len(batch), placed.project, refusals[0].message,
            )  # fmt: skip
        self._open_segment(placed)
        self._store.append(placed.project, position, placed.blob)

    def close_segment(self, ending: SegmentEnd) -> None:
        """Say that a segment is complete; raises as `deliver`."""
        self._store.close_segment(
            ending.project,
            self._writer,
            ending.segment,
            rows=ending.rows,
            last_sequence=ending.last_sequence,
        )
        with self._guard:
            self._opened.discard((ending.project, ending.segment))

    def _write_live(
        self, name: str, project: Project | None, batch: PredictionBatch | LabelBatch, position: Position
    ) -> Sequence[RelevoError]:
        """Write what the tables take; an error for each row that they do not, however often it is tried."""
        if project is None:
            raise NotFound(f"project {name!r} is not in the registry")
        if isinstance(batch, LabelBatch):
            for version in project.versions:
                self._prepare(name, version.name, version.signature)
            versions = [version.name for version in project.versions]
            return write_what_fits(
                lambda rows: self._store.write_labels(name, versions, rows, position), batch
            )
        asked = project.version(batch.version)
        if asked is None:
            raise NotFound(f"version {batch.version!r} of {name!r} is not in the registry")
        self._prepare(name, asked.name, asked.signature)
        return write_what_fits(
            lambda rows: self._store.write_predictions(name, rows), of_signature(batch, asked.signature)
        )

    def _prepare(self, project: str, version: str, signature: Signature) -> None:
        with self._guard:
            if self._prepared.get((project, version)) == signature:
                return
            self._store.prepare_live(project, version, signature)
            self._prepared[project, version] = signature

    def _forget_prepared(self, project: str) -> None:
        with self._guard:
            self._prepared = {key: known for key, known in self._prepared.items() if key[0] != project}

    def forget_opened(self) -> None:
        """Segments are to be opened anew: the store may have lost that they are."""
        with self._guard:
            self._opened.clear()

    def _open_segment(self, placed: PlacedBatch) -> None:
        segment = (placed.project, placed.segment)
        with self._guard:
            if segment not in self._opened:
                self._store.open_segment(placed.project, self._writer, placed.segment)
                self._opened.add(segment)


class ParallelDelivery:
    """Delivers the outbox's batches side by side.

    Args:
        store: where to.
        outbox: drops what the store has.
        workers: batches at once; a SQLite store takes one writer at a time.
        repeat_seconds: see `Deduplicator`.
    """

    def __init__(self, store: Store, outbox: Outbox, *, workers: int, repeat_seconds: float) -> None:
        self._store = store
        self._outbox = outbox
        self.safekeeping = Safekeeping(store, outbox)
        self._deduplicator = Deduplicator(store, repeat_seconds)
        self._writer_to_store = StoreWriter(store, outbox.writer)
        self._waiting: dict[int, float] = {}
        self._began = -math.inf
        self._pool = ThreadPoolExecutor(1 if store.kind == "sqlite" else workers, "shipping")

    def deliver(self, batches: list[PlacedBatch]) -> int:
        """Deliver all, and drop each that the store has even if it refuses another; raises what it said.

        Returns:
            How many were set aside because the store can never take them; empty ones in their stead wait
            for the next round.
        """
        projects = self._projects({placed.project for placed in batches})
        batches = self._in_places_that_are_read(batches)
        looked_at, failures = self._each(self._deduplicator.without_duplicates, batches)
        changed = [looked_at[one.number] for one in batches if looked_at.get(one.number, one) is not one]
        if changed:
            self._outbox.replace(changed)
        delivered, refusals = self._each(
            lambda placed: self._writer_to_store.deliver(placed, projects[placed.project]),
            looked_at.values(),
        )
        if delivered:
            self.safekeeping.shipped([looked_at[number] for number in delivered])
        never = {number: error for number, error in {**failures, **refusals}.items() if _is_final(error)}
        for placed in batches:
            if placed.number in never:
                self._set_aside(placed, never[placed.number])
        for number, failure in {**failures, **refusals}.items():
            if number not in never:
                raise failure
        return len(never)

    def _in_places_that_are_read(self, batches: list[PlacedBatch]) -> list[PlacedBatch]:
        """The batches, with another place where readers have passed the one of a batch that is late.

        Raises what the store raises.
        """
        now, known = time.monotonic(), self._waiting
        # What was here when this process began may have waited for days.
        self._waiting = {placed.number: known.get(placed.number, self._began) for placed in batches}
        self._began = now
        late = [one.number for one in batches if now - self._waiting[one.number] >= _LATE_SECONDS]
        return [
            self._outbox.place_anew(placed) if placed.number in late and self._is_passed(placed) else placed
            for placed in batches
        ]

    def _is_passed(self, placed: PlacedBatch) -> bool:
        position = Position(self._outbox.writer, placed.segment, placed.sequence)
        passed = placed.rows > 0 and self._store.is_passed(placed.project, position)
        if passed:
            _logger.warning(
                "batch %d of segment %d of %s came too late for its place and takes another",
                placed.sequence, placed.segment, placed.project,
            )  # fmt: skip
        return passed

    def _projects(self, names: set[str]) -> dict[str, Project | None]:
        """What the registry says; None also where nobody can read it: the log goes on without."""
        found: dict[str, Project | None] = {}
        for name in names:
            try:
                found[name] = self._store.project(name)
            except (Corrupt, InvalidInput) as error:
                _logger.warning("what the registry has of %r cannot be read: %s", name, error.message)
                found[name] = None
        return found

    def _set_aside(self, placed: PlacedBatch, error: BaseException) -> None:
        reason = error.message if isinstance(error, RelevoError) else repr(error)
        self._outbox.set_aside(placed, reason)
        _logger.error(
            "%d rows of %s (batch %d of segment %d) cannot be stored and are set aside in the spool: %s",
            placed.rows, placed.project, placed.sequence, placed.segment, reason,
            exc_info=None if isinstance(error, RelevoError) else error,
        )  # fmt: skip

    def _each(
        self, work: Callable[[PlacedBatch], Result], batches: Iterable[PlacedBatch]
    ) -> tuple[dict[int, Result], dict[int, BaseException]]:
        """What the work gave for each batch, by number, and what it raised for the others."""
        pending = [(placed.number, self._pool.submit(work, placed)) for placed in batches]
        raised = {number: future.exception() for number, future in pending}
        results = {number: future.result() for number, future in pending if raised[number] is None}
        return results, {number: error for number, error in raised.items() if error is not None}

    def look_after_the_shipped(self, *, at_once: bool) -> None:
        """Let go of what the store has synced; what it may have lost waits again: `Safekeeping.look`."""
        if self.safekeeping.look(at_once=at_once):
            self._writer_to_store.forget_opened()
            # Readers may have passed the places meanwhile, so each is looked at first.
            again = {placed.number: -math.inf for placed in self._outbox.placed_batches()}
            self._waiting.update(again)

    def close_segments(self) -> None:
        """Close the segments all of whose batches the store has; raises as `deliver`."""
        for ending in self._outbox.ended_segments():
            self._writer_to_store.close_segment(ending)
            self.safekeeping.closed(ending)

    def close(self) -> None:
        """End the workers; the store stays open."""
        self._pool.shutdown()


def _is_final(error: BaseException) -> bool:
    """Whether a batch can never be delivered, however often it is tried."""
    if isinstance(error, RelevoError):
        return isinstance(error, InvalidInput | Corrupt)
    return isinstance(error, Exception) and not isinstance(error, MemoryError | OSError)

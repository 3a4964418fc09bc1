"""Brings to the live tables what the log has and they lack; the same for every driver.

A gateway writes a row into its live table first and into the log then, so whatever the log has was meant
for a table. It may lack there: refused at that time, lost with a table, or written before the version
was known to the registry.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from services.errors import Cancelled, InvalidInput, NotFound
from services.registry.model import Project, Signature, Version
from services.store.batches import Categorical, LabelBatch, PredictionBatch
from services.store.identifiers import Ids
from services.store.interface import Cursors, LogEntry, Position, Store

SLICE_ROWS = 50_000
"""Rows of the log that are looked at together, and about as many are held at most."""

Mask = NDArray[np.bool_]
Key = tuple[int, int]
Written = TypeVar("Written", PredictionBatch, LabelBatch)


@dataclass
class Repair:
    """What a repair found and did.

    Attributes:
        rows: predictions and labels of the log that were looked at.
        predictions: rows brought to live tables.
        labels: labels brought to live tables, each counted for every table it was brought to.
        history: labels brought to the label history.
        refused: rows that a table does not take, or whose version is not in the registry.
        reasons: why, each once.
        cursors: up to where the log has been looked at: where the next repair may begin.
    """

    rows: int = 0
    predictions: int = 0
    labels: int = 0
    history: int = 0
    refused: int = 0
    reasons: list[str] = field(default_factory=list)
    cursors: dict[str, tuple[int, int]] = field(default_factory=dict)

    def refuse(self, rows: int, reason: str) -> None:
        """Note rows that stay where they are."""
        self.refused += rows
        if reason not in self.reasons:
            self.reasons.append(reason)


def repair_live_tables(
    store: Store,
    project: str,
    *,
    after: Cursors | None = None,
    rows: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    write: bool = True,
) -> Repair:
    """Bring what a project's log has behind `after` to its live tables and label history.

    Rows that are there stay as they are, and no label gives way to one that is not newer: a second repair
    changes nothing. It may run beside gateways that write.

    Args:
        store: of the platform or workspace.
        project: its name.
        after: up to where an earlier repair has looked; from the log's beginning where that is not said.
        rows: after about so many rows of the log it ends; at the log's end where that is not said.
        write: whether what is lacking is brought, or only counted, as if it were.
        cancelled: asked between slices of the log; what was brought until then stays.

    Raises:
        NotFound: there is no such project.
        Cancelled: `cancelled` said so.
        Unavailable and other errors of the store.
    """
    known = store.project(project)
    if known is None:
        raise NotFound(f"there is no project {project!r}")
    for version in known.versions if write else ():
        store.prepare_live(project, version.name, version.signature)
    repair = Repair(cursors=dict(after or {}))
    tables = _Tables(store, known, repair, write=write)
    while (rows is None or repair.rows < rows) and (
        entries := list(store.read(project, repair.cursors, limit=SLICE_ROWS))
    ):
        if cancelled is not None and cancelled():
            raise Cancelled
        tables.bring(entries)
    return repair


def write_what_fits(write: Callable[[Written], None], batch: Written) -> list[InvalidInput]:
    """Write a batch, without the rows that a table refuses: one error for each of these."""
    try:
        write(batch)
    except InvalidInput as error:
        if len(batch) <= 1:
            return [error]
        halves = np.array_split(np.arange(len(batch)), 2)
        return [refusal for half in halves for refusal in write_what_fits(write, _part(batch, half))]
    return []


def _part(batch: Written, rows: NDArray[np.intp]) -> Written:
    part: Written = batch.take(rows)
    return part


def of_signature(batch: PredictionBatch, signature: Signature) -> PredictionBatch:
    """The batch with only those inputs that a version's own table has."""
    own = {field.column for field in signature.inputs}
    return replace(batch, inputs={name: column for name, column in batch.inputs.items() if name in own})


def _keys(ids: Ids) -> list[Key]:
    return [(high, low) for high, low in ids.tolist()]


class _Tables:
    """A project's live tables and label history, and what was done to them."""

    def __init__(self, store: Store, project: Project, repair: Repair, *, write: bool) -> None:
        self._store, self._project, self._repair = store, project, repair
        self._writes = write

    def bring(self, entries: list[LogEntry]) -> None:
        """Bring what they lack of a slice; predictions first, since some labels are for who was asked."""
        for entry in entries:
            self._repair.rows += len(entry.batch)
            if isinstance(entry.batch, PredictionBatch):
                self._bring_predictions(entry.batch)
        for entry in entries:
            if isinstance(entry.batch, LabelBatch):
                for source, labels in _by_source(entry, entry.batch):
                    self._bring_labels(labels, source)
            if entry.advance is not None:
                self._repair.cursors[entry.writer] = entry.advance

    def _bring_predictions(self, batch: PredictionBatch) -> None:
        version = self._project.version(batch.version)
        if version is None:
            self._repair.refuse(len(batch), f"version {batch.version!r} is not in the registry")
            return
        # Of copies the first stands; a row without a prediction is none to those who read the table.
        there, answered = self._predicted(version, batch.ids), _is_answered(batch)
        lacking = np.zeros(len(batch), np.bool_)
        for row, key in enumerate(_keys(batch.ids)):
            lacking[row] = answered[row] and key not in there
            there.add(key)
        brought = of_signature(batch.take(lacking), version.signature)
        self._repair.predictions += self._write(
            lambda rows: self._store.write_predictions(self._project.name, rows), brought
        )

    def _predicted(self, version: Version, ids: Ids) -> set[Key]:
        try:
            batches = self._store.prediction_batches(version.project, version.name, ids)
        except NotFound:  # it has no table yet
            return set()
        return {key for batch in batches for key in _keys(batch.ids)}

    def _write(self, write: Callable[[Written], None], batch: Written) -> int:
        """How many of these rows were written; the others are counted as refused."""
        if not len(batch):
            return 0
        if not self._writes:
            return len(batch)
        refusals = write_what_fits(write, batch)
        for refusal in refusals:
            self._repair.refuse(1, refusal.message)
        return len(batch) - len(refusals)

    def _bring_labels(self, labels: LabelBatch, source: Position) -> None:
        project, store = self._project.name, self._store
        self._repair.history += self._write(
            lambda rows: store.write_labels(project, [], rows, source),
            labels.take(self._lacks_history(labels, source)),
        )
        for version in self._project.versions:

            def restore(rows: LabelBatch, name: str = version.name) -> None:
                store.restore_labels(project, name, rows)

            self._repair.labels += self._write(restore, labels.take(self._lacks_labels(version, labels)))

    def _lacks_history(self, labels: LabelBatch, source: Position) -> Mask:
        """Which labels the history lacks at this place in the log, shape (n,)."""
        found = self._store.labels(self._project.name, labels.ids)
        return np.array([
            all((entry.labelled_at, entry.source) != (at, source) for entry in entries)
            for at, entries in zip(labels.labelled_at.tolist(), found, strict=True)
        ], dtype=np.bool_)  # fmt: skip

    def _labelled_at(self, version: Version, ids: Ids) -> NDArray[np.int64]:
        try:
            return self._store.labelled_at(version.project, version.name, ids)
        except NotFound:  # it has no table yet
            return np.full(len(ids), -1, np.int64)

    def _lacks_labels(self, version: Version, labels: LabelBatch) -> Mask:
        """Which labels a version's table lacks, shape (n,): it has an older one, or none.

        A version that came after a label gets it only if it was asked for that row all the same.
        """
        at = labels.labelled_at
        lacking: Mask = self._labelled_at(version, labels.ids) < at
        early = lacking & (at < version.created_at.timestamp() * 1e6)
        if early.any():
            asked = self._predicted(version, labels.ids[early])
            lacking[early] = [key in asked for key in _keys(labels.ids[early])]
        return lacking


def _is_answered(batch: PredictionBatch) -> Mask:
    """Which rows hold a prediction, shape (n,)."""
    predicted = batch.predicted
    found: Mask = predicted.codes >= 0 if isinstance(predicted, Categorical) else ~np.isnan(predicted)
    return found


def _by_source(entry: LogEntry, batch: LabelBatch) -> Iterator[tuple[Position, LabelBatch]]:
    """An entry's labels by the place in the log at which each was written."""
    if batch.sequences is None:
        if entry.advance is not None:  # an unpacked batch stands at a place of its own
            yield Position(entry.writer, *entry.advance), batch
        return
    for sequence in np.unique(batch.sequences).tolist():
        rows = batch.sequences == sequence
        yield Position(entry.writer, entry.segment, sequence), batch.take(rows)

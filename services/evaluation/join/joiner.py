"""Joins predictions and labels by id, whichever comes first; gives each pair once, takes back what changes.

Ids at or above the *horizon* are *held*: all that was read of them is in memory, and a join is a search
there. Older ids are *past*: their labels and predictions were looked up by primary key before the join.
What a join changes is given as signed rows, so the order in which things arrive leaves no trace. Of
several labels for one id the latest `labelled_at` counts, whatever came first.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.evaluation.join.encoding import EncodedRows
from services.evaluation.join.id_table import (
    Columns,
    IdTable,
    Keys,
    Positions,
    RecentIds,
    first_of_each,
)
from services.evaluation.join.rows import (
    Integers,
    JoinedRows,
    LabelRows,
    PastLabels,
    PredictionRows,
    VersionRows,
    concat_labels,
)
from services.store.batches import Floats, take

HELD_ROWS = 2_000_000
"""Rows (predictions and labels) held at most, a quarter more for a while."""


class LabelTable:
    """The label that counts for each held id; a row costs 44 bytes."""

    def __init__(self) -> None:
        self.table = IdTable({
            "value": (np.float64, 0), "labelled_at": (np.int64, 0), "writer": (np.int32, 0),
            "segment": (np.int32, 0), "sequence": (np.int32, 0),
        })  # fmt: skip

    def update(self, rows: LabelRows, writers: list[str]) -> tuple[Keys, Floats, Floats]:
        """Take labels and return the ids whose label changed, its value before (NaN if none) and after."""
        known = self.table.find(rows.keys)
        there = known >= 0
        candidates = [rows, self.at(rows.keys.take(there), known[there])]
        best = _winners(concat_labels(candidates), writers)
        places = self.table.find(best.keys)
        old = places >= 0
        before = np.full(len(best), np.nan)
        before[old] = self.table.read(places[old], "value")
        for name, values in _columns(best).items():
            self.table.write(places[old], name, values[old])
        fresh = best.take(~old)
        self.table.insert(fresh.keys, _columns(fresh))
        changed = ~(before == best.values)
        return best.keys.take(changed), before[changed], best.values[changed]

    def at(self, keys: Keys, places: NDArray[np.int64]) -> LabelRows:
        """The rows at places that `table.find(keys)` gave."""
        names = ("value", "labelled_at", "writer", "segment", "sequence")
        return LabelRows(keys, *(self.table.read(places, name) for name in names))


def _columns(rows: LabelRows) -> dict[str, NDArray[np.generic]]:
    return {
        "value": rows.values, "labelled_at": rows.labelled_at, "writer": rows.writers,
        "segment": rows.segments, "sequence": rows.sequences,
    }  # fmt: skip


class _PastTable:
    """Labels of past ids, to be found by id."""

    def __init__(self, labels: PastLabels) -> None:
        self._table = IdTable({"before": (np.float64, 0), "after": (np.float64, 0)})
        self._table.insert(labels.keys, {"before": labels.before, "after": labels.after})

    def before(self, keys: Keys) -> tuple[NDArray[np.bool_], Floats]:
        """A mask of the ids that had a label before, and the labels."""
        return self._column(keys, "before")

    def after(self, keys: Keys) -> tuple[NDArray[np.bool_], Floats]:
        """A mask of the ids that have a label now, and the labels."""
        return self._column(keys, "after")

    def _column(self, keys: Keys, name: str) -> tuple[NDArray[np.bool_], Floats]:
        places = self._table.find(keys)
        values = np.full(len(keys), np.nan)
        here = places >= 0
        values[here] = self._table.read(places[here], name)
        return ~np.isnan(values), values


class VersionPredictions:
    """What is held and remembered of one version's predictions.

    A held row costs 30 bytes and 8 more a class; a remembered id 24.

    Args:
        classes: those that have a score.
    """

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self.held = IdTable({
            "stream": (np.int32, 0), "predicted": (np.float64, 0),
            "scores": (np.float64, len(classes)), "joined": (np.bool_, 0), "marked": (np.bool_, 0),
        } if classes else {
            "stream": (np.int32, 0), "predicted": (np.float64, 0),
            "joined": (np.bool_, 0), "marked": (np.bool_, 0),
        })  # fmt: skip
        self.seen = RecentIds()
        self.assumed = RecentIds()

    def unseen(self, rows: PredictionRows, horizon: int) -> NDArray[np.bool_]:
        """A mask of the rows that were not counted yet."""
        fresh = first_of_each(rows.keys)
        past = rows.keys.before(horizon)
        held = ~past
        fresh[held] &= self.held.find(rows.keys.take(held)) < 0
        fresh[past] &= ~self.seen.contains(rows.keys.take(past))
        return fresh

    def hold(self, rows: PredictionRows) -> None:
        """Keep rows that were not joined yet."""
        columns: Columns = {
            "stream": rows.streams, "predicted": rows.predicted,
            "joined": np.zeros(len(rows), dtype=np.bool_), "marked": rows.marked,
        }  # fmt: skip
        if self.classes:
            columns["scores"] = rows.scores
        self.held.insert(rows.keys, columns)

    def rows_at(self, keys: Keys, places: Positions) -> PredictionRows:
        """Held rows at places that `held.find(keys)` gave."""
        scores = self.held.read(places, "scores") if self.classes else np.empty((len(keys), 0))
        return PredictionRows(
            keys, self.held.read(places, "stream"), self.held.read(places, "predicted"), scores,
            self.held.read(places, "marked"),
        )  # fmt: skip

    def drop_before(self, horizon: int) -> None:
        """Let go of rows before the horizon; remember the ids that may come again."""
        for keys in self.marked_before(horizon):
            self.seen.remember(keys)
        self.held.drop_before(horizon)

    def marked_before(self, horizon: int) -> list[Keys]:
        """Held ids before a horizon that may come again."""
        return [keys.take(columns["marked"]) for keys, columns in self.held.before(horizon)]


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """What a join found.

    Attributes:
        predictions: those that were not counted before.
        pairs: predictions with their true values, to be put in or taken out.
    """

    predictions: list[VersionRows]
    pairs: list[JoinedRows]


@dataclass(slots=True, eq=False)
class Joiner:
    """The join of one project: what is held, and what was given about what is past.

    Attributes:
        horizon: the upper half of the oldest id that is held.
    """

    capacity: int = HELD_ROWS
    horizon: int = 0
    versions: dict[str, VersionPredictions] = field(default_factory=dict)
    labels: LabelTable = field(default_factory=LabelTable)
    _pairs: list[JoinedRows] = field(default_factory=list)

    def join(self, rows: EncodedRows, writers: list[str]) -> Joined:
        """Join what was read next with all that is held, and with what the store knows of the past.

        Args:
            rows: the predictions and labels that were read.
            writers: names of the writers; labels name them by position.
        """
        labels, past = _winners(rows.labels, writers), _PastTable(rows.past_labels)
        predictions = [self._add_predictions(part, past) for part in rows.predictions]
        self._add_labels(labels.take(~labels.keys.before(self.horizon)), writers)
        for part in predictions:
            self._join_held(part.version, part.rows.keys)
        for part in rows.changed:
            self._change_past(part.version, part.rows, past)
        self._shrink()
        pairs, self._pairs = self._pairs, []
        return Joined([part for part in predictions if len(part.rows)], pairs)

    def _add_predictions(self, part: VersionRows, past: _PastTable) -> VersionRows:
        """Hold predictions, and give those that were not counted before."""
        known = self.versions[part.version]
        fresh = known.unseen(part.rows, self.horizon)
        old = part.rows.keys.before(self.horizon)
        known.hold(part.rows.take(fresh & ~old))
        self._join_past(part.version, part.rows.take(fresh & old), past)
        places = np.flatnonzero(fresh)
        inputs = {name: take(column, places) for name, column in part.inputs.items()}
        return VersionRows(part.version, part.rows.take(fresh), inputs)

    def _join_past(self, version: str, rows: PredictionRows, past: _PastTable) -> None:
        """Join rows of the past with the label that was read for them before, if one was.

        A label that was read before its prediction may have found it in the live table already and given
        what follows from a pair assumed to be counted: then it is that pair that has to be given now.
        """
        if not len(rows):
            return
        known = self.versions[version]
        assumed, base = known.assumed.values(rows.keys)
        labelled, label = past.before(rows.keys)
        self._emit(version, rows, np.where(assumed, base, np.where(labelled, label, np.nan)), 1)
        known.seen.remember(rows.keys)

    def _add_labels(self, rows: LabelRows, writers: list[str]) -> None:
        """Join labels of held ids; every pair whose label changes is given anew."""
        keys, before, after = self.labels.update(rows, writers)
        for version, known in self.versions.items():
            places = known.held.find(keys)
            here = places >= 0
            found = known.rows_at(keys.take(here), places[here])
            counted = known.held.read(places[here], "joined")
            self._emit(version, found.take(counted), before[here][counted], -1)
            self._emit(version, found, after[here], 1)
            known.held.write(places[here], "joined", np.ones(len(found), dtype=np.bool_))

    def _join_held(self, version: str, keys: Keys) -> None:
        """Join the held predictions of these ids, not given yet, with labels that came before them."""
        known = self.versions[version]
        places = known.held.find(keys)
        waiting = places >= 0
        waiting[waiting] = ~known.held.read(places[waiting], "joined")
        labels = self.labels.table.find(keys)
        waiting &= labels >= 0
        rows = known.rows_at(keys.take(waiting), places[waiting])
        self._emit(version, rows, self.labels.table.read(labels[waiting], "value"), 1)
        known.held.write(places[waiting], "joined", np.ones(len(rows), dtype=np.bool_))

    def _change_past(self, version: str, rows: PredictionRows, past: _PastTable) -> None:
        """Give past predictions, as the live table has them, with their changed labels."""
        known = self.versions[version]
        had, before = past.before(rows.keys)
        _, after = past.after(rows.keys)
        self._emit(version, rows.take(had), before[had], -1)
        self._emit(version, rows, after, 1)
        known.assumed.remember(rows.keys, np.where(had, before, np.nan))

    def _shrink(self) -> None:
        """Let the oldest ids go when more is held than the capacity allows."""
        if self.rows > self.capacity + self.capacity // 4:
            self.move_horizon(self.horizon_for(self.capacity))

    @property
    def rows(self) -> int:
        """Predictions and labels held."""
        return sum(table.rows for table in self._tables())

    def _tables(self) -> list[IdTable]:
        return [self.labels.table, *(known.held for known in self.versions.values())]

    def horizon_for(self, capacity: int) -> int:
        """A horizon, not before the present one, behind which at most about so many rows stand."""
        if self.rows <= capacity:
            return self.horizon
        highs = np.concatenate([part for table in self._tables() for part in table.highs()])
        place = len(highs) - capacity
        return max(self.horizon, int(np.partition(highs, place)[place]))

    def move_horizon(self, horizon: int) -> None:
        """Let go of all ids before it."""
        self.horizon = horizon
        self.labels.table.drop_before(horizon)
        for known in self.versions.values():
            known.drop_before(horizon)

    def _emit(self, version: str, rows: PredictionRows, labels: Floats, sign: int) -> None:
        labelled = ~np.isnan(labels)
        if labelled.any():
            self._pairs.append(JoinedRows(version, rows.take(labelled), labels[labelled], sign))


def _winners(rows: LabelRows, writers: list[str]) -> LabelRows:
    """One row an id: the latest `labelled_at`; among equals the last in the log, by writer's name first."""
    if not len(rows):
        return rows
    ranks = _ranks(writers)
    order = np.lexsort((
        rows.sequences, rows.segments, ranks[rows.writers], rows.labelled_at, rows.keys.low, rows.keys.high,
    ))  # fmt: skip
    high, low = rows.keys.high[order], rows.keys.low[order]
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    return rows.take(order[last])


def _ranks(writers: list[str]) -> Integers:
    ranks = np.empty(len(writers), dtype=np.int32)
    ranks[sorted(range(len(writers)), key=writers.__getitem__)] = np.arange(len(writers), dtype=np.int32)
    return ranks

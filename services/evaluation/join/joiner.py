"""Joins predictions and labels by id, whichever comes first; tells each pair once, takes back what changes.

Ids at or above the *horizon* are *held*: all that was read of them is in memory, and a join is a search
there. Older ids are *past*: their labels and predictions are looked up by primary key. What a join
changes is told as signed rows, so the order in which things arrive leaves no trace.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from services.evaluation.join.encoding import OutcomeEncoder
from services.evaluation.join.id_table import Columns, IdTable, Keys, Positions, concat_keys, first_of_each
from services.evaluation.join.label_history import PastLabels
from services.evaluation.join.labels import LabelRows, LabelTable
from services.evaluation.join.recent_ids import RecentIds
from services.store.batches import Floats

HELD_ROWS = 2_000_000
"""Rows (predictions and labels) held at most, a quarter more for a while."""


@dataclass(frozen=True, slots=True, eq=False)
class PredictionRows:
    """Predictions of one version, n rows.

    Attributes:
        streams: shape (n,), int32, which revision and mode each row is of.
        predicted: shape (n,), numbers or codes of classes, NaN where missing.
        scores: shape (n, k); k is 0 for regression.
        marked: shape (n,), whether a row may have been recorded twice.
    """

    keys: Keys
    streams: NDArray[np.int32]
    predicted: Floats
    scores: Floats
    marked: NDArray[np.bool_]

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.keys)

    def take(self, rows: NDArray[np.generic]) -> "PredictionRows":
        """The rows chosen by a mask or by positions."""
        return PredictionRows(
            self.keys.take(rows), self.streams[rows], self.predicted[rows], self.scores[rows],
            self.marked[rows],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class JoinedRows:
    """Predictions with a true value, shape (n,), to be put in (`sign` +1) or taken out (-1)."""

    version: str
    rows: PredictionRows
    labels: Floats
    sign: int


class VersionPredictions:
    """What is held and remembered of one version's predictions.

    A held row costs 30 bytes and 8 more a class; a remembered id 24.
    """

    def __init__(self, outcomes: OutcomeEncoder) -> None:
        self.outcomes = outcomes
        self.held = IdTable({
            "stream": (np.int32, 0), "predicted": (np.float64, 0),
            "scores": (np.float64, len(outcomes.classes)), "joined": (np.bool_, 0), "marked": (np.bool_, 0),
        } if outcomes.classes else {
            "stream": (np.int32, 0), "predicted": (np.float64, 0),
            "joined": (np.bool_, 0), "marked": (np.bool_, 0),
        })  # fmt: skip
        self.seen = RecentIds()
        self.assumed = RecentIds()

    def unseen(self, rows: PredictionRows, horizon: int) -> NDArray[np.bool_]:
        """A mask of the rows that were not counted yet."""
        fresh = first_of_each(rows.keys)
        held = rows.keys.high >= np.uint64(horizon)
        fresh[held] &= self.held.find(rows.keys.take(held)) < 0
        past = ~held
        fresh[past] &= ~self.seen.contains(rows.keys.take(past))
        return fresh

    def hold(self, rows: PredictionRows) -> None:
        """Keep rows that were not joined yet."""
        columns: Columns = {
            "stream": rows.streams, "predicted": rows.predicted,
            "joined": np.zeros(len(rows), dtype=np.bool_), "marked": rows.marked,
        }  # fmt: skip
        if self.outcomes.classes:
            columns["scores"] = rows.scores
        self.held.insert(rows.keys, columns)

    def rows_at(self, keys: Keys, places: Positions) -> PredictionRows:
        """Held rows at places that `held.find(keys)` gave."""
        scores = self.held.read(places, "scores") if self.outcomes.classes else np.empty((len(keys), 0))
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


@dataclass(slots=True, eq=False)
class Joiner:
    """The join of one project: what is held, and what was told about what is past.

    Attributes:
        horizon: the upper half of the oldest id that is held.
        joined: what changed since this was last emptied by the caller.
    """

    capacity: int = HELD_ROWS
    horizon: int = 0
    versions: dict[str, VersionPredictions] = field(default_factory=dict)
    labels: LabelTable = field(default_factory=LabelTable)
    joined: list[JoinedRows] = field(default_factory=list)

    def is_past(self, keys: Keys) -> NDArray[np.bool_]:
        """A mask of the ids before the horizon."""
        return keys.high < np.uint64(self.horizon)

    def add_predictions(self, version: str, rows: PredictionRows, past: PastLabels) -> NDArray[np.bool_]:
        """Take predictions of one version and return the mask of those not counted before.

        `past` tells the labels that were read before them, of ids before the horizon.
        """
        known = self.versions[version]
        fresh = known.unseen(rows, self.horizon)
        old = self.is_past(rows.keys)
        known.hold(rows.take(fresh & ~old))
        self._join_past(version, rows.take(fresh & old), past)
        return fresh

    def _join_past(self, version: str, rows: PredictionRows, past: PastLabels) -> None:
        """Join rows of the past with the label that was told for them, if one was.

        A label that was read before its prediction may have found it in the live table already and told
        what follows from a pair assumed to be counted: then it is that pair that has to be told now.
        """
        if not len(rows):
            return
        known = self.versions[version]
        assumed, base = known.assumed.values(rows.keys)
        labelled, label = past.before(rows.keys)
        self._emit(version, rows, np.where(assumed, base, np.where(labelled, label, np.nan)), 1)
        known.seen.remember(rows.keys)

    def add_labels(self, rows: LabelRows, writers: list[str]) -> None:
        """Take labels of held ids; every pair whose label changes is told anew."""
        keys, before, after = self.labels.update(rows, writers)
        for version, known in self.versions.items():
            places = known.held.find(keys)
            here = places >= 0
            found = known.rows_at(keys.take(here), places[here])
            counted = known.held.read(places[here], "joined")
            self._emit(version, found.take(counted), before[here][counted], -1)
            self._emit(version, found, after[here], 1)
            known.held.write(places[here], "joined", np.ones(len(found), dtype=np.bool_))

    def join_held(self, version: str, keys: Keys) -> None:
        """Join the held predictions of these ids, not told yet, with labels that came before them."""
        known = self.versions[version]
        places = known.held.find(keys)
        waiting = places >= 0
        waiting[waiting] = ~known.held.read(places[waiting], "joined")
        labels = self.labels.table.find(keys)
        waiting &= labels >= 0
        rows = known.rows_at(keys.take(waiting), places[waiting])
        self._emit(version, rows, self.labels.table.read(labels[waiting], "value"), 1)
        known.held.write(places[waiting], "joined", np.ones(len(rows), dtype=np.bool_))

    def change_past(self, version: str, rows: PredictionRows, past: PastLabels) -> None:
        """Tell past predictions, as the live table has them, with their changed labels."""
        known = self.versions[version]
        had, before = past.before(rows.keys)
        _, after = past.after(rows.keys)
        self._emit(version, rows.take(had), before[had], -1)
        self._emit(version, rows, after, 1)
        known.assumed.remember(rows.keys, np.where(had, before, np.nan))

    def shrink(self) -> None:
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
        told = ~np.isnan(labels)
        if told.any():
            self.joined.append(JoinedRows(version, rows.take(told), labels[told], sign))


def concat_predictions(parts: Iterable[PredictionRows]) -> PredictionRows:
    """Rows one behind the other; there is at least one part."""
    listed = list(parts)
    if len(listed) == 1:
        return listed[0]
    return replace(
        listed[0],
        keys=concat_keys([part.keys for part in listed]),
        streams=np.concatenate([part.streams for part in listed]),
        predicted=np.concatenate([part.predicted for part in listed]),
        scores=np.concatenate([part.scores for part in listed]),
        marked=np.concatenate([part.marked for part in listed]),
    )

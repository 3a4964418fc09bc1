"""How good the versions were on the training set; computed once and again only when that changes."""

import json
import time
import uuid
from collections.abc import Callable, Mapping

import numpy as np

from services.evaluation.join.outcomes import LabelTexts, OutcomeEncoder
from services.evaluation.model import Series, VersionView
from services.evaluation.summaries import InputSummary, priorities, row_ids, summary_for, view_of
from services.evaluation.summaries.rows import as_classes
from services.registry.model import Project, Version
from services.store.batches import Categorical, Column, Floats
from services.store.columns import predicted_column, score_columns
from services.store.interface import CoordinationStore, Store, TrainingStore

SERIES_POINTS = 4_000
_LOOK_AGAIN = 30.0


def announce_training(store: CoordinationStore, project: str) -> None:
    """Tell every reader that a training set, or predictions on it, changed; call it after writing them."""
    store.put_setting(_stamp(project), json.dumps(uuid.uuid4().hex))


def _stamp(project: str) -> str:
    return f"training:{project}"


class HistoricalReader:
    """A project's training set as evaluation sees it.

    Metrics are computed when a version's predictions were announced, its revision changed, or, while a
    version has none, twice a minute.

    Args:
        store: where training sets are.
        clock: seconds, monotonic.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._key: object = None
        self._views: dict[str, VersionView] = {}
        self._series: dict[str, Series] = {}
        self._read_at = 0.0

    def views(self, project: Project) -> dict[str, VersionView]:
        """Metrics by version; the same object until something changes."""
        self._follow(project)
        return self._views

    def series(self, project: Project, column: str) -> Series:
        """An input over the rows of the training set, at most 4,000 points."""
        self._follow(project)
        if column not in self._series:
            self._series[column] = _series(self._store, project.name, column)
        return self._series[column]

    def _follow(self, project: Project) -> None:
        revisions = tuple((version.name, version.revision) for version in project.versions)
        key = (self._store.setting(_stamp(project.name)), revisions)
        if key == self._key and (self._complete() or self._clock() - self._read_at < _LOOK_AGAIN):
            return
        views = historical_views(self._store, project)
        self._key, self._read_at, self._series = key, self._clock(), {}
        self._views = views

    def _complete(self) -> bool:
        return all(view.predictions for view in self._views.values())


def _series(store: TrainingStore, project: str, column: str) -> Series:
    values = store.training(project, ["id", column]).get(column)
    if values is None:
        return Series(np.empty(0), np.empty(0))
    rows = np.arange(len(values))
    summary = InputSummary(SERIES_POINTS)
    summary.add_values(priorities(row_ids(rows)), rows.astype(np.float64), values)
    return summary.series()


def columns_for(project: Project) -> list[str]:
    """The training table's columns that the metrics of all versions need."""
    wanted = {"id": None}
    for version in project.versions:
        wanted[version.signature.target.column] = None
        wanted[predicted_column(version.name)] = None
        wanted.update(dict.fromkeys(score_columns(version.signature.classes, version.name).values()))
    return list(wanted)


def historical_views(store: TrainingStore, project: Project) -> dict[str, VersionView]:
    """Metrics of every version on the training set; a version without predictions there has none."""
    columns = store.training(project.name, columns_for(project))
    return {version.name: _view(version, columns) for version in project.versions}


def _view(version: Version, columns: Mapping[str, Column]) -> VersionView:
    predicted = columns.get(predicted_column(version.name))
    labels = columns.get(version.signature.target.column)
    if predicted is None or labels is None:
        return VersionView()
    encoder = OutcomeEncoder(version.signature, LabelTexts())
    if encoder.is_classification:
        labels = as_classes(labels, version.signature.classes)
    numbers = encoder.predicted(predicted)
    there = ~np.isnan(numbers)
    joined = summary_for(version.signature)
    joined.add_rows(
        encoder.labelled(
            row_ids(np.arange(len(numbers))), encoder.labels(labels), numbers, _scores(version, columns)
        )
    )
    return view_of(joined, int(there.sum())) if joined.rows else VersionView(predictions=int(there.sum()))


def _scores(version: Version, columns: Mapping[str, Column]) -> Floats:
    names = score_columns(version.signature.classes, version.name).values()
    rows = max((len(column) for column in columns.values()), default=0)
    missing = np.full(rows, np.nan)
    found = [columns.get(name, missing) for name in names]
    numbers = [missing if isinstance(column, Categorical) else column for column in found]
    return np.stack(numbers, axis=1) if numbers else np.empty((rows, 0))

"""An input's course: over the training set, then over what was asked in production."""

from collections.abc import Callable
from functools import partial

import numpy as np

from services.evaluation.historical import SERIES_POINTS, HistoricalReader
from services.evaluation.model import Evolution, Series
from services.evaluation.reader.bucket import Bucket
from services.evaluation.reader.buckets import PredictionStream, TimeWindow
from services.evaluation.reader.state import ReaderState
from services.evaluation.summaries import InputSummary
from services.registry.model import Field, Mode, Project, Version


def evolution_of(
    historical: HistoricalReader, state: ReaderState, project: Project, field: Field, window: TimeWindow
) -> Evolution:
    """An input's course; `field` is what `input_field` found."""
    buckets = _buckets(state, project, field.column, window)
    return Evolution(
        field.name, field.unit, historical.series(project, field.column), _live(buckets, field.column)
    )


def _by_importance(project: Project) -> list[Version]:
    return sorted(project.versions, key=lambda version: (version.name != project.champion, version.order))


def input_field(project: Project, variable: str) -> Field | None:
    """The input of that name or column; None if no version has it."""
    for version in _by_importance(project):
        for field in version.signature.inputs:
            if variable in {field.name, field.column}:
                return field
    return None


def _buckets(state: ReaderState, project: Project, column: str, window: TimeWindow) -> list[Bucket]:
    """Buckets that hold each request once: the champions' rows, or else those of one version."""

    def buckets_of(chosen: Callable[[PredictionStream], bool]) -> list[Bucket]:
        return [bucket for bucket in state.buckets.within(window, chosen) if column in bucket.inputs]

    buckets = buckets_of(lambda stream: stream.mode is Mode.CHAMPION)
    for name in [version.name for version in _by_importance(project)]:
        if not buckets:
            buckets = buckets_of(partial(_is_of, name))
    return buckets


def _is_of(version: str, stream: PredictionStream) -> bool:
    return stream.version == version


def _live(buckets: list[Bucket], column: str) -> Series:
    if not buckets:
        return Series(np.empty(0), np.empty(0))
    whole = InputSummary(SERIES_POINTS)
    for bucket in buckets:
        whole.merge(bucket.inputs[column])
    return whole.series()

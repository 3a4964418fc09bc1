"""What the window shows, made of the sums that the buckets gave."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from services.evaluation.historical import SERIES_POINTS
from services.evaluation.model import Evolution, ProjectView, Series, Traffic, VersionView
from services.evaluation.reader.buckets import Bucket, TimeWindow, WindowSums
from services.evaluation.reader.state import ReaderState
from services.evaluation.summaries import InputSummary, Summary, view_of
from services.instants import instant
from services.registry.model import Field, Project, Version


def project_view(
    state: ReaderState, project: Project, window: TimeWindow, sums: WindowSums, *,
    historical: dict[str, VersionView], rows_read: int, desired_only: bool = False,
) -> ProjectView:  # fmt: skip
    """One consistent look at a project; costs the streams of the window, whatever their rows.

    Live rows of all revisions count, or those of each version's desired one only.

    Args:
        state: the reader's.
        project: as it was just read.
        window: which requests the live side counts.
        sums: of that window.
        historical: the metrics on the training set, by version.
        rows_read: how many rows were new.
        desired_only: see above.
    """
    return ProjectView(
        project=project,
        at=instant(window.now),
        span=window.span,
        rows_read=rows_read,
        historical=historical,
        live={
            version.name: _live(state, version, sums, desired_only=desired_only)
            for version in project.versions
        },
        newest_request=_moment(state.newest_request / 1e3),
        newest_label=_moment(state.newest_label / 1e6),
        rebuilt=state.rebuilt,
    )


def traffic_of(state: ReaderState, buckets: list[Bucket], recent: list[Bucket]) -> Traffic:
    """How much a version is asked: its buckets over all time, and those of the last hour."""
    return Traffic(
        predictions=sum(bucket.predictions for bucket in buckets),
        labelled=sum(bucket.joined.rows for bucket in buckets if bucket.joined is not None),
        recent=sum(bucket.predictions for bucket in recent),
        newest_request=_moment(state.newest_request / 1e3),
    )


def evolution_of(field: Field, historical: Series, live: Sequence[InputSummary]) -> Evolution:
    """An input's course: over the training set, then over what was asked in production."""
    return Evolution(field.name, field.unit, historical, _course(live))


def _live(state: ReaderState, version: Version, sums: WindowSums, *, desired_only: bool) -> VersionView:
    buckets = [
        bucket
        for number, bucket in sums.buckets.items()
        if (stream := state.buckets.streams[number]).version == version.name
        and not (desired_only and stream.revision != version.revision)
    ]
    joined = _merged(buckets)
    predictions = sum(bucket.predictions for bucket in buckets)
    if joined is None or not joined.rows:
        return VersionView(predictions=predictions)
    return view_of(joined, predictions)


def _merged(buckets: list[Bucket]) -> Summary | None:
    """The joined rows of all buckets as one summary; None where no bucket has any."""
    summaries = [bucket.joined for bucket in buckets if bucket.joined is not None]
    if not summaries:
        return None
    if len(summaries) == 1:
        return summaries[0]
    whole = summaries[0].copy()
    for summary in summaries[1:]:
        whole.merge(summary)
    return whole


def _course(summaries: Sequence[InputSummary]) -> Series:
    if not summaries:
        return Series(np.empty(0), np.empty(0))
    whole = InputSummary(SERIES_POINTS)
    for summary in summaries:
        whole.merge(summary)
    return whole.series()


def _moment(seconds: float) -> datetime | None:
    return instant(seconds) if seconds else None

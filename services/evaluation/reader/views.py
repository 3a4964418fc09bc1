"""From a reader's summaries to what the window shows."""

from datetime import UTC, datetime

from services.evaluation.model import ProjectView, Span, Traffic, VersionView
from services.evaluation.reader.bucket import Bucket
from services.evaluation.reader.buckets import PredictionStream, TimeWindow
from services.evaluation.reader.state import ReaderState
from services.evaluation.summaries import Summary, view_of
from services.registry.model import Project, Version


def project_view(
    state: ReaderState, project: Project, window: TimeWindow, historical: dict[str, VersionView],
    rows_read: int, *, desired_only: bool = False,
) -> ProjectView:  # fmt: skip
    """One consistent look at a project; costs the buckets of the span, whatever their rows.

    Live rows of all revisions count, or those of each version's desired one only.
    """
    return ProjectView(
        project=project,
        at=datetime.fromtimestamp(window.now, UTC),
        span=window.span,
        rows_read=rows_read,
        historical=historical,
        live={
            version.name: _live(state, version, window, desired_only=desired_only)
            for version in project.versions
        },
        newest_request=_moment(state.newest_request / 1e3),
        newest_label=_moment(state.newest_label / 1e6),
        rebuilt=state.rebuilt,
    )


def traffic_of(state: ReaderState, version: str, now: float) -> Traffic:
    """How much a version is asked; costs the buckets of an hour."""

    def is_its(stream: PredictionStream) -> bool:
        return stream.version == version

    buckets = state.buckets.within(TimeWindow(Span.ALL, now), is_its)
    recent = state.buckets.within(TimeWindow(Span.HOUR, now), is_its)
    return Traffic(
        predictions=sum(bucket.predictions for bucket in buckets),
        labelled=sum(bucket.joined.rows for bucket in buckets if bucket.joined is not None),
        recent=sum(bucket.predictions for bucket in recent),
        newest_request=_moment(state.newest_request / 1e3),
    )


def _live(state: ReaderState, version: Version, window: TimeWindow, *, desired_only: bool) -> VersionView:
    def is_its(stream: PredictionStream) -> bool:
        return stream.version == version.name and not (desired_only and stream.revision != version.revision)

    buckets = state.buckets.summed(window, is_its)
    joined = merged(buckets)
    predictions = sum(bucket.predictions for bucket in buckets)
    if joined is None or not joined.rows:
        return VersionView(predictions=predictions)
    return view_of(joined, predictions)


def merged(buckets: list[Bucket]) -> Summary | None:
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


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None

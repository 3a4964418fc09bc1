"""From a reader's summaries to what the window shows."""

from datetime import UTC, datetime

from services.evaluation.model import ProjectView, Span, Traffic, VersionView
from services.evaluation.reader.bucket import Cell
from services.evaluation.reader.buckets import Stream, Window
from services.evaluation.reader.state import ReaderState
from services.evaluation.summaries import Summary
from services.registry.model import Project


def project_view(
    state: ReaderState, project: Project, window: Window, historical: dict[str, VersionView], rows_read: int
) -> ProjectView:
    """One consistent look at a project; costs the buckets of the span, whatever their rows."""
    return ProjectView(
        project=project,
        at=datetime.fromtimestamp(window.now, UTC),
        span=window.span,
        rows_read=rows_read,
        historical=historical,
        live={version.name: _live(state, version.name, window) for version in project.versions},
        newest_request=_moment(state.newest_request / 1e3),
        newest_label=_moment(state.newest_label / 1e6),
    )


def traffic_of(state: ReaderState, version: str, now: float) -> Traffic:
    """How much a version is asked; costs the buckets of an hour."""

    def is_its(stream: Stream) -> bool:
        return stream.version == version

    cells = state.cells.within(Window(Span.ALL, now), is_its)
    recent = state.cells.within(Window(Span.HOUR, now), is_its)
    return Traffic(
        predictions=sum(cell.predictions for cell in cells),
        labelled=sum(cell.joined.rows for cell in cells if cell.joined is not None),
        recent=sum(cell.predictions for cell in recent),
        newest_request=_moment(state.newest_request / 1e3),
    )


def _live(state: ReaderState, version: str, window: Window) -> VersionView:
    def is_its(stream: Stream) -> bool:
        return stream.version == version

    cells = state.cells.summed(window, is_its)
    joined = merged(cells)
    predictions = sum(cell.predictions for cell in cells)
    if joined is None or not joined.rows:
        return VersionView(predictions=predictions)
    return view_of(joined, predictions)


def merged(cells: list[Cell]) -> Summary | None:
    """The joined rows of all cells as one summary; None where no cell has any."""
    summaries = [cell.joined for cell in cells if cell.joined is not None]
    if not summaries:
        return None
    if len(summaries) == 1:
        return summaries[0]
    whole = summaries[0].copy()
    for summary in summaries[1:]:
        whole.merge(summary)
    return whole


def view_of(joined: Summary, predictions: int) -> VersionView:
    """What a summary of joined rows says of a version."""
    return VersionView(
        predictions=predictions,
        labelled=joined.rows,
        metrics=joined.metrics(),
        roc=joined.roc(),
        roc_averages=joined.roc_averages(),
        pairs=joined.pairs(),
    )


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None

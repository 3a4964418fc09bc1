"""From what was seen to what is shown: pure functions, no widget and no reading."""

from collections.abc import Sequence
from datetime import UTC, datetime

from app.pages.monitor.query import MonitorData
from app.pages.monitor.view_model import MonitorViewModel
from services.evaluation.metrics.definitions import metric_rows
from services.evaluation.model import ProjectView, VersionView
from services.gateway.messages import VersionStatus
from services.instants import instant
from services.registry.model import Mode, Project, Version
from widgets.formatting import clock, day, plural
from widgets.panels.version_entry import VersionEntry
from widgets.tables.cells import Column, Row
from widgets.tables.metrics import VersionColumn, columns_for, table_row
from widgets.theme import State

_RANK = {Mode.CHAMPION: 0, Mode.CHALLENGER: 1, Mode.RETIRED: 2}


def build_view_model(data: MonitorData) -> MonitorViewModel:
    """What the page shows of a project."""
    view = data.view
    if view is None:
        return MonitorViewModel(seen_at=datetime.now(UTC).timestamp())
    project = view.project
    target = project.versions[0].signature.target.name
    columns, rows = metrics_cells(view)
    live = view.live.get(project.champion, VersionView())
    return MonitorViewModel(
        projects=data.projects,
        project=project.name,
        task=project.task.value,
        target=target,
        span=data.query.span.value,
        variables=variable_choices(project),
        variable=data.query.variable if view.evolution is not None else "",
        versions=tuple(version_entry(project, version, data) for version in display_order(project)),
        columns=columns,
        rows=rows,
        labelled=live.labelled,
        predictions=live.predictions,
        skipped=sum(status.skipped for status in data.status.values()),
        rebuilt=view.rebuilt,
        lost=data.lost,
        seen_at=view.at.timestamp(),
    )


def display_order(project: Project) -> list[Version]:
    """The champion first, then challengers, then what is retired; each in order of registration."""
    return sorted(project.versions, key=lambda version: (_RANK[version.mode], version.order))


def variable_choices(project: Project) -> tuple[tuple[str, str], ...]:
    """The output first, then every input that some version takes, in the order of the signatures."""
    target = project.versions[0].signature.target
    inputs: dict[str, str] = {}
    for version in project.versions:
        for field in version.signature.inputs:
            inputs.setdefault(field.name, f"{field.name} ({field.unit})" if field.unit else field.name)
    return (("", f"{target.name} (output)"), *inputs.items())


def version_entry(project: Project, version: Version, data: MonitorData) -> VersionEntry:
    """A version with its part in production and the gateway's word on its health."""
    status = data.status.get(version.name)
    word, state = health_text(version, status, gateway=data.gateway_error is None, starting=data.starting)
    since = ""
    if version.mode is Mode.CHAMPION and project.last_change is not None:
        since = f"since {time_text(project.last_change.at)}"
    return VersionEntry(
        name=version.name,
        order=version.order,
        mode=version.mode,
        health=word,
        state=state,
        revision=version.revision,
        since=since,
        skipped=status.skipped if status is not None else 0,
    )


def health_text(
    version: Version, status: VersionStatus | None, *, gateway: bool, starting: bool = False
) -> tuple[str, State]:
    """A word for how a version fares, and its colour."""
    if version.mode is Mode.RETIRED:
        return "not asked", State.NEUTRAL
    if not gateway:
        return "unknown: no gateway", State.NEUTRAL
    if not version.endpoint:
        return "no service yet", State.NEUTRAL
    reported = status or VersionStatus()
    if starting and reported.health != "ok" and not reported.errors:
        return "starting…", State.NEUTRAL
    return _gateway_text(reported)


def _gateway_text(status: VersionStatus) -> tuple[str, State]:
    """The gateway's word on a version that has a service."""
    if status.health == "down":
        return "down", State.BAD
    if status.lag > 0:
        return f"{plural(status.lag, 'row')} behind", State.WARNING
    if status.health == "ok":
        return "healthy", State.GOOD
    return "not asked yet", State.NEUTRAL


def time_text(at: datetime) -> str:
    """The time if it was today, else the day, in the person's zone."""
    local = at.astimezone()
    return f"{local:%H:%M}" if local.date() == datetime.now().astimezone().date() else day(at)


def metrics_cells(view: ProjectView) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """The table of metrics as finished cells: a column per version on historical, then on live data."""
    versions = [VersionColumn(v.name, v.order) for v in compared_versions(view)]
    unit = view.project.versions[0].signature.target.unit
    rows = [table_row(row, versions) for row in metric_rows(view.historical, view.live, unit=unit)]
    return tuple(columns_for(versions)), tuple(rows)


def compared_versions(view: ProjectView) -> Sequence[Version]:
    """Versions in the order of registration; retired ones only while nothing else is there."""
    active = [version for version in view.project.versions if version.mode is not Mode.RETIRED]
    return sorted(active or view.project.versions, key=lambda version: version.order)


def seen_text(view_model: MonitorViewModel) -> str:
    """When what is shown was loaded, exactly."""
    return clock(instant(view_model.seen_at))

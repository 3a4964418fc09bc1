"""Evidence of a change of champion: made here for the window and the gateway alike."""

from services.evaluation.metrics.definitions import classification_definitions, regression_definitions
from services.evaluation.model import ProjectView, VersionView
from services.evaluation.reader.reader import Cancelled, ProjectReader
from services.registry.model import DataKind, Evidence, MetricValue, Task, Version


def read_evidence(reader: ProjectReader, challenger: str, cancelled: Cancelled = None) -> Evidence:
    """What is known now of the champion and the version that may replace it.

    Every row that the versions' desired revisions ever answered counts, whatever span anyone looks at.

    Args:
        reader: the project's; reads what is new.
        challenger: the version's name.
        cancelled: asked between entries of the log; true ends the call.

    Raises:
        NotFound: there is no such project.
        Cancelled: `cancelled` said so.
        Unavailable: the store cannot be reached.
    """
    return evidence_of(reader.desired_revisions(cancelled), challenger)


def evidence_of(view: ProjectView, challenger: str) -> Evidence:
    """Metric by metric of champion and challenger: on live data where both have it, else historical."""
    champion, other = view.project.version(view.project.champion), view.project.version(challenger)
    if champion is None or other is None:
        return Evidence(note=f"{view.project.name} has no version {challenger}.")
    versions = (champion, other)
    unmeasured = [version.name for version in versions if not _is_measured(view.live, version)]
    if not unmeasured:
        return Evidence(_values(view.live, versions, DataKind.LIVE))
    note = f"No live row with a true value of the present revision of {' or '.join(unmeasured)}."
    if all(_is_measured(view.historical, version) for version in versions):
        return Evidence(_values(view.historical, versions, DataKind.HISTORICAL), note)
    return Evidence(note=f"No data. {note} Not both were measured on the training set either.")


def _is_measured(views: dict[str, VersionView], version: Version) -> bool:
    return version.name in views and views[version.name].metrics is not None


def _values(
    views: dict[str, VersionView], versions: tuple[Version, ...], data: DataKind
) -> tuple[MetricValue, ...]:
    """The metrics of the whole, without those of single classes."""
    classifies = versions[0].signature.task is Task.CLASSIFICATION
    definitions = classification_definitions() if classifies else regression_definitions()
    return tuple(
        MetricValue(definition.name, version.name, version.revision, data, metrics.rows, measure.value)
        for definition in definitions
        for version in versions
        if (metrics := views[version.name].metrics) is not None
        and (measure := definition.read(metrics)) is not None
    )

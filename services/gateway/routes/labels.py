"""True values: late, in any order, again, and corrected."""

import math
from collections.abc import Sequence

from services.gateway import messages
from services.gateway.operations import CLIENT, Call, Operation
from services.gateway.prediction_ids import check_known_ids
from services.gateway.validation import check_rows_before_decoding, class_name
from services.http.errors import InvalidField
from services.registry.model import Project, Task


async def _labels(call: Call) -> messages.LabelCounts:
    items: list[messages.LabelItem] = call.body
    project = call.dependencies.routing_table.project(call.path["project"]).project
    ids = check_known_ids([item.id for item in items], [f"[{index}].id" for index in range(len(items))])
    labels, classes = label_values(project, items)
    counts = await call.dependencies.recorder.record_labels(
        project.name, ids, labels, versions=_champion_first(project), classes=classes
    )
    call.dependencies.metrics.labelled(project.name, counts.accepted)
    return counts


def label_values(
    project: Project, items: Sequence[messages.LabelItem]
) -> tuple[Sequence[float] | Sequence[str], frozenset[str] | None]:
    """The labels in the project's terms, and the classes that any of its versions knows.

    Raises:
        InvalidField: a label of a regression is no number.
    """
    if project.task is Task.CLASSIFICATION:
        known = frozenset(name for version in project.versions for name in version.signature.classes)
        return [class_name(item.label) for item in items], known
    numbers = []
    for index, item in enumerate(items):
        if type(item.label) is not float or not math.isfinite(item.label):
            raise InvalidField(f"[{index}].label must be a number", field=f"[{index}].label")
        numbers.append(item.label)
    return numbers, None


def _champion_first(project: Project) -> list[str]:
    others = [version.name for version in project.versions if version.name != project.champion]
    return [project.champion, *others]


OPERATIONS = (
    Operation(
        "POST", "/v1/projects/{project}/labels", "Tell the true values of predictions", CLIENT, _labels,
        takes=messages.Labels, check=check_rows_before_decoding, gives=messages.LabelCounts, errors=(404,),
    ),
)  # fmt: skip

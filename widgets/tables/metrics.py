"""Metrics × versions, historical and live side by side, the better value marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from widgets.formatting import UNDEFINED, decimals, fixed, number
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.table import DataTable
from widgets.theme import version_style

if TYPE_CHECKING:  # evaluation's types need numpy, which the window's first paint does without
    from services.evaluation.metrics.definitions import MetricRow
    from services.evaluation.model import Measure

BETTER = "▲"


@dataclass(frozen=True, slots=True)
class VersionColumn:
    """A version as a column: its name, and its order of registration, which fixes its colour."""

    name: str
    order: int


class MetricsTable(DataTable):
    """Rows are metrics; columns are each version on historical data, then on live data."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(columns_for(()), name="Metrics", parent=parent)
        self.set_empty("Nothing measured yet", "Metrics need predictions whose true values are known.")
        self._versions: tuple[VersionColumn, ...] = ()

    def show_metrics(self, rows: Sequence["MetricRow"], versions: Sequence[VersionColumn]) -> None:
        """Show these metrics for these versions, in this order."""
        self._versions = tuple(versions)
        self.set_columns(columns_for(self._versions))
        self.set_rows([table_row(row, self._versions) for row in rows])


def columns_for(versions: Sequence[VersionColumn]) -> list[Column]:
    """The metric's name, then a column per version and kind of data."""
    columns = [Column("metric", "Metric", width=240)]
    for kind, told in (("historical", "the training set"), ("live", "labelled live rows")):
        columns += [
            Column(
                f"{kind}:{version.name}",
                f"{kind} {version.name}",
                numeric=True,
                width=136,
                tooltip=f"Version {version.name} on {told}",
                mark=version_style(version.order).colour,
                begins_group=place == 0,
            )
            for place, version in enumerate(versions)
        ]
    return columns


def table_row(row: "MetricRow", versions: Sequence[VersionColumn]) -> Row:
    """One metric as finished cells."""
    cells = [Cell(row.name, tooltip=row.tooltip)]
    places = decimals(measure.value for of in (row.historical, row.live) for measure in of.values())
    for kind, measures in (("historical", row.historical), ("live", row.live)):
        best = better_versions(measures, row.higher_is_better)
        for version in versions:
            measure = measures.get(version.name)
            beaten = sorted(measures.keys() - best) if version.name in best else []
            cells.append(measure_cell(measure, kind, places, better_than=beaten))
    return Row(row.name, tuple(cells))


def better_versions(measures: Mapping[str, "Measure"], higher_is_better: bool | None) -> set[str]:
    """The version with the best value; none when fewer than two have one, or all are equal."""
    values = {name: measure.value for name, measure in measures.items() if measure.value is not None}
    if higher_is_better is None or len(set(values.values())) < 2:
        return set()
    best = max(values.values()) if higher_is_better else min(values.values())
    return {name for name, value in values.items() if value == best}


def measure_cell(measure: "Measure | None", kind: str, places: int, *, better_than: Sequence[str]) -> Cell:
    """A value with its error bound, or `–` with the reason on hover."""
    if measure is None:
        return Cell(UNDEFINED, sort="", quiet=True, tooltip=f"Not measured on {kind} data.")
    if measure.value is None:
        return Cell(UNDEFINED, sort="", quiet=True, tooltip=f"Undefined: {measure.reason}")
    text = fixed(measure.value, places)
    told = [f"{number(measure.value, 10)} on {kind} data"]
    if measure.error_bound:
        text += f" ±{number(measure.error_bound, 1)}"
        told.append(f"exact to within ±{number(measure.error_bound, 3)}")
    if better_than:
        text = f"{BETTER} {text}"
        told.append(f"better than {', '.join(better_than)}")
    return Cell(
        text,
        sort=measure.value,
        tooltip="; ".join(told) + ".",
        strong=bool(better_than),
        export=repr(measure.value),
    )

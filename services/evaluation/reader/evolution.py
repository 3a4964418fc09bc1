"""An input's course: over the training set, then over what was asked in production."""

from collections.abc import Callable
from functools import partial

import numpy as np

from services.errors import NotFound
from services.evaluation.historical import SERIES_POINTS, Historical
from services.evaluation.model import Evolution, Series
from services.evaluation.reader.bucket import Cell
from services.evaluation.reader.buckets import Stream, Window
from services.evaluation.reader.state import ReaderState
from services.evaluation.summaries import InputSummary
from services.registry.model import Field, Mode, Project, Version


def evolution_of(
    historical: Historical, state: ReaderState, project: Project, field: Field, window: Window
) -> Evolution:
    """An input's course; `field` is what `input_field` found."""
    cells = _cells(state, project, field.column, window)
    return Evolution(
        field.name, field.unit, historical.series(project, field.column), _live(cells, field.column)
    )


def _by_importance(project: Project) -> list[Version]:
    return sorted(project.versions, key=lambda version: (version.name != project.champion, version.order))


def input_field(project: Project, variable: str) -> Field:
    """The input of that name or column; NotFound if no version has it."""
    for version in _by_importance(project):
        for field in version.signature.inputs:
            if variable in {field.name, field.column}:
                return field
    raise NotFound(f"no version of {project.name!r} has an input {variable!r}")


def _cells(state: ReaderState, project: Project, column: str, window: Window) -> list[Cell]:
    """Cells that hold each request once: the champions' rows, or else those of one version."""

    def cells_of(chosen: Callable[[Stream], bool]) -> list[Cell]:
        return [cell for cell in state.cells.within(window, chosen) if column in cell.inputs]

    cells = cells_of(lambda stream: stream.mode is Mode.CHAMPION)
    for name in [version.name for version in _by_importance(project)]:
        if not cells:
            cells = cells_of(partial(_is_of, name))
    return cells


def _is_of(version: str, stream: Stream) -> bool:
    return stream.version == version


def _live(cells: list[Cell], column: str) -> Series:
    if not cells:
        return Series(np.empty(0), np.empty(0))
    whole = InputSummary(SERIES_POINTS)
    for cell in cells:
        whole.merge(cell.inputs[column])
    return whole.series()

"""What every kind of plot of Monitor keeps to: a new one gets its view in `VIEWS`, and passes as it is."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.pages.monitor.plot import KINDS, EvolutionKind, MonitorPlotKind, PredictedRealKind, RocKind
from services.evaluation.model import Evolution, ProjectView, Series, Span
from services.registry.model import Field, Mode, PolicyChoice, Project, Signature, Task, Version

AT = datetime(2026, 11, 12, tzinfo=UTC)
NO_ROWS = Series(np.empty(0), np.empty(0))


def view(task: Task, evolution: Evolution | None = None) -> ProjectView:
    signature = Signature(
        (Field("ph", "ph"),), Field("quality", "quality"), task,
        classes=("good", "bad") if task is Task.CLASSIFICATION else (),
    )  # fmt: skip
    version = Version("wine", "A", Mode.CHAMPION, signature, "a" * 64, AT)
    project = Project("wine", "A", 1, PolicyChoice(), (version,))
    return ProjectView(project, AT, Span.ALL, 0, evolution=evolution)


VIEWS: Mapping[type[MonitorPlotKind], ProjectView] = {
    EvolutionKind: view(Task.REGRESSION, Evolution("ph", "", NO_ROWS, NO_ROWS)),
    RocKind: view(Task.CLASSIFICATION),
    PredictedRealKind: view(Task.REGRESSION),
}
"""Something without rows for which a kind is the one that is shown."""


def test_every_kind_has_its_view_here() -> None:
    assert set(VIEWS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_the_first_that_applies_to_its_view(kind: type[MonitorPlotKind]) -> None:
    assert next(each for each in KINDS if each.applies(VIEWS[kind])) is kind


@pytest.mark.parametrize("source", ["historical", "live"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_without_rows_says_in_words_that_there_are_none(
    kind: type[MonitorPlotKind], source: str, qtbot: QtBot
) -> None:
    made = kind()
    qtbot.addWidget(made.panel)
    made.panel.show()
    made.update(VIEWS[kind], source)
    assert made.panel.accessibleName()
    assert made.panel.empty.isVisible()
    assert made.panel.empty.text()

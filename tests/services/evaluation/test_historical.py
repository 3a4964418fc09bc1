"""HistoricalReader metrics and the course of inputs."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.evaluation.historical import HistoricalReader, announce_training
from services.evaluation.model import ClassificationMetrics, Span
from services.evaluation.reader.reader import ProjectReader
from services.registry.model import Mode
from services.store.batches import Categorical

CLASSES = ("setosa", "versicolor", "virginica")


@pytest.fixture
def platform(make_platform: Callable[..., Any], reader_tools: SimpleNamespace) -> Any:
    """Six training rows, of which version A predicted five right."""
    made = make_platform()
    signature = reader_tools.signature_for(made.task)
    made.store.write_training(
        made.project, signature,
        {"id": np.arange(6.0), "length": np.arange(6.0) * 1.5,
         "colour": Categorical.of(["red", "white", None, "red", "red", "white"]),
         "species": Categorical(np.array([0, 1, 2, 0, 1, 2], dtype=np.int32), CLASSES)},
    )  # fmt: skip
    predict(made, "A", [0, 1, 2, 0, 1, 1])
    return made


def predict(platform: Any, version: str, codes: list[int]) -> None:
    rows = np.arange(float(len(codes)))
    scores = np.eye(3)[codes] * 0.8 + 0.2 / 3
    platform.store.write_training_predictions(
        platform.project, version, rows, Categorical(np.array(codes, dtype=np.int32), CLASSES),
        {name: scores[:, place] for place, name in enumerate(CLASSES)},
    )  # fmt: skip
    announce_training(platform.store, platform.project)


def accuracy(views: dict[str, Any], version: str) -> float | None:
    metrics = views[version].metrics
    assert isinstance(metrics, ClassificationMetrics)
    return metrics["accuracy"].value


def test_versions_are_measured_on_the_training_set(platform: Any) -> None:
    view = ProjectReader(platform.store, platform.project).refresh(Span.ALL)
    assert accuracy(view.historical, "A") == pytest.approx(5 / 6)
    assert len(view.historical["A"].roc) == 3
    assert view.historical["B"].metrics is None


def test_metrics_are_computed_again_only_when_predictions_change(platform: Any) -> None:
    predict(platform, "B", [0, 0, 0, 0, 0, 0])
    historical = HistoricalReader(platform.store)
    project = platform.store.project(platform.project)
    views = historical.views(project)
    assert historical.views(project) is views
    predict(platform, "A", [0, 1, 2, 0, 1, 2])
    assert accuracy(historical.views(project), "A") == 1.0


def test_predictions_that_nobody_announced_are_found_while_a_version_has_none(platform: Any) -> None:
    now = 0.0
    historical = HistoricalReader(platform.store, clock=lambda: now)
    project = platform.store.project(platform.project)
    historical.views(project)
    stamp = platform.store.setting(f"training:{platform.project}")
    predict(platform, "B", [0, 1, 2, 0, 1, 2])
    platform.store.put_setting(f"training:{platform.project}", stamp)
    assert historical.views(project)["B"].metrics is None
    now = 31.0
    assert accuracy(historical.views(project), "B") == 1.0


def test_an_input_is_shown_over_the_training_set_and_then_over_live_rows(
    platform: Any, reader_tools: SimpleNamespace
) -> None:
    ids = reader_tools.ids_at(platform.now - np.arange(30.0), np.arange(30))
    batch = platform.predictions("A", ids)
    platform.writer("g1").ship(batch)
    platform.writer("g1").ship(platform.predictions("B", ids, mode=Mode.CHALLENGER))
    reader = ProjectReader(platform.store, platform.project, clock=platform.clock)
    length = reader.refresh(Span.HOUR, variable="length").evolution
    assert length.historical.x.tolist() == [0, 1, 2, 3, 4, 5]
    assert length.historical.y.tolist() == [0, 1.5, 3, 4.5, 6, 7.5]
    assert len(length.live.x) == 30, "each request once, although two versions saw it"
    assert sorted(length.live.y.tolist()) == sorted(batch.inputs["length"].tolist())
    colour = reader.refresh(Span.HOUR, variable="colour").evolution
    assert set(colour.historical.categories) == {"red", "white"}
    assert np.isnan(colour.historical.y).sum() == 1
    assert reader.refresh(Span.HOUR, variable="weight").evolution is None


def test_a_long_course_is_thinned_to_what_a_plot_can_use(
    platform: Any, reader_tools: SimpleNamespace
) -> None:
    for start in range(0, 20_000, 5_000):
        numbers = np.arange(start, start + 5_000)
        ids = reader_tools.ids_at(platform.now - 80_000 + numbers * 4.0, numbers)
        platform.writer("g1").ship(platform.predictions("A", ids))
    live = ProjectReader(platform.store, platform.project, clock=platform.clock)
    for span in (Span.DAY, Span.ALL):
        course = live.refresh(span, variable="length").evolution.live
        assert 1_000 < len(course.x) <= 4_000
        assert (np.diff(course.x) >= 0).all()

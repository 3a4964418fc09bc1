"""What Monitor says of versions and of plots without data: each state by its own words."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from app.pages.monitor.plot import empty_plot_text
from app.pages.monitor.query import MonitorData, MonitorQuery
from app.pages.monitor.view_model_builder import build_view_model, health_text
from services.errors import Unavailable
from services.evaluation.model import ProjectView, Span, VersionView
from services.gateway.messages import VersionStatus
from services.registry.model import Field, Mode, PolicyChoice, Project, Signature, Task, Version

SHAPE = Signature((Field("ph", "ph"),), Field("quality", "quality"), Task.REGRESSION)
A = Version("wine", "A", Mode.CHAMPION, SHAPE, "a" * 64, datetime.now(UTC), endpoint="http://127.0.0.1:1")
B = replace(A, name="B", mode=Mode.CHALLENGER, order=1)
WINE = Project("wine", "A", 1, PolicyChoice(), (A, B))


def view(rows: int, span: Span = Span.ALL) -> ProjectView:
    return ProjectView(WINE, datetime.now(UTC), span, 0, live={"A": VersionView(predictions=rows)})


@pytest.mark.parametrize(
    ("version", "status", "gateway", "word"),
    [
        (A, VersionStatus("ok"), True, "healthy"),
        (A, VersionStatus("down"), True, "down"),
        (B, VersionStatus("ok", lag=3), True, "3 rows behind"),
        (A, None, True, "not asked yet"),
        (A, None, False, "unknown: no gateway"),
        (replace(A, endpoint=""), VersionStatus(), True, "no service yet"),
        (replace(A, mode=Mode.RETIRED), VersionStatus("down"), True, "not asked"),
    ],
)
def test_health_in_a_word(version: Version, status: VersionStatus | None, gateway: bool, word: str) -> None:
    assert health_text(version, status, gateway=gateway)[0] == word


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (VersionStatus("down"), "starting…"),
        (VersionStatus(), "starting…"),
        (VersionStatus("ok"), "healthy"),
        (VersionStatus("down", errors=1), "down"),
    ],
)
def test_a_service_that_was_just_started_is_not_called_down(status: VersionStatus, word: str) -> None:
    assert health_text(A, status, gateway=True, starting=True)[0] == word


def test_rows_that_a_challenger_skipped_are_told_at_its_name_and_in_sum() -> None:
    status = {"A": VersionStatus("ok"), "B": VersionStatus("ok", skipped=12)}
    content = build_view_model(
        MonitorData(MonitorQuery("wine", Span.ALL), ("wine",), view(40), status=status)
    )
    assert content.skipped == 12
    assert [(entry.name, entry.skipped) for entry in content.versions] == [("A", 0), ("B", 12)]
    assert "12 rows skipped" in content.versions[1].spoken


def test_without_the_gateway_nothing_is_said_of_skipped_rows() -> None:
    silent = MonitorData(
        MonitorQuery("wine", Span.ALL), ("wine",), view(4), gateway_error=Unavailable("no gateway")
    )
    assert build_view_model(silent).skipped == 0


@pytest.mark.parametrize(
    ("rows", "span", "source", "text", "hint"),
    [
        (0, Span.ALL, "live", "Nobody asked wine yet", "Send rows to the gateway"),
        (0, Span.HOUR, "live", "Nobody asked wine in this span", "choose a longer span"),
        (1, Span.ALL, "live", "The one live row does not have its true value yet", "as labels."),
        (400, Span.DAY, "live", "None of the 400 live rows has its true value yet", "choose a longer span"),
        (400, Span.DAY, "historical", "No version has predictions on the training set", "Publishing"),
    ],
)
def test_an_empty_plot_says_why_and_what_would_fill_it(
    rows: int, span: Span, source: str, text: str, hint: str
) -> None:
    found, remedy = empty_plot_text(view(rows, span), source)
    assert found == text
    assert hint in remedy

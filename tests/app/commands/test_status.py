"""What `relevo status` tells of a change of champion."""

from datetime import UTC, datetime

from app.commands.status import change_lines
from services.registry.model import ChampionChange, DataKind, Evidence, MetricValue

AT = datetime(2026, 11, 12, 8, tzinfo=UTC)
EVIDENCE = Evidence(
    (
        MetricValue("RMSE", "A", "a" * 64, DataKind.LIVE, 312, 0.62),
        MetricValue("RMSE", "B", "b" * 64, DataKind.LIVE, 300, 0.581),
    )
)


def test_a_change_is_told_with_its_evidence() -> None:
    change = ChampionChange("wine", 2, AT, "A", "B", "Ana", "lower error", EVIDENCE)
    assert change_lines(change) == [
        "  champion B in place of A since 2026-11-12 08:00:00 UTC, by Ana: lower error",
        "    RMSE, live: 0.620 → 0.581",
        "    Measured on 312 live rows of A (aaaaaaaa) and 300 live rows of B (bbbbbbbb).",
    ]


def test_the_first_champion_replaced_nobody() -> None:
    first = ChampionChange("wine", 1, AT, "", "A", "Ana", "first registration")
    assert change_lines(first) == ["  champion A since 2026-11-12 08:00:00 UTC, by Ana: first registration"]

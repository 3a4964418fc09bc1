"""Numbers and times as people read them."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from services.instants import instant
from widgets.formatting import clock, count, duration, fixed, number, percent, plural, relative, size

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "∞"),
        (0.0, "0"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (0.123456, "0.1235"),
        (12.3456, "12.35"),
        (-3.14159, "−3.142"),
        (123456.0, "123\u202f456"),
        (0.00001234, "1.234e−05"),
        (-1.5e12, "−1.500e12"),
        (9999.96, "10\u202f000"),
    ],
)
def test_a_number_has_four_digits_that_matter(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1.000"), (-0.0001, "0.000"), (-1234.5, "−1\u202f234.500"), (None, "–")]
)
def test_a_column_of_fixed_decimals_lines_up_and_has_no_minus_zero(value: float | None, text: str) -> None:
    assert fixed(value, 3) == text


@pytest.mark.parametrize(
    ("gone", "text"),
    [
        (timedelta(seconds=2), "just now"),
        (timedelta(seconds=40), "40 s ago"),
        (timedelta(minutes=3, seconds=59), "3 min ago"),
        (timedelta(hours=26), "1 d ago"),
        (timedelta(days=12), "12 Nov"),
        (timedelta(days=400), "20 Oct 2025"),
        (-timedelta(seconds=90), "in 1 min"),
    ],
)
def test_a_time_is_told_in_one_unit_then_as_a_date(gone: timedelta, text: str) -> None:
    assert relative(NOW - gone, NOW) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1e300, "after the year 9999"), (-1e300, "before the year 1"), (-86_400.0 * 2, "1969")],
)
def test_moments_that_no_calendar_has_are_told_in_words(seconds: float, text: str) -> None:
    assert text in clock(instant(seconds))
    assert text in relative(instant(seconds), NOW)


def test_counts_shares_and_sizes_read_naturally() -> None:
    assert count(1234567) == "1\u202f234\u202f567"
    assert percent(0.785) == "78\u202f%"
    assert percent(None) == "–"
    assert (plural(1, "row"), plural(2, "row"), plural(3, "summary", "summaries")) == (
        "1 row",
        "2 rows",
        "3 summaries",
    )
    assert (size(999), size(1_500_000)) == ("999 B", "1.5 MB")
    assert duration(61) == "1 min"

"""Moments as the calendar knows them: rows may carry others, and are told all the same."""

from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
LATEST = datetime(9999, 12, 29, tzinfo=UTC)
"""First and last moment that is told as it is: days within the calendar, so that no time zone leaves it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(seconds: float) -> datetime:
    """Unix seconds in UTC; EARLIEST or LATEST for what lies before or after. The same on every system."""
    if seconds >= (LATEST - _EPOCH).total_seconds():
        return LATEST
    if seconds <= (EARLIEST - _EPOCH).total_seconds():
        return EARLIEST
    return _EPOCH + timedelta(seconds=seconds)

"""Instants as the stores keep them: UTC, whole milliseconds, as Cassandra's timestamp has them."""

from datetime import UTC, datetime


def whole_milliseconds(at: datetime) -> datetime:
    """The same instant in UTC without its microseconds, so that every store gives back what it got."""
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def instant_text(at: datetime) -> str:
    """ISO 8601 text of fixed width, so that it sorts by time."""
    return whole_milliseconds(at).isoformat(timespec="milliseconds")

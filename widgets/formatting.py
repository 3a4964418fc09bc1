"""Numbers, times and sizes as people read them: pure functions, the same everywhere in the window."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from services.instants import EARLIEST, LATEST

UNDEFINED = "–"
MINUS = "−"
MAX_DECIMALS = 6
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: float | None, digits: int = 4) -> str:
    """A number with so many significant digits, without needless zeros; `–` when there is none."""
    if value is None or math.isnan(value):
        return UNDEFINED
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    size = abs(value)
    if size != 0 and (size >= 10**9 or size < 10**-4):
        return f"{value:.{digits - 1}e}".replace("e-", f"e{MINUS}").replace("-", MINUS).replace("e+", "e")
    places = digits - 1 if size == 0 else max(0, digits - 1 - math.floor(math.log10(size)))
    text = f"{value:,.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", "0"} else text.replace("-", MINUS).replace(",", "\u202f")


def fixed(value: float | None, places: int) -> str:
    """A number with so many decimals, so that a column of them lines up; `–` when there is none."""
    if value is None or math.isnan(value):
        return UNDEFINED
    text = f"{value:,.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS).replace(",", "\u202f")


def decimals(values: Iterable[float | None]) -> int:
    """Decimals for a row: three significant digits of the largest, more while unequal values look equal."""
    known = {value for value in values if value is not None and math.isfinite(value)}
    largest = max((abs(value) for value in known), default=0.0)
    places = 3 if largest == 0 else max(0, 2 - math.floor(math.log10(largest)))
    while places < MAX_DECIMALS and len({fixed(value, places) for value in known}) < len(known):
        places += 1
    return places


def aligned(values: Sequence[float | None]) -> list[str]:
    """Values side by side, all with the same decimals."""
    places = decimals(values)
    return [fixed(value, places) for value in values]


def count(value: int) -> str:
    """A whole number, its thousands set apart by a thin space."""
    return f"{value:,}".replace("-", MINUS).replace(",", "\u202f")


def percent(share: float | None) -> str:
    """A share of one as a percentage."""
    return UNDEFINED if share is None or math.isnan(share) else f"{share * 100:.0f}\u202f%"


def plural(amount: int, one: str, many: str = "") -> str:
    """`1 row`, `2 rows`."""
    return f"{count(amount)} {one if amount == 1 else many or one + 's'}"


def short_revision(sha256: str) -> str:
    """The first eight digits, enough to tell revisions of one version apart."""
    return sha256[:8]


def clock(at: datetime) -> str:
    """Date and time in the person's own zone, to the second, with the zone named."""
    local = _local(at)
    return _beyond_calendar(at) or f"{day(at)} {local:%Y %H:%M:%S} {local:%Z}"


def day(at: datetime) -> str:
    """Day and month in the person's own zone, such as `12 Nov`."""
    local = _local(at)
    return f"{local.day} {MONTHS[local.month - 1]}"


def _local(at: datetime) -> datetime:
    """In the person's own zone; as it is where the system knows no zone, as Windows before 1970."""
    try:
        return at.astimezone()
    except (OSError, OverflowError, ValueError):
        return at


def _beyond_calendar(at: datetime) -> str:
    """Words for a moment that `instant` put in place of one that no calendar has; empty for all others."""
    return "after the year 9999" if at >= LATEST else "before the year 1" if at <= EARLIEST else ""


def relative(at: datetime, now: datetime | None = None) -> str:
    """How long ago, in one unit; a date once it is more than a week."""
    if beyond := _beyond_calendar(at):
        return beyond
    now = now or datetime.now(UTC)
    gone = now - at
    if gone < timedelta(0):
        return f"in {duration(-gone.total_seconds())}"
    if gone < timedelta(seconds=5):
        return "just now"
    if gone < timedelta(days=7):
        return f"{duration(gone.total_seconds())} ago"
    year = _local(at).year
    return day(at) if year == _local(now).year else f"{day(at)} {year}"


def duration(seconds: float) -> str:
    """A span of time in the largest unit that fits."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def size(amount: int) -> str:
    """Bytes with a decimal unit."""
    value = float(amount)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{number(value, 3)} {unit}"
        value /= 1000
    return f"{number(value, 3)} TB"

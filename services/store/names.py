"""The one validator for names from users that become tables or columns."""

import re
import unicodedata

from services.errors import InvalidInput
from services.store.tables import TABLES

TABLE_LENGTH = 48
_PROJECT = re.compile(r"[a-z][a-z0-9_]*")
_VERSION = re.compile(r"[A-Za-z][A-Za-z0-9]*")
# A training set stands in `historical_db`. The names of `live_db` can meet no project's table; these are
# refused as they always were, the others are not, since a project may have such a name already.
_OWN_TABLES = frozenset(table.name for table in TABLES if table.keyspace == "historical_db") | {
    "log", "segments", "packed", "rollups", "labels",
}  # fmt: skip
_OWN_COLUMNS = frozenset({
    "id", "bucket", "predicted", "label", "labelled_at", "revision", "mode", "propensity",
    "latency_ms", "name", "version",
})  # fmt: skip
_OWN_PREFIXES = ("predicted_", "score_")


def validate_project(name: str) -> str:
    """Return a project name that can be a table's, or raise InvalidInput saying which rule it breaks."""
    if not _PROJECT.fullmatch(name):
        raise InvalidInput(
            f"project name {name!r}: use lower-case letters, digits and underscores, starting with a letter"
        )
    if name in _OWN_TABLES:
        raise InvalidInput(f"project name {name!r} is used by Relevo itself; choose another")
    if len(name) > TABLE_LENGTH - 9:
        raise InvalidInput(f"project name {name!r} is longer than {TABLE_LENGTH - 9} characters")
    return name


def validate_version(name: str) -> str:
    """Return a version name (letters and digits, at most 8, no underscore), or raise InvalidInput."""
    if not _VERSION.fullmatch(name) or len(name) > 8:
        raise InvalidInput(
            f"version name {name!r}: use one to eight letters and digits, starting with a letter"
        )
    return name


def live_table(project: str, version: str) -> str:
    """The table of a version's live rows, `<project>_<version in lower case>`."""
    return f"{validate_project(project)}_{validate_version(version).lower()}"


def column_for(name: str, taken: frozenset[str] = frozenset()) -> str:
    """The storage column for an input's name as users write it.

    Letters lose accents and case, other characters become underscores, a reserved or taken name gets
    a suffix, and at most 48 characters stay. `taken` holds the columns already given.
    """
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    column = re.sub(r"[^a-z0-9]+", "_", folded).strip("_")[:40] or "field"
    if not column[0].isalpha():
        column = f"field_{column}"[:40]
    if column in _OWN_COLUMNS or column.startswith(_OWN_PREFIXES):
        column = f"{column}_input"
    candidate, count = column, 2
    while candidate in taken:
        candidate, count = f"{column}_{count}", count + 1
    return candidate


def validate_column(name: str) -> str:
    """Return a stored column's name unchanged, or raise InvalidInput; guards every built statement."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > TABLE_LENGTH:
        raise InvalidInput(f"column name {name!r} is not a valid storage name")
    return name

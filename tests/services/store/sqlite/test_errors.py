"""What sqlite3's errors are told as, and which of them stand for good."""

import sqlite3
from pathlib import Path

import pytest

from services.errors import InvalidInput, NotPrepared, StorageError, Unavailable
from services.store.sqlite.errors import translate, translated

FOLDER = Path("workspace")


def error(code: int) -> sqlite3.Error:
    found = sqlite3.OperationalError("something")
    found.sqlite_errorcode = code
    return found


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("INSERT INTO absent VALUES (1)", NotPrepared),
        ("INSERT INTO there (other) VALUES (1)", NotPrepared),
        ("SELECT other FROM there", NotPrepared),
        ("INSERT INTO there VALUES (NULL)", InvalidInput),
        ("INSERT INTO there VALUES ('text')", InvalidInput),
    ],
)
def test_only_values_that_never_fit_stand_for_good(statement: str, kind: type[Exception]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE there (number INTEGER NOT NULL) STRICT")
    try:
        with pytest.raises(kind), translated(FOLDER):
            connection.execute(statement)
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_BUSY, Unavailable),
        (sqlite3.SQLITE_LOCKED, Unavailable),
        (sqlite3.SQLITE_SCHEMA, Unavailable),
        (sqlite3.SQLITE_NOMEM, Unavailable),
        (sqlite3.SQLITE_INTERRUPT, Unavailable),
        (sqlite3.SQLITE_FULL, StorageError),
        (sqlite3.SQLITE_READONLY, StorageError),
        (sqlite3.SQLITE_IOERR, StorageError),
        (sqlite3.SQLITE_CANTOPEN, StorageError),
    ],
)
def test_what_ends_once_somebody_frees_or_mends_it_does_not(code: int, kind: type[Exception]) -> None:
    assert type(translate(error(code), FOLDER)) is kind

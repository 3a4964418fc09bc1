"""What the driver's errors are told as, and which of them stand for good."""

import cassandra
import pytest
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionBusy, ConnectionException, ConnectionShutdown
from cassandra.pool import NoConnectionsAvailable
from cassandra.protocol import (
    IsBootstrappingErrorMessage,
    OverloadedErrorMessage,
    ServerError,
    SyntaxException,
    TruncateError,
)

from services.errors import InvalidInput, NotPrepared, Refused, RelevoError, Unavailable, Uncertain
from services.store.cassandra.errors import translate

REJECTED = cassandra.InvalidRequest
MADE_AT_ONCE = cassandra.ConfigurationException

KINDS: list[tuple[Exception, type[RelevoError]]] = [
    # Not there, or not yet.
    (ServerError(0, "java.lang.IllegalArgumentException: Unknown CF 1b255f4d-0009", None), NotPrepared),
    (REJECTED('code=2200 [Invalid query] message="table live_db.wine_a does not exist"'), NotPrepared),
    (REJECTED('code=2200 [Invalid query] message="unconfigured table wine_a"'), NotPrepared),
    (REJECTED('code=2200 [Invalid query] message="Undefined column name year in table"'), NotPrepared),
    (REJECTED("code=2200 [Invalid query] message=\"Keyspace 'live_db' does not exist\""), NotPrepared),
    # For the moment: another process changes tables, a node is down, starts, or has too much to do.
    (MADE_AT_ONCE('code=2300 message="Table ID mismatch (found 1; expected 2)"'), Unavailable),
    (cassandra.AlreadyExists("live_db", "wine_a"), Unavailable),
    (cassandra.Unavailable("one of two replicas"), Unavailable),
    (cassandra.OperationTimedOut(), Uncertain),
    (cassandra.WriteTimeout("one of two replicas", write_type=0), Uncertain),
    (cassandra.WriteFailure("INCOMPATIBLE_SCHEMA", write_type=0), Uncertain),
    (ServerError(0, "java.lang.NullPointerException", None), Uncertain),
    (OverloadedErrorMessage(0x1001, "too many requests", None), Uncertain),
    (IsBootstrappingErrorMessage(0x1002, "starting", None), Uncertain),
    (TruncateError(0x1003, "truncating", None), Uncertain),
    (ConnectionShutdown("closed"), Uncertain),
    (ConnectionException("broken"), Uncertain),
    (ConnectionBusy(), Unavailable),
    (NoConnectionsAvailable(), Unavailable),
    (NoHostAvailable("nobody", {"127.0.0.1": OSError("refused")}), Unavailable),
    (cassandra.DriverException("ID mismatch while trying to reprepare"), Unavailable),
    # Until somebody grants it.
    (cassandra.Unauthorized("User has no MODIFY permission"), Refused),
    (cassandra.AuthenticationFailed("wrong password"), Refused),
    # For good: the same values are refused whenever they come.
    (REJECTED('code=2200 message="Expected 8 or 0 byte long for date (1)"'), InvalidInput),
    (REJECTED('code=2200 message="Batch too large"'), InvalidInput),
    (REJECTED('code=2200 message="Key length of 70000 is longer than maximum of 65535"'), InvalidInput),
    (SyntaxException(0x2000, "line 1:0 no viable alternative", None), InvalidInput),
]


@pytest.mark.parametrize(("error", "kind"), KINDS, ids=lambda value: str(value)[:60])
def test_only_values_that_never_fit_stand_for_good(error: Exception, kind: type[RelevoError]) -> None:
    assert type(translate(error, write=True)) is kind


@pytest.mark.parametrize("write", [False, True])
def test_a_table_that_its_maker_has_not_opened_yet_is_not_there_rather_than_an_outage(write: bool) -> None:
    unopened = ServerError(
        0, "java.lang.IllegalArgumentException: Unknown CF 1b255f4d-ef25-40a6-0000-000000000009", None
    )

    assert isinstance(translate(unopened, write=write), NotPrepared)


def test_other_faults_of_the_server_are_an_outage() -> None:
    fault = ServerError(0, "java.lang.NullPointerException", None)

    assert type(translate(fault, write=False)) is Unavailable

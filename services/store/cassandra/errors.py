"""The driver's exceptions as kinds of `services.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager

import cassandra
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionBusy, ConnectionException
from cassandra.pool import NoConnectionsAvailable
from cassandra.protocol import ErrorMessage, ServerError, SyntaxException

from services.errors import InvalidInput, NotPrepared, Refused, RelevoError, Unavailable, Uncertain

DRIVER_ERRORS = (
    cassandra.DriverException,
    ConnectionBusy,
    ConnectionException,
    ErrorMessage,
    NoConnectionsAvailable,
    NoHostAvailable,
)
_UNDECIDED = (
    cassandra.OperationTimedOut,
    cassandra.WriteTimeout,
    cassandra.ReadTimeout,
    cassandra.CoordinationFailure,
    ConnectionException,
    ErrorMessage,  # CAS_WRITE_UNKNOWN, which the driver does not know, and failures of the server
)
_INVALID = (cassandra.InvalidRequest, cassandra.ConfigurationException, SyntaxException)
_NOT_THERE = ("does not exist", "unconfigured table", "undefined column", "unknown identifier")
_IN_THE_MAKING = ("id mismatch", "already exist", "existing table")
"""Two processes, or nodes, change tables at once: whoever looks again finds them made."""
_AUTHENTICATION = (cassandra.AuthenticationFailed, cassandra.Unauthorized)


def translate(error: Exception, *, write: bool) -> RelevoError:
    """What a person can act on, and whether another attempt can end otherwise.

    Only `InvalidInput` stands for good: the values do not fit, whenever they are sent. `NotPrepared` ends
    once the table is made; `Unavailable`, `Uncertain` and `Refused` end once somebody has mended it.

    Args:
        error: one of `DRIVER_ERRORS`. The driver never repeats a request by itself here, so
            `NoHostAvailable` says that nothing was sent.
        write: whether the request was a write, which an answer that is missing leaves undecided.
    """
    details = repr(error)
    if isinstance(error, NoHostAvailable):
        return _unreachable(error, details)
    if isinstance(error, _AUTHENTICATION):
        return _refused(details)
    if isinstance(error, _INVALID):
        return _invalid(error, details)
    if isinstance(error, ServerError) and "Unknown CF" in str(error):
        return _not_prepared(details)  # listed already, while its maker has not opened it yet
    if write and isinstance(error, _UNDECIDED):
        return Uncertain("Cassandra did not confirm a write in time; it may have happened", details=details)
    return _unavailable(error, details)


def _unavailable(error: Exception, details: str) -> Unavailable:
    if isinstance(error, cassandra.UnresolvableContactPoints):
        return Unavailable(
            "no contact point's host name is known here",
            remedy="Check the profile's addresses.",
            details=details,
        )
    if isinstance(error, cassandra.Unavailable):
        return Unavailable("too few of Cassandra's nodes are up for a safe answer", details=details)
    return Unavailable("Cassandra did not answer in time", details=details)


def _unreachable(error: NoHostAvailable, details: str) -> RelevoError:
    if not isinstance(error.errors, dict):  # the driver's way to say that it had nobody to ask
        return Unavailable(
            "Cassandra has no node in that data centre",
            remedy="Check the data centre's name in the profile, or leave it empty.",
            details=details,
        )
    if any(isinstance(reason, _AUTHENTICATION) for reason in error.errors.values()):
        return _refused(details)
    if "CERTIFICATE_VERIFY_FAILED" in details:
        return Unavailable(
            "Cassandra's certificate is not trusted",
            remedy="Check the authority's file in the profile, and the host's name in the certificate.",
            details=details,
        )
    return Unavailable(
        "Cassandra cannot be reached",
        remedy="Check that it runs, and that the address, port and TLS of the profile are right.",
        details=details,
    )


def _refused(details: str) -> Refused:
    return Refused(
        "Cassandra refuses this user or password",
        remedy="Check user and password, and the role's rights on the keyspaces.",
        details=details,
    )


def _invalid(error: Exception, details: str) -> RelevoError:
    text = str(error).lower()
    if any(sign in text for sign in _NOT_THERE):
        return _not_prepared(details)
    if isinstance(error, cassandra.ConfigurationException) and any(sign in text for sign in _IN_THE_MAKING):
        return Unavailable("another process changes Cassandra's tables just now", details=details)
    return InvalidInput("Cassandra refuses the values or the statement", details=details)


def _not_prepared(details: str) -> NotPrepared:
    return NotPrepared("nothing has been prepared under that name in Cassandra", details=details)


@contextmanager
def translated(*, write: bool) -> Iterator[None]:
    """Turn the driver's exceptions raised inside into kinds of `services.errors`."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise translate(error, write=write) from error

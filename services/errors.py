"""The error kinds that cross a package's edge; each driver's own exceptions become these there."""

from typing import Self


class RelevoError(Exception):
    """Something a person can act on.

    Args:
        message: what happened, in the words of the person who reads it.
        remedy: what to do about it; empty when nothing can be done from here.
        details: what a developer or administrator wants to see behind "Details"; holds no secrets.
    """

    def __init__(self, message: str, *, remedy: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details = details

    def again(self) -> Self:
        """The same error as a new object, to be raised once more.

        An object that is kept and raised again and again holds the traceback of every time, and what stood
        on the stack then.
        """
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        return twin


class InvalidInput(RelevoError):
    """A value breaks a rule; the message names the field and the rule."""


class NotFound(RelevoError):
    """A project, version, revision, artifact or job of that name does not exist."""


class NotPrepared(NotFound):
    """A table, or a column of it, is not there, or not yet: it may be in the making just now.

    Who reads finds no rows there. Who writes prepares it once more and tries again: nothing is refused.
    """


class Conflict(RelevoError):
    """The state changed since the caller looked; look again, then decide."""


class Unanswered(Conflict):
    """A version that is to answer in production does not answer; it may be forced."""


class Refused(RelevoError):
    """The rules forbid it (role, token, sha256, a limit)."""


class SignInNeeded(Refused):
    """An image registry asks for a user and a password, or does not accept those it was given.

    Args:
        registry: as names of its images begin.
        user: who was not accepted; empty if nobody was named.
    """

    def __init__(self, registry: str, user: str = "", *, details: str = "") -> None:
        super().__init__(
            f"The registry {registry} does not accept the password of {user}"
            if user
            else f"The registry {registry} asks for a user and a password",
            remedy="Sign in with a user and password that may do this.",
            details=details,
        )
        self.registry = registry
        self.user = user


class Unavailable(RelevoError):
    """A server or service cannot be reached, or is too slow; trying again later is sensible.

    Args:
        retry_after: seconds after which another attempt makes sense.
    """

    def __init__(
        self, message: str, *, remedy: str = "", details: str = "", retry_after: float = 1.0
    ) -> None:
        super().__init__(message, remedy=remedy, details=details)
        self.retry_after = retry_after


class Uncertain(Unavailable):
    """A write timed out and may or may not have been applied; read again to know."""


class StorageError(RelevoError):
    """A disk takes no write: it is full, read-only, forbidden or failing; or the spool's limit is reached.

    Nothing was acknowledged.
    """


class Corrupt(RelevoError):
    """Stored bytes do not match their sha256 or cannot be decoded."""


class Cancelled(Exception):
    """The person or the program asked for the work to stop; shown nowhere."""

"""What the system says when a disk takes no write, told for what it is: full, read-only, or failing."""

import errno

from services.errors import StorageError

_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
_READ_ONLY = frozenset({errno.EROFS})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})
_FAILING = frozenset({errno.EIO})
# Windows' own codes, of which Python knows no errno or only a vague one: ERROR_HANDLE_DISK_FULL,
# ERROR_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED; ERROR_WRITE_PROTECT; ERROR_CRC, ERROR_WRITE_FAULT,
# ERROR_IO_DEVICE.
_FULL_ON_WINDOWS = frozenset({39, 112, 1295})
_READ_ONLY_ON_WINDOWS = frozenset({19})
_FAILING_ON_WINDOWS = frozenset({23, 29, 1117})

ROOM = "Give the disk that holds the gateway's spool folder more room."
WRITABLE = "Make the gateway's spool folder writable again; recording then goes on by itself."
HEALTH = "Look at the disk that holds the gateway's spool folder; recording goes on by itself."
FAILS = "the spool's disk fails to keep what is written"


class DiskFault(StorageError):
    """The spool's disk takes no writes for another reason than want of room."""


def is_full(error: OSError) -> bool:
    """Whether there is no room, or none that this user may take."""
    return _is(error, _FULL, _FULL_ON_WINDOWS)


def disk_error(error: OSError, consequence: str) -> StorageError:
    """The error for a person.

    Args:
        error: the system's.
        consequence: what was not done for it.

    Returns:
        StorageError itself only where the disk is full; else `DiskFault`.
    """
    if is_full(error):
        return StorageError(f"the spool's disk is full; {consequence}", remedy=ROOM, details=str(error))
    reason, remedy = f"the system refuses ({error.strerror or error})", HEALTH
    if _is(error, _READ_ONLY, _READ_ONLY_ON_WINDOWS):
        reason, remedy = "the spool's disk is read-only", WRITABLE
    elif error.errno in _FORBIDDEN:
        reason, remedy = "the spool's folder may not be written", WRITABLE
    elif _is(error, _FAILING, _FAILING_ON_WINDOWS):
        reason = FAILS
    return DiskFault(f"{reason}; {consequence}", remedy=remedy, details=str(error))


def _is(error: OSError, numbers: frozenset[int], on_windows: frozenset[int]) -> bool:
    return error.errno in numbers or getattr(error, "winerror", None) in on_windows

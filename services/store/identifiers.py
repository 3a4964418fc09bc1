"""Prediction ids: time-based UUIDs, as two unsigned 64-bit halves in arrays."""

import os
import time
import uuid

import numpy as np
from numpy.typing import NDArray

from services.errors import InvalidInput

Ids = NDArray[np.uint64]
"""Shape (n, 2): the big-endian high and low halves of each UUID."""

_GREGORIAN_OFFSET = 0x01B21DD213814000  # 100 ns ticks from 1582-10-15 to 1970-01-01 (RFC 9562, 5.1)
_LONGEST_TEXT = 64


def new_ids(count: int) -> Ids:
    """`count` fresh version-7 UUIDs (RFC 9562, 5.7), shape (count, 2)."""
    millisecond = time.time_ns() // 1_000_000
    random = np.frombuffer(os.urandom(16 * count), dtype=np.uint64).reshape(count, 2)
    ids = np.empty((count, 2), dtype=np.uint64)
    ids[:, 0] = np.uint64(millisecond << 16 | 0x7000) | (random[:, 0] & np.uint64(0x0FFF))
    ids[:, 1] = (random[:, 1] & np.uint64(0x3FFFFFFFFFFFFFFF)) | np.uint64(0x8000000000000000)
    return ids


def parse_id(text: str) -> tuple[int, int]:
    """A client's prediction id as (high, low); InvalidInput unless it is a version 1 or 7 UUID."""
    if len(text) > _LONGEST_TEXT:
        raise InvalidInput(f"an id of {len(text):,} characters is not a UUID")
    try:
        value = uuid.UUID(text)
    except ValueError:
        raise InvalidInput(f"id {text!r} is not a UUID") from None
    if value.version not in {1, 7}:
        raise InvalidInput(f"id {text!r} must be a time-based UUID (version 1 or 7)")
    return value.int >> 64, value.int & 0xFFFFFFFFFFFFFFFF


def format_id(high: int, low: int) -> str:
    """The UUID's 36-character text."""
    text = f"{high:016x}{low:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def unpack_ids(packed: bytes) -> Ids:
    """Ids of 16 big-endian bytes each, as shape (n, 2)."""
    return np.frombuffer(packed, ">u8").reshape(-1, 2).astype(np.uint64)


def milliseconds(ids: Ids) -> NDArray[np.int64]:
    """When each id was made: Unix time in milliseconds, shape (n,)."""
    high = ids[:, 0]
    version_one = (high >> np.uint64(12)) & np.uint64(0xF) == 1
    result = (high >> np.uint64(16)).astype(np.int64)
    if version_one.any():
        old = high[version_one]
        ticks = (
            ((old & np.uint64(0x0FFF)) << np.uint64(48))
            | (((old >> np.uint64(16)) & np.uint64(0xFFFF)) << np.uint64(32))
            | (old >> np.uint64(32))
        )
        result[version_one] = (ticks.astype(np.int64) - _GREGORIAN_OFFSET) // 10_000
    return result


def buckets(ids: Ids) -> NDArray[np.int64]:
    """The partition of each id: minutes since the Unix epoch, shape (n,)."""
    return milliseconds(ids) // 60_000


def uuids(ids: Ids) -> list[uuid.UUID]:
    """The ids as UUID objects, for drivers."""
    return [uuid.UUID(int=(high << 64) | low) for high, low in ids.tolist()]

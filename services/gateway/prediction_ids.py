"""Prediction ids as the gateway handles them: packed, 16 big-endian bytes each, and as texts."""

from collections.abc import Sequence
from time import time

import numpy as np

from services.errors import InvalidInput
from services.http.errors import InvalidField
from services.store.identifiers import Ids, milliseconds, new_ids, parse_id

_MOST_AHEAD_MILLISECONDS = 24 * 3600 * 1000


def check_ids(texts: Sequence[str]) -> bytes:
    """A client's prediction ids as 16 big-endian bytes each.

    Raises:
        InvalidField: one is not a time-based UUID, comes twice, or lies more than a day ahead.
    """
    packed = [check_id(text, f"ids[{index}]") for index, text in enumerate(texts)]
    if len(set(packed)) != len(packed):
        index = next(index for index, one in enumerate(packed) if one in packed[:index])
        raise InvalidField(f"ids[{index}] stands twice in this request", field=f"ids[{index}]")
    ids = np.frombuffer(b"".join(packed), dtype=np.dtype(">u8")).astype(np.uint64).reshape(-1, 2)
    ahead = milliseconds(ids) > time() * 1000 + _MOST_AHEAD_MILLISECONDS
    if ahead.any():
        field = f"ids[{int(np.argmax(ahead))}]"
        raise InvalidField(f"{field} is more than a day ahead of the gateway's clock", field=field)
    return b"".join(packed)


def check_id(text: str, field: str) -> bytes:
    """One prediction id as 16 big-endian bytes; InvalidField names the field if it is none."""
    try:
        high, low = parse_id(text)
    except InvalidInput as error:
        raise InvalidField(f"{field}: {error.message}", field=field) from None
    return high.to_bytes(8, "big") + low.to_bytes(8, "big")


def fresh_ids(count: int) -> bytes:
    """`count` new prediction ids, 16 big-endian bytes each."""
    return new_ids(count).astype(np.dtype(">u8")).tobytes()


def id_texts(ids: bytes) -> list[str]:
    """The 36-character texts of ids."""
    text = ids.hex()
    return [
        f"{text[at : at + 8]}-{text[at + 8 : at + 12]}-{text[at + 12 : at + 16]}"
        f"-{text[at + 16 : at + 20]}-{text[at + 20 : at + 32]}"
        for at in range(0, len(text), 32)
    ]


def unpack_ids(packed: bytes) -> Ids:
    """Ids of 16 big-endian bytes each, as shape (n, 2)."""
    return np.frombuffer(packed, ">u8").reshape(-1, 2).astype(np.uint64)

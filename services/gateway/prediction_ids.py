"""Prediction ids as the gateway handles them: packed, 16 big-endian bytes each, and as texts."""

from collections.abc import Sequence
from time import time

import numpy as np

from services.errors import InvalidInput
from services.http.errors import InvalidField
from services.store.identifiers import milliseconds, new_ids, parse_id, unpack_ids

_MOST_AHEAD_MILLISECONDS = 24 * 3600 * 1000
_AFTER_THIS_CENTURY = 4_102_444_800_000
"""2100-01-01 in Unix milliseconds: whatever the gateway's clock says."""


def check_ids(texts: Sequence[str]) -> bytes:
    """The prediction ids that a client brings, 16 big-endian bytes each.

    Raises:
        InvalidField: one comes twice, or as `check_known_ids`.
    """
    fields = [f"ids[{index}]" for index in range(len(texts))]
    ids = check_known_ids(texts, fields)
    packed = [ids[start : start + 16] for start in range(0, len(ids), 16)]
    if len(set(packed)) != len(packed):
        index = next(index for index, one in enumerate(packed) if one in packed[:index])
        raise InvalidField(f"{fields[index]} stands twice in this request", field=fields[index])
    return ids


def check_known_ids(texts: Sequence[str], fields: Sequence[str]) -> bytes:
    """Prediction ids that may come again, 16 big-endian bytes each; `fields` says where each stands.

    Raises:
        InvalidField: one is not a time-based UUID, or of a time at which nobody was given it: before 1970
            (which readers cannot count), after this century, or more than a day ahead.
    """
    ids = b"".join([check_id(text, field) for text, field in zip(texts, fields, strict=True)])
    made = milliseconds(unpack_ids(ids))
    for wrong, words in (
        (made < 0, "is of before 1970"),
        (
            made > time() * 1000 + _MOST_AHEAD_MILLISECONDS,
            "is more than a day ahead of the gateway's clock",
        ),
        (made >= _AFTER_THIS_CENTURY, "is of after this century"),
    ):
        if wrong.any():
            field = fields[int(np.argmax(wrong))]
            raise InvalidField(f"{field} {words}", field=field)
    return ids


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

"""Contents of any size as parts below the limit of one cell, and the proof that they are whole."""

import hashlib
from collections.abc import Iterable

from services.errors import Corrupt

PART_LIMIT = 900_000
"""Bytes; with its key a part stays below 1 MB."""


def split_parts(content: bytes) -> list[bytes]:
    """The parts in order; an empty content is one empty part."""
    return [content[start : start + PART_LIMIT] for start in range(0, max(len(content), 1), PART_LIMIT)]


def concat_parts(rows: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """Contents by name, from (name, part) in order; Corrupt if a part is not bytes."""
    parts: dict[str, list[bytes]] = {}
    for name, data in rows:
        parts.setdefault(name, []).append(data)
    try:
        return {name: b"".join(pieces) for name, pieces in parts.items()}
    except TypeError as error:
        raise Corrupt("a stored part is not bytes", details=repr(error)) from error


def verified(sha256: str, content: bytes) -> bytes:
    """The content, or Corrupt if its sha256 is another."""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Corrupt(
            f"the stored artifact {sha256[:12]!r} is damaged: its sha256 is another",
            remedy="Publish or retrain that revision again.",
        )
    return content

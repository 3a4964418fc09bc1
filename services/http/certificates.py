"""When a certificate ends: read from its file, since Python's `ssl` tells it of a peer's only."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

_UTC_TIME, _SEQUENCE, _VERSION = 0x17, 0x30, 0xA0
_END = "-----END CERTIFICATE-----"


def expires_at(file: Path) -> datetime:
    """The end of a PEM file's first certificate (X.509, RFC 5280, section 4.1).

    Raises:
        ValueError: it holds none.
        OSError: it cannot be read.
    """
    text = file.read_text(encoding="ascii", errors="replace")
    start, end = text.find("-----BEGIN CERTIFICATE-----"), text.find(_END)
    if start < 0 or end < start:
        raise ValueError(f"{file} holds no certificate")
    whole = ssl.PEM_cert_to_DER_cert(text[start : end + len(_END)] + "\n")
    _, certificate = next(_elements(whole))
    _, signed = next(_elements(certificate))
    fields = [field for field in _elements(signed) if field[0] != _VERSION]
    # Serial number, algorithm and issuer come before the validity.
    kind, validity = fields[3]
    if kind != _SEQUENCE:
        raise ValueError(f"{file} is no certificate")
    _, (kind, written) = _elements(validity)
    return _moment(kind, written.decode("ascii"))


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of a DER sequence: tag and content of each."""
    at = 0
    while at < len(content):
        tag, length = content[at], content[at + 1]
        at += 2
        if length & 0x80:
            digits = length & 0x7F
            length = int.from_bytes(content[at : at + digits], "big")
            at += digits
        yield tag, content[at : at + length]
        at += length


def _moment(kind: int, written: str) -> datetime:
    """A time of either of DER's two kinds; of years in two digits those from 50 on are the 1900s."""
    if kind == _UTC_TIME:
        written = ("19" if int(written[:2]) >= 50 else "20") + written
    return datetime.strptime(written, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)

"""The kinds of artifact, and how one is recognised by its first bytes."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from services.errors import InvalidInput

Kind = Literal["joblib", "function", "rds", "xgboost", "lightgbm", "onnx", "pmml"]

_HEAD = 1 << 16


class KindFacts(Struct, frozen=True):
    """What is always so for a kind.

    Attributes:
        title: as people call it.
        artifact: its file's usual name in a deploy folder.
        suffixes: of files that people have.
    """

    title: str
    artifact: str
    suffixes: tuple[str, ...]


KINDS: dict[Kind, KindFacts] = {
    "joblib": KindFacts("a pickled estimator", "model.joblib", (".joblib", ".pkl", ".pickle")),
    "function": KindFacts("a model with a predict function of its own", "model.joblib", ()),
    "rds": KindFacts("a model in R", "model.rds", (".rds",)),
    "xgboost": KindFacts("an XGBoost model", "model.ubj", (".ubj", ".json")),
    "lightgbm": KindFacts("a LightGBM model", "model.txt", (".txt",)),
    "onnx": KindFacts("an ONNX model", "model.onnx", (".onnx",)),
    "pmml": KindFacts("a PMML document", "model.pmml", (".pmml", ".xml")),
}

NATIVE: frozenset[Kind] = frozenset({"xgboost", "lightgbm", "onnx", "pmml"})
"""Makers' own formats: data, which can be read without running anybody's code."""


def recognise(content: bytes) -> Kind:
    """The kind of an artifact, by its bytes alone; a file's name may lie.

    Raises:
        InvalidInput: it is none that is known.
    """
    return _recognised(content[:_HEAD], "this file")


def recognise_file(path: Path) -> Kind:
    """As `recognise`, from the beginning of a file."""
    with path.open("rb") as file:
        return _recognised(file.read(_HEAD), path.name)


def _recognised(packed: bytes, name: str) -> Kind:
    head = _unpacked(packed)
    for kind, fits in _SIGNS:
        if fits(head):
            return kind
    raise InvalidInput(
        f"{name} is no model that Relevo knows",
        remedy="It knows pickles (joblib), XGBoost (.ubj, .json) and LightGBM (.txt) as their save_model "
        "writes them, ONNX, PMML, and R's .rds.",
    )


def _unpacked(head: bytes) -> bytes:
    """The beginning of what a compressed beginning holds; anything else as it is."""
    packed: tuple[tuple[bytes, Callable[[], bytes]], ...] = (
        (b"\x1f\x8b", lambda: zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head)),
        (b"x", lambda: zlib.decompressobj().decompress(head)),
        (b"BZh", lambda: bz2.BZ2Decompressor().decompress(head)),
        (b"\xfd7zXZ", lambda: lzma.LZMADecompressor().decompress(head)),
        (b"]\x00\x00", lambda: lzma.LZMADecompressor().decompress(head)),
    )
    for sign, unpack in packed:
        if head.startswith(sign):
            try:
                return unpack()
            except (zlib.error, OSError, lzma.LZMAError):
                return head
    return head


def _is_pickle(head: bytes) -> bool:
    """Protocols 2 to 5 begin with their number; joblib's files have no other beginning."""
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def _is_xgboost(head: bytes) -> bool:
    """JSON, or Universal Binary JSON, whose object has the learner first."""
    return head.startswith(b"{") and b"learner" in head[:200]


def _is_lightgbm(head: bytes) -> bool:
    return head.startswith((b"tree\nversion=", b"tree\r\nversion="))


def _is_pmml(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(b"<") and b"<PMML" in text[:4096]


def _is_rds(head: bytes) -> bool:
    return head.startswith((b"X\n\x00\x00", b"A\n"))


def _is_onnx(head: bytes) -> bool:
    """A protobuf message whose field 1 is the format's version, followed by another field of a model."""
    return len(head) > 3 and head[0] == 0x08 and head[1] < 0x40 and head[2] in _MODEL_FIELDS


# producer name and version, domain, model version, documentation, graph, opsets: number * 8 + wire type
_MODEL_FIELDS = frozenset({0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42})

_SIGNS: tuple[tuple[Kind, Callable[[bytes], bool]], ...] = (
    ("joblib", _is_pickle),
    ("xgboost", _is_xgboost),
    ("lightgbm", _is_lightgbm),
    ("pmml", _is_pmml),
    ("rds", _is_rds),
    ("onnx", _is_onnx),
)

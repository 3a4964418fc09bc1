"""The kinds of artifact, and how one is recognised by its first bytes."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from services.errors import InvalidInput

Kind = Literal["joblib", "function", "rds", "xgboost", "lightgbm", "onnx", "pmml"]

_HEAD = 1 << 16
# producer name and version, domain, model version, documentation, graph, opsets: number * 8 + wire type
_MODEL_FIELDS = frozenset({0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42})


@dataclass(frozen=True, slots=True)
class ArtifactKind:
    """What is always so for a kind.

    Attributes:
        title: as people call it.
        artifact: its file's usual name in a deploy folder.
        suffixes: of files that people have.
        recognises: whether the first bytes, unpacked, are of this kind; None where they are another's.
        reader: module of this folder, and class in it, that reads it; None where only R does.
        is_native: whether it is its maker's own format: data, which is read without running anybody's code.
        packages: any of which reads it; an image gets the kind's own, `images/common/kinds/<kind>.txt`,
            unless the deploy folder names one of them. Empty where Relevo's service has all it takes.
        silent: what to do where an artifact of this kind says nothing of its signature.
    """

    title: str
    artifact: str
    suffixes: tuple[str, ...] = ()
    recognises: Callable[[bytes], bool] | None = None
    reader: tuple[str, str] | None = None
    is_native: bool = False
    packages: tuple[str, ...] = ()
    silent: str = ""


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


KINDS: dict[Kind, ArtifactKind] = {
    "joblib": ArtifactKind(
        "a pickled estimator", "model.joblib", (".joblib", ".pkl", ".pickle"), _is_pickle,
        reader=("pickle_model", "PickledReader"),
    ),
    "function": ArtifactKind(
        "a model with a predict function of its own", "model.joblib",
        reader=("pickle_model", "PickledReader"), silent="Write its signature into model.json.",
    ),
    "rds": ArtifactKind(
        "a model in R", "model.rds", (".rds",), _is_rds,
        silent="Write the deploy folder with relevo_write_deploy of Relevo's R helper.",
    ),
    "xgboost": ArtifactKind(
        "an XGBoost model", "model.ubj", (".ubj", ".json"), _is_xgboost,
        reader=("xgboost_model", "XGBoostReader"), is_native=True, packages=("xgboost", "xgboost-cpu"),
    ),
    "lightgbm": ArtifactKind(
        "a LightGBM model", "model.txt", (".txt",), _is_lightgbm,
        reader=("lightgbm_model", "LightGBMReader"), is_native=True, packages=("lightgbm",),
    ),
    "onnx": ArtifactKind(
        "an ONNX model", "model.onnx", (".onnx",), _is_onnx,
        reader=("onnx_model", "OnnxReader"), is_native=True,
        packages=("onnxruntime", "onnxruntime-gpu"),
    ),
    "pmml": ArtifactKind(
        "a PMML document", "model.pmml", (".pmml", ".xml"), _is_pmml,
        reader=("pmml_model", "PmmlReader"), is_native=True, packages=("pypmml",),
    ),
}  # fmt: skip
"""To add a kind: its name in `Kind`, its line here, its packages, and its reader in a module beside."""

NATIVE: frozenset[Kind] = frozenset(name for name, kind in KINDS.items() if kind.is_native)
"""Makers' own formats."""


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
    for name_of_kind, kind in KINDS.items():
        if kind.recognises is not None and kind.recognises(head):
            return name_of_kind
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

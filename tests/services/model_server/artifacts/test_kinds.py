"""A model's kind is recognised by its bytes, whatever its file is called."""

import bz2
import gzip
import io
import lzma
import pickle
import zlib
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.linear_model import LinearRegression

from services.errors import InvalidInput, NotFound
from services.model_server.artifacts.description import describe, describe_file
from services.model_server.artifacts.kinds import recognise
from services.model_server.artifacts.readers import library


def _joblib(compress: Any) -> Any:
    buffer = io.BytesIO()
    joblib.dump(LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0]), buffer, compress=compress)
    return buffer.getvalue()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_every_protocol_in_use(protocol: int) -> None:
    assert recognise(pickle.dumps({"a": 1}, protocol)) == "joblib"


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
def test_joblib_files_compressed_in_every_way(compress: Any) -> None:
    assert recognise(_joblib(compress)) == "joblib"


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_what_saverds_writes(pack: Any) -> None:
    assert recognise(pack(b"X\n\x00\x00\x00\x03\x00\x04\x02\x02")) == "rds"


def test_a_document_is_known_behind_a_mark_and_a_comment() -> None:
    text = b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- by hand -->\n<PMML version="4.4">'
    assert recognise(text) == "pmml"


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{}", b"tree", b"<html>", b"\x80", b"\x80\x09", b"\x08\x07", b"PK\x03\x04"),
        zlib.compress(b"text")[:5],
        b"id,name\n1,a\n",
    ],
)
def test_what_is_no_model_is_named_with_what_would_be_one(content: Any, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(content)
    with pytest.raises(InvalidInput, match=r"data\.bin is no model") as caught:
        describe_file(tmp_path / "data.bin")
    assert "ONNX" in caught.value.remedy


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        describe_file(tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("raise OSError('libgomp.so.1: cannot open')", "yet cannot be loaded: libgomp.so.1"),
        ("raise ImportError('none')", "needs the Python package maker_of_trees, which is not installed"),
    ],
)
def test_a_makers_library_that_is_missing_or_broken_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    (tmp_path / "maker_of_trees.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InvalidInput, match=words):
        library("maker_of_trees", "lightgbm")


def test_a_model_in_r_says_nothing_and_how_to_go_on() -> None:
    with pytest.raises(InvalidInput, match="in R") as caught:
        describe("rds", b"X\n\x00\x00")
    assert "relevo_write_deploy" in caught.value.remedy

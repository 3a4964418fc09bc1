"""The end of a log file, and its limit."""

from pathlib import Path

import pytest

from services.containers.local import log_files
from services.containers.local.log_files import last_lines, shorten


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "gateway.log"


def test_a_log_that_is_not_there_has_no_lines(log: Path) -> None:
    assert last_lines(log, 5) == ""


@pytest.mark.parametrize("block", [1, 7, 65_536])
@pytest.mark.parametrize("ending", ["", "\n"])
def test_the_last_lines_come_whole_wherever_the_blocks_end(
    log: Path, monkeypatch: pytest.MonkeyPatch, block: int, ending: str
) -> None:
    monkeypatch.setattr(log_files, "_BLOCK", block)
    log.write_bytes(("first\n\nlíne two\r\nthe third — last" + ending).encode())
    assert last_lines(log, 1) == "the third — last"
    assert last_lines(log, 2) == "líne two\nthe third — last"
    assert last_lines(log, 4) == last_lines(log, 99) == "first\n\nlíne two\nthe third — last"


def test_bytes_that_are_no_text_do_not_hide_the_rest(log: Path) -> None:
    log.write_bytes(b"good\n\xff\xfe bad\n")
    assert last_lines(log, 2).startswith("good\n")
    assert last_lines(log, 2).endswith(" bad")


def test_a_log_that_has_grown_large_is_kept_aside_once(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "_LIMIT", 10)
    shorten(log)
    log.write_text("short")
    shorten(log)
    assert log.exists()
    log.write_text("longer than ten")
    shorten(log)
    assert not log.exists()
    assert log.with_suffix(".log.1").read_text() == "longer than ten"

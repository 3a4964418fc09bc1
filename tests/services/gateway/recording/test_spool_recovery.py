"""Entries written anew after a disk failed: whole whatever the log lost, and finished after a crash."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.errors import StorageError
from services.gateway.spool.entries import Entries, EntryGroup, EntryReader, LabelHeader
from services.gateway.spool.recovery import has_recovered_copy, write_recovered_copy

HEADER = LabelHeader("wine", texts=False)


class Opened:
    """The entries of a folder, with ten recorded, five of them synced."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "entries.sqlite3"
        self.files = threading.Lock()
        self.entries = Entries(self.path, 0, self.files)
        header = self.entries.header(HEADER)
        for number in range(10):
            self.entries.append([EntryGroup(header, 1, b"payload %d" % number)])
        self.entries.synced(5)

    def payloads(self) -> list[bytes]:
        entries = EntryReader(self.path, self.files).read(0, 1 << 20)
        assert {entry.header for entry in entries} == {HEADER}
        return [entry.payload for entry in entries]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    made = Opened(tmp_path)
    yield made
    made.entries.close()


ALL = [b"payload %d" % number for number in range(10)]


def test_what_the_log_lost_since_the_last_sync_comes_from_memory(opened: Opened) -> None:
    log = Path(f"{opened.path}-wal")
    frames = (log.stat().st_size - 32) // (4096 + 24)
    with log.open("r+b") as file:  # as a disk that took only the first half of what was written to it
        file.seek(32 + (frames // 2 + 1) * (4096 + 24))
        file.write(bytes(frames // 2 * (4096 + 24)))
    opened.entries.recover()
    assert opened.payloads() == ALL
    assert opened.entries.append([EntryGroup(1, 1, b"more")]) == 11
    assert opened.payloads() == [*ALL, b"more"]


def test_one_that_was_cut_off_before_its_last_step_is_finished_at_the_next_start(opened: Opened) -> None:
    header = opened.entries.header(HEADER)
    rows = [(number, header, 1, payload) for number, payload in enumerate(ALL, 1)]
    write_recovered_copy(opened.path, {}, [(11, header, 1, b"only in the copy"), *rows])
    opened.entries.close()
    assert has_recovered_copy(opened.path)
    opened.entries = Entries(opened.path, 0, opened.files)
    assert not has_recovered_copy(opened.path)
    assert opened.payloads() == [*ALL, b"only in the copy"]


def test_one_that_fails_changes_nothing_and_may_be_tried_again(opened: Opened) -> None:
    part = opened.path.with_name("entries.sqlite3.part")
    part.mkdir()
    with pytest.raises((OSError, StorageError)):
        opened.entries.recover()
    part.rmdir()
    assert opened.payloads() == ALL
    opened.entries.recover()
    assert opened.payloads() == ALL

"""A spool at its limit, or on a full disk, refuses with a reason, loses nothing, and recovers by itself."""

import errno
import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.errors import Corrupt, StorageError, Unavailable
from services.gateway.recorder import Recorder
from services.gateway.records import RecordingLimits
from services.http.loop import run
from services.store.interface import Store
from tests.services.gateway.recording.conftest import Platform, Until

MEGABYTE = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("a small disk can only be mounted by root")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], check=False)
    if made.returncode != 0:
        pytest.skip("this system lets nobody mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


class Switched:
    """Opens a platform's store once it is switched on."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.on = False

    def __call__(self) -> Store:
        if not self.on:
            raise Unavailable("the store is down")
        return self.store


async def _fill(recorder: Recorder, platform: Platform) -> bytes:
    """Record until refused; the ids of what was acknowledged."""
    ids = b""
    while True:
        answers = platform.answers(200)
        try:
            await recorder.record_and_wait(platform.origin(), answers)
        except StorageError:
            return ids
        ids += answers.ids


def test_at_its_limit_it_refuses_and_recovers_when_the_store_is_back(
    platform: Platform, tmp_path: Path, quick: RecordingLimits, until: Until
) -> None:
    async def main() -> None:
        store = Switched(platform.store)
        limits = RecordingLimits(spool_bytes=MEGABYTE, reserve_bytes=1 << 16, ship_seconds=0.01)
        recorder = Recorder.open(tmp_path / "spool", store, limits=limits)
        recorder.start()
        ids = await _fill(recorder, platform)
        with pytest.raises(StorageError, match="limit of 1,048,576 bytes"):
            await recorder.record_and_wait(platform.origin(), platform.answers(200))
        with pytest.raises(StorageError, match="limit"):
            await recorder.record_labels(platform.project, ids, [1.0] * (len(ids) // 16), versions=["A"])
        store.on = True
        await until(lambda: recorder.health().rows == 0)
        after = platform.answers(200)
        await recorder.record_and_wait(platform.origin(), after)
        await recorder.stop()
        assert sorted(b"".join(platform.logged_ids())) == sorted(ids + after.ids)

    run(main())


def test_on_a_full_disk_it_refuses_and_is_emptied_once_the_store_is_back(
    platform: Platform, small_disk: Path, until: Until
) -> None:
    async def main() -> None:
        store = Switched(platform.store)
        limits = RecordingLimits(reserve_bytes=MEGABYTE, ship_seconds=0.01)
        recorder = Recorder.open(small_disk / "spool", store, limits=limits)
        recorder.start()
        ids = await _fill(recorder, platform)
        assert ids
        with pytest.raises(StorageError, match="disk is full; nothing was recorded"):
            await recorder.record_and_wait(platform.origin(), platform.answers(200))
        store.on = True
        await until(lambda: recorder.health().rows == 0)
        await until(lambda: _takes_rows(recorder))
        after = platform.answers(200)
        await recorder.record_and_wait(platform.origin(), after)
        await recorder.stop()
        assert sorted(b"".join(platform.logged_ids())) == sorted(ids + after.ids)

    run(main())


def test_a_disk_filled_by_others_is_no_longer_refused_once_there_is_room(
    platform: Platform, small_disk: Path, until: Until
) -> None:
    async def main() -> None:
        limits = RecordingLimits(reserve_bytes=1 << 16, ship_seconds=0.01)
        recorder = Recorder.open(small_disk / "spool", lambda: platform.store, limits=limits)
        recorder.start()
        with (small_disk / "other").open("wb", buffering=0) as other:
            _write_until_full(other)
        ids = await _fill(recorder, platform)
        (small_disk / "other").unlink()
        await until(lambda: _takes_rows(recorder))
        after = platform.answers(10)
        await recorder.record_and_wait(platform.origin(), after)
        await recorder.stop()
        assert sorted(b"".join(platform.logged_ids())) == sorted(ids + after.ids)

    run(main())


def test_a_folder_that_cannot_be_written_is_refused_at_the_start(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError, match="cannot be made"):
        Recorder.open(tmp_path / "file" / "spool", lambda: platform.store, limits=quick)


def test_a_damaged_spool_is_refused_at_the_start(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "entries.sqlite3").write_bytes(b"this is no database" * 100)
    with pytest.raises(Corrupt, match="spool's database is damaged"):
        Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)


def _write_until_full(file: io.FileIO) -> None:
    try:
        while True:
            file.write(bytes(4096))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def _takes_rows(recorder: Recorder) -> bool:
    try:
        recorder.check()
    except StorageError:
        return False
    return True

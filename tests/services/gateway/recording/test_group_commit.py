"""What is told while the spool's disk takes nothing: for what it is, at no growing cost."""

import asyncio
import errno
import os
import threading
import traceback
from pathlib import Path

import pytest

from services.errors import RelevoError, StorageError
from services.gateway.disk_errors import DiskFault, disk_error
from services.gateway.recorder import Recorder
from services.gateway.records import Durability, RecordingLimits
from services.gateway.registry_watcher import Snapshot, SnapshotFile
from services.gateway.spool.syncing import SyncAttempt, Syncer
from services.http.loop import run
from tests.services.gateway.recording.conftest import Platform, Until

REFUSALS = 1_000


def frames(error: BaseException) -> int:
    """How long an error's traceback is."""
    return len([*traceback.walk_tb(error.__traceback__)])


def test_an_error_that_is_kept_does_not_grow_with_each_request_that_it_refuses(
    platform: Platform,
    tmp_path: Path,
    quick: RecordingLimits,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async def refusal(recorder: Recorder, *, checked: bool) -> RelevoError:
        try:
            if checked:
                recorder.check()
            await recorder.record_and_wait(platform.origin(), platform.answers(1))
        except RelevoError as error:
            return error
        raise AssertionError("it was recorded")

    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        recorder.start()
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", broken)
            await recorder.record_and_wait(platform.origin(), platform.answers(1))
            await until(lambda: not _takes_rows(recorder))
            for checked in (True, False):
                lengths = [frames(await refusal(recorder, checked=checked)) for _ in range(REFUSALS)]
                assert max(lengths) == lengths[0]
        await recorder.stop()

    run(main())


def test_those_who_wait_for_the_same_sync_get_an_error_each(
    platform: Platform, tmp_path: Path, quick: RecordingLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async def main() -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, Durability.DISK, limits=quick)
        recorder.start()
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", broken)
            errors = await asyncio.gather(
                *(recorder.record_and_wait(platform.origin(), platform.answers(1)) for _ in range(20)),
                return_exceptions=True,
            )
        await recorder.stop()
        assert len({id(error) for error in errors}) == 20

    run(main())


def _takes_rows(recorder: Recorder) -> bool:
    try:
        recorder.check()
    except StorageError:
        return False
    return True


def test_closing_syncs_what_was_asked_while_an_attempt_was_under_way(tmp_path: Path) -> None:
    database = tmp_path / "entries.sqlite3"
    Path(f"{database}-wal").write_bytes(b"")
    attempts: list[SyncAttempt] = []
    under_way, go_on = threading.Event(), threading.Event()

    def recover() -> None:
        under_way.set()
        go_on.wait(20)

    syncer = Syncer(database, 0.0, recover, attempts.append)
    syncer.request_recovery(1)
    assert under_way.wait(20)
    syncer.request(2)
    closing = threading.Thread(target=syncer.close, name="closing")
    closing.start()
    closing.join(0.2)  # so long as it takes to say that it ends; it waits for the attempt
    go_on.set()
    closing.join(20)
    assert [attempt.number for attempt in attempts] == [1, 2]


class OnWindows(OSError):
    """An error as Windows gives it: a vague number, and its own code."""

    def __init__(self, code: int) -> None:
        super().__init__(errno.EINVAL, "Invalid argument")
        self.winerror = code


FULL = [errno.ENOSPC, errno.EDQUOT]
OTHERS = {
    errno.EROFS: "disk is read-only", errno.EACCES: "may not be written", errno.EPERM: "may not be written",
    errno.EIO: "disk fails to keep", errno.EMFILE: "refuses",
}  # fmt: skip


@pytest.mark.parametrize("number", FULL)
def test_a_disk_or_quota_without_room_is_told_as_full(number: int) -> None:
    error = disk_error(OSError(number, os.strerror(number)), "nothing was recorded")
    assert type(error) is StorageError
    assert error.message == "the spool's disk is full; nothing was recorded"


@pytest.mark.parametrize("number", OTHERS)
def test_no_other_error_of_the_system_is_told_as_a_full_disk(number: int) -> None:
    error = disk_error(OSError(number, os.strerror(number)), "nothing was recorded")
    assert type(error) is DiskFault
    assert OTHERS[number] in error.message
    assert "full" not in error.message


@pytest.mark.parametrize(
    ("code", "words"),
    [(39, "is full"), (112, "is full"), (1295, "is full"), (19, "is read-only"), (1117, "fails to keep")],
)
def test_the_codes_of_windows_are_told_for_what_they_are(code: int, words: str) -> None:
    assert words in disk_error(OnWindows(code), "nothing was recorded").message


def test_room_that_cannot_be_kept_free_for_another_reason_is_no_full_disk(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def main() -> None:
        (tmp_path / "spool" / "reserve").mkdir(parents=True)
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        recorder.start()
        with pytest.raises(DiskFault, match="refuses"):
            recorder.check()
        await recorder.stop()

    run(main())


def test_a_snapshot_that_cannot_be_kept_for_another_reason_is_no_full_disk(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DiskFault):
        SnapshotFile(tmp_path / "file").save(Snapshot())

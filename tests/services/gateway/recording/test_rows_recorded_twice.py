"""A row that two gateways have recorded, or one client asked for again, stands in the log once."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from services.evaluation.model import Span
from services.evaluation.reader.reader import ProjectReader
from services.gateway.recorder import Recorder
from services.gateway.records import RecordingLimits
from services.http.loop import run
from services.store.identifiers import milliseconds, new_ids
from tests.services.gateway.recording.conftest import Platform, Until

ROWS = 20


@pytest.fixture
def start_replica(platform: Platform) -> Iterator[Callable[..., Any]]:
    """Starts `replica.py` on the platform; whatever still runs at the end is killed."""
    started: list[Any] = []

    def start(spool: Path, endpoint: str, *, dies: bool = False) -> Any:
        task = {
            "address": platform.address, "project": platform.project, "spool": str(spool),
            "endpoint": endpoint, "dies": dies,
        }  # fmt: skip
        script = Path(__file__).with_name("replica.py")
        process = subprocess.Popen(
            [sys.executable, str(script), msgspec.json.encode(task).decode()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        with contextlib.suppress(BrokenPipeError):  # what it did not read
            process.stdin.close()
        process.stdout.close()


async def predict(replica: Any, rows: int) -> list[bytes]:
    """The ids of rows that the replica says it has recorded; fewer if it dies meanwhile."""

    def ask() -> list[bytes]:
        replica.stdin.write("\n" * rows)
        replica.stdin.flush()
        told = [replica.stdout.readline() for _ in range(rows)]
        return [bytes.fromhex(line) for line in told if line.endswith("\n")]

    return await asyncio.to_thread(ask)


async def end(replica: Any) -> None:
    """Let it end as a gateway that is stopped."""
    replica.stdin.close()
    assert await asyncio.to_thread(replica.wait, 30) == 0


def test_a_shadow_answer_that_a_killed_gateway_kept_is_not_shipped_after_another_has_caught_it_up(
    platform: Platform,
    tmp_path: Path,
    start_replica: Callable[..., Any],
    challenger_service: Any,
    until: Until,
) -> None:
    platform.register("B")

    async def main() -> None:
        await challenger_service.start()
        try:
            first = start_replica(tmp_path / "first", challenger_service.endpoint, dies=True)
            ids = await predict(first, ROWS)
            assert await asyncio.to_thread(first.wait, 30) < 0  # killed with B's answers in its spool
            shipped = set(platform.logged_ids("A"))
            assert shipped
            assert platform.logged_ids("B") == []
            second = start_replica(tmp_path / "second", challenger_service.endpoint)
            await until(lambda: shipped <= set(platform.logged_ids("B")))
            again = start_replica(tmp_path / "first", challenger_service.endpoint)
            more = await predict(again, 1)
            await until(
                lambda: {*ids, *more} <= set(platform.logged_ids("A")) <= set(platform.logged_ids("B"))
            )
            await end(again)
            await end(second)
            recorded = platform.logged_ids("A")
            assert len(challenger_service.asked) > len(recorded)  # B was asked for some rows by both
            assert sorted(platform.logged_ids("B")) == sorted(recorded)
        finally:
            await challenger_service.stop()

    run(main())
    view = ProjectReader(platform.store, platform.project).refresh(Span.ALL)
    assert view.live["B"].predictions == view.live["A"].predictions == len(platform.logged_ids("A"))


@pytest.mark.parametrize("late", [True, False], ids=["long after", "at once"])
def test_a_request_that_is_asked_again_of_another_gateway_is_counted_once(
    any_platform: Platform, tmp_path: Path, quick: RecordingLimits, late: bool
) -> None:
    answers = any_platform.answers(10)
    answers.brought = True
    if late:  # all that readers remember of it is long forgotten
        answers.ids = hours_ago(answers.ids)

    async def ask(spool: Path, milliseconds: float) -> None:
        recorder = Recorder.open(spool, lambda: any_platform.store, limits=quick)
        recorder.start()
        answers.latency_ms = milliseconds
        await recorder.record_and_wait(any_platform.origin(), answers)
        await recorder.stop()

    for number in range(3):
        run(ask(tmp_path / f"gateway {number}", 1.0 + number))
    if late:
        assert b"".join(any_platform.logged_ids()) == answers.ids
    view = ProjectReader(any_platform.store, any_platform.project).refresh(Span.ALL)
    assert view.live["A"].predictions == 10


def test_rows_that_were_asked_before_and_rows_that_were_not_are_told_apart(
    platform: Platform, tmp_path: Path, quick: RecordingLimits
) -> None:
    async def ask(answers: Any) -> None:
        recorder = Recorder.open(tmp_path / "spool", lambda: platform.store, limits=quick)
        recorder.start()
        await recorder.record_and_wait(platform.origin(), answers)
        await recorder.stop()

    first, second = platform.answers(4), platform.answers(6)
    first.brought = second.brought = True
    first.ids = hours_ago(first.ids)
    second.ids = first.ids[:32] + hours_ago(second.ids)[:64]
    second.latency_ms = 9.0
    run(ask(first))
    run(ask(second))
    assert b"".join(platform.logged_ids()) == first.ids + second.ids[32:]


def hours_ago(ids: bytes) -> bytes:
    """Other ids, made two hours earlier."""
    made = new_ids(len(ids) // 16)
    made[:, 0] -= np.uint64(2 * 3_600_000 << 16)
    assert (milliseconds(new_ids(1)) - milliseconds(made) >= 7_200_000).all()
    return made.astype(">u8").tobytes()

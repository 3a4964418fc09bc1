"""A gateway's recording and mirroring in a process of its own, until it is killed or its input ends.

Started with one argument, JSON, see `Task`. It reads lines: each one is answered by the champion, recorded
and offered to challenger B as a row, and its id is printed in hexadecimal.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec

from services.gateway.mirroring import Challenger, Mirror
from services.gateway.recorder import Recorder
from services.gateway.records import AnsweredRows, AnswerOrigin, RecordingLimits
from services.http.loop import run
from services.registry.model import Mode, Project
from services.store.addresses import StoreAddress
from services.store.batches import PredictionBatch
from services.store.connect import open_store
from services.store.identifiers import new_ids


class Task(msgspec.Struct):
    """How it runs; `dies`: whether it kills itself when it would bring B's first answers to the store."""

    address: StoreAddress
    project: str
    spool: str
    endpoint: str
    dies: bool


class Mortal:
    """A store to which B's answers never come: the process is killed, as by a power switch."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write_predictions(self, project: str, batch: PredictionBatch) -> None:
        """Write them if they are the champion's."""
        if batch.version == "B":
            os.kill(os.getpid(), signal.SIGKILL)
        self._store.write_predictions(project, batch)


class Snapshot:
    """The registry as it was at the start."""

    def __init__(self, project: Project, endpoint: str) -> None:
        self._project = project
        version = project.version("B")
        assert version is not None
        self._challengers = (
            Challenger(project.name, "B", endpoint, "token", version.revision, version.signature),
        )

    def projects(self) -> list[Project]:
        """The one project."""
        return [self._project]

    def challengers(self, project: str) -> tuple[Challenger, ...]:
        """B."""
        del project
        return self._challengers


async def main(task: Task) -> None:
    store = open_store(task.address)
    used: Any = Mortal(store) if task.dies else store
    limits = RecordingLimits(
        reserve_bytes=1 << 16, ship_seconds=0.01, repeat_seconds=0.2, mirror_seconds=0.5,
        catch_up_seconds=0.5, look_seconds=0.05, lease_seconds=1.0,
    )  # fmt: skip
    project = store.project(task.project)
    assert project is not None
    champion = project.version("A")
    assert champion is not None
    recorder = Recorder.open(Path(task.spool), lambda: used, limits=limits)
    recorder.start()
    mirror = Mirror(recorder, Snapshot(project, task.endpoint), lambda: used, limits)
    mirror.start()
    origin = AnswerOrigin(task.project, "A", champion.revision, Mode.CHAMPION, champion.signature.inputs)
    while await asyncio.to_thread(sys.stdin.readline):
        answers = AnsweredRows(new_ids(1).astype(">u8").tobytes(), [(1.0, "red")], [1.0])
        await recorder.record_and_wait(origin, answers)
        print(answers.ids.hex(), flush=True)
        mirror.offer(origin, answers)
    await mirror.stop()
    await recorder.stop()
    store.close()


if __name__ == "__main__":
    run(main(msgspec.json.decode(sys.argv[1], type=Task)))

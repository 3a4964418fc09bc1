"""A process that records without end and tells what was acknowledged, until it is killed.

Started with one argument, JSON: `address` and `project` of a platform, `spool`, `durability`, `die`
(`method:before` or `method:after`, the store's call around which the process kills itself; empty for
none) and `down` (whether the store cannot be reached). Each line that it prints is an id, in
hexadecimal, and the moments at which it was to be recorded and at which it was acknowledged.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from services.errors import RelevoError, Unavailable
from services.gateway.recorder import Recorder
from services.gateway.records import AnsweredRows, AnswerOrigin, Durability, RecordingLimits
from services.http.loop import run
from services.registry.model import Field, FieldType, Mode
from services.store.addresses import StoreAddress
from services.store.connect import open_store
from services.store.identifiers import new_ids

FIELDS = (
    Field("acidity", "acidity"),
    Field("colour", "colour", FieldType.STRING, required=False, nullable=True),
)


class Task(msgspec.Struct):
    address: StoreAddress
    project: str
    spool: str
    durability: Durability
    die: str = ""
    down: bool = False


class Mortal:
    """A store during one call of which the process is killed, as by a power switch."""

    def __init__(self, store: Any, die: str) -> None:
        self._store = store
        self._method, _, self._moment = die.partition(":")

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._store, name)
        if name != self._method:
            return value

        def call(*arguments: Any, **options: Any) -> Any:
            if self._moment == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            value(*arguments, **options)
            os.kill(os.getpid(), signal.SIGKILL)

        return call


async def main(task: Task) -> None:
    def opener() -> Any:
        if task.down:
            raise Unavailable("the store is down")
        return Mortal(open_store(task.address), task.die)

    limits = RecordingLimits(reserve_bytes=1 << 16, ship_seconds=0.02)
    recorder = Recorder.open(Path(task.spool), opener, task.durability, limits)
    recorder.start()
    origin = AnswerOrigin(task.project, "A", "0" * 64, Mode.CHAMPION, FIELDS)
    number = 0
    while True:
        for _ in range(5):
            number += 1
            ids = new_ids(1).astype(">u8").tobytes()

            def tell(error: RelevoError | None, ids: bytes = ids, asked: float = time.monotonic()) -> None:
                if error is None:
                    os.write(1, f"{ids.hex()} {asked} {time.monotonic()}\n".encode())

            recorder.record(origin, AnsweredRows(ids, [(float(number), "red")], [float(number)]), tell)
        await asyncio.sleep(0.001)


if __name__ == "__main__":
    run(main(msgspec.json.decode(sys.argv[1], type=Task)))

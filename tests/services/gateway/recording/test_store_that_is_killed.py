"""Cassandra is killed: what was acknowledged is there afterwards, once, whatever its commit log does."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from services.errors import RelevoError
from services.gateway.recorder import Recorder
from services.gateway.records import Durability, RecordingLimits
from services.http.loop import run
from services.store.connect import open_store
from services.store.identifiers import Ids
from services.store.sync_state import SyncMode
from tests.own_cassandra import OwnCassandra
from tests.services.gateway.recording.conftest import Platform, Until
from tests.waiting import eventually

pytestmark = [pytest.mark.cassandra, pytest.mark.slow, pytest.mark.timeout(600)]
SETTINGS = Path(__file__).resolve().parents[4] / "images" / "cassandra" / "cassandra.yaml"
# Compressed, a segment reaches even the page cache at its sync only: so the last period is surely lost.
PERIODIC = (
    "commitlog_sync: periodic; commitlog_sync_period: 60s; "
    "commitlog_compression: [{class_name: LZ4Compressor}]"
)
PROJECT = "wine"


def relevos_own() -> str:
    """How the platform's own Cassandra syncs."""
    lines = SETTINGS.read_text().splitlines()
    return ";".join(line for line in lines if line.startswith("commitlog_sync"))


@pytest.fixture
def own_cassandra(
    cassandra_server: object, free_ports: Callable[[int], list[int]]
) -> Iterator[Callable[[str], OwnCassandra]]:
    """Starts a server with this commit log; only where real servers are wanted."""
    with ExitStack() as stack:

        def start(commitlog: str) -> OwnCassandra:
            server = OwnCassandra(free_ports(1)[0], commitlog)
            stack.callback(server.remove)
            server.start()
            return server

        yield start


def test_relevos_own_cassandra_loses_nothing_that_it_acknowledged(
    own_cassandra: Callable[[str], OwnCassandra],
) -> None:
    server = own_cassandra(relevos_own())
    store = open_store(server.address)
    with ExitStack() as stack:
        stack.callback(store.close)
        platform = Platform(server.address, store)
        platform.register("A")
        assert store.sync_state().mode is SyncMode.FIRST
        acknowledged: list[str] = []

        def write(part: int) -> None:
            number = 0
            while True:
                name = f"{part}-{number}"
                try:
                    store.open_segment(platform.project, name, 0)
                except RelevoError:
                    return
                acknowledged.append(name)
                number += 1

        writers = [threading.Thread(target=write, args=(part,)) for part in range(4)]
        for writer in writers:
            writer.start()
        eventually(lambda: len(acknowledged) > 1000)
        server.kill()
        for writer in writers:
            writer.join()
        server.start()
        there = eventually(lambda: set(store.writers(platform.project)), not_yet=RelevoError)
        assert set(acknowledged) <= there


def test_what_a_periodic_commit_log_loses_is_shipped_again_once(
    own_cassandra: Callable[[str], OwnCassandra], tmp_path: Path, quick: RecordingLimits, until: Until
) -> None:
    server = own_cassandra(PERIODIC)
    with closing(open_store(server.address)) as store:
        Platform(server.address, store, PROJECT).register("A")
    server.stop()  # in good order, so that the project is on the disk
    server.start()
    with closing(open_store(server.address)) as store:
        platform = Platform(server.address, store, PROJECT)
        store.open_segment(PROJECT, "before", 0)  # what came after is lost if this is
        recorded = run(_recorded_through_a_crash(platform, server, tmp_path, quick, until))
        logged = platform.logged_ids()
        assert sorted(logged) == sorted(recorded)
        assert platform.live_ids(recorded) == set(recorded)
        labelled = [row for batch in platform.logged_labels() for row in _keys(batch.ids)]
        assert sorted(labelled) == sorted(_labelled(recorded))
        wanted = np.array([*map(_pair, labelled)], np.uint64)
        assert [len(entries) for entries in store.labels(PROJECT, wanted)] == [1] * len(labelled)


async def _recorded_through_a_crash(
    platform: Platform, server: OwnCassandra, folder: Path, limits: RecordingLimits, until: Until
) -> list[bytes]:
    """Records with each durability, kills the server, and gives the ids that were acknowledged."""
    recorders = [
        Recorder.open(folder / durability, lambda: platform.store, durability, limits)
        for durability in Durability
    ]
    recorded: list[bytes] = []
    try:
        for recorder in recorders:
            recorder.start()
        for number, recorder in enumerate(recorders):
            start = len(recorded)
            for first in range(0, 500, 10):
                answers = platform.answers(10, first=1000 * number + first)
                await recorder.record_and_wait(platform.origin(), answers)
                recorded += [answers.ids[start : start + 16] for start in range(0, 160, 16)]
            ids = _labelled(recorded[start:])
            await recorder.record_labels(PROJECT, b"".join(ids), [7.0] * len(ids), versions=["A"])
        for recorder in recorders:
            await until(lambda recorder=recorder: recorder.health().rows == 0)
            assert recorder.store_sync is not None
            assert recorder.store_sync[:2] == (SyncMode.PERIODIC, 60.0)
            assert recorder.health().kept_rows >= 500
        await asyncio.to_thread(_crash, server)
        there = await asyncio.to_thread(
            lambda: eventually(lambda: [*platform.store.writers(PROJECT), ""], not_yet=RelevoError)
        )
        assert "before" not in there, "the server lost nothing, so nothing is tested"
        await asyncio.to_thread(
            lambda: eventually(
                lambda: (
                    set(recorded) <= set(platform.logged_ids())
                    and sum(len(batch) for batch in platform.logged_labels()) >= 300
                ),
                not_yet=RelevoError,
                seen=lambda: [recorder.trouble for recorder in recorders],
            )
        )
    finally:
        for recorder in recorders:
            await recorder.stop()
    return recorded


def _crash(server: OwnCassandra) -> None:
    server.kill()
    server.start()


def _labelled(ids: list[bytes]) -> list[bytes]:
    """Every fifth of them."""
    return ids[::5]


def _keys(ids: Ids) -> list[bytes]:
    block = ids.astype(">u8").tobytes()
    return [block[start : start + 16] for start in range(0, len(block), 16)]


def _pair(key: bytes) -> tuple[int, int]:
    return int.from_bytes(key[:8], "big"), int.from_bytes(key[8:], "big")

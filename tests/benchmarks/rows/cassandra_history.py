"""Reading live history from a real Cassandra into arrays, against the driver's rows into a pandas frame."""

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
import pandas as pd
from cassandra.cluster import Cluster, Session

from services.registry.model import Task
from services.store.addresses import CassandraAddress
from services.store.batches import PredictionBatch
from services.store.cassandra import CassandraStore
from services.store.identifiers import uuids
from tests.benchmarks.row import Goal, NotHere, Outcome, Row
from tests.benchmarks.timing import in_words, interleaved
from tests.benchmarks.traffic import Traffic

ROWS_READ = 1_000_000
INPUTS = 10
SHIPPED = 1_000
NUMBERS = [*(f"input_{number}" for number in range(INPUTS)), "predicted", "latency_ms", "propensity"]
COLUMNS = ["id", *NUMBERS, "revision", "mode"]

Arrays = dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.generic]]"]


@cache
def measured(scale: float) -> tuple[float, float, float]:
    """Seconds from packed segments, from unpacked blobs, and of the peer, for the same rows."""
    address = _address()
    rows = int(ROWS_READ * scale)
    with _keyspaces(address) as session:
        store = CassandraStore(address)
        try:
            traffic = _filled(store, rows)
            peer_frame = read_rows(session, address)
            check(read_log(store), peer_frame)
            (unpacked,) = interleaved(lambda: read_log(store), repeats=3)
            traffic.close_segment()
            traffic.pack()
            check(read_log(store), peer_frame)
            packed, peer = interleaved(
                lambda: read_log(store), lambda: read_rows(session, address), repeats=3
            )
        finally:
            store.close()
    return packed, unpacked, peer


def _filled(store: CassandraStore, rows: int) -> Traffic:
    """A log that is not packed, and the same rows in the live table."""
    traffic = Traffic(
        store, "wine", task=Task.REGRESSION, inputs=INPUTS, batch=SHIPPED, rate=1_000, rows=rows,
        pack=False,
    )  # fmt: skip
    for _ in range(rows // SHIPPED):
        batch = traffic.predictions(SHIPPED)
        store.write_predictions("wine", batch)
        traffic.append(batch)
    return traffic


def read_log(store: CassandraStore) -> Arrays:
    """All rows of the log as one array a column."""
    batches = [entry.batch for entry in store.read("wine", {}) if isinstance(entry.batch, PredictionBatch)]
    revisions = sorted({batch.revision for batch in batches})
    modes = sorted({batch.mode for batch in batches})
    arrays: Arrays = {
        name: np.concatenate([batch.inputs[name] for batch in batches]) for name in NUMBERS[:INPUTS]
    }
    for name in NUMBERS[INPUTS:]:
        arrays[name] = np.concatenate([getattr(batch, name) for batch in batches])
    lengths = [len(batch) for batch in batches]
    arrays["id"] = np.concatenate([batch.ids for batch in batches])
    arrays["revision"] = np.repeat([revisions.index(batch.revision) for batch in batches], lengths)
    arrays["mode"] = np.repeat([modes.index(batch.mode) for batch in batches], lengths)
    return arrays


def read_rows(session: Session, address: CassandraAddress) -> pd.DataFrame:
    """All rows of the live table with the driver's default rows."""
    statement = f"SELECT {', '.join(COLUMNS)} FROM {address.keyspace_prefix}live_db.wine_a"
    return pd.DataFrame(list(session.execute(statement, timeout=60)), columns=COLUMNS)


def check(arrays: Arrays, frame: pd.DataFrame) -> None:
    """Every number of every row must be the same, matched by id."""
    ids = arrays["id"]
    order = np.lexsort((ids[:, 1], ids[:, 0]))
    frame = frame.sort_values("id", key=lambda column: column.map(lambda value: value.int))
    assert uuids(ids[order]) == frame["id"].tolist()
    for name in NUMBERS:
        np.testing.assert_array_equal(arrays[name][order], frame[name].to_numpy(arrays[name].dtype))
    assert frame["revision"].nunique() == 1
    assert frame["mode"].nunique() == 1


def _address() -> CassandraAddress:
    place = os.environ.get("RELEVO_TEST_CASSANDRA", "127.0.0.1:19042")
    host, _, port = place.partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        raise NotHere(f"no Cassandra answers at {place}; start one with .ci/cassandra start") from None
    return CassandraAddress((host,), int(port), keyspace_prefix=f"bench{uuid.uuid4().hex[:8]}_")


@contextmanager
def _keyspaces(address: CassandraAddress) -> Iterator[Session]:
    """A plain driver's session, as a user would open it; the benchmark's keyspaces go afterwards."""
    no_delay = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    cluster = Cluster(address.contact_points, port=address.port, sockopts=no_delay)
    try:
        session = cluster.connect()
        try:
            yield session
        finally:
            for keyspace in ("historical_db", "live_db"):
                session.execute(f"DROP KEYSPACE IF EXISTS {address.keyspace_prefix}{keyspace}", timeout=60)
    finally:
        cluster.shutdown()


def from_packed(scale: float) -> Outcome:
    """From packed segments."""
    packed, _, peer = measured(scale)
    return Outcome(
        peer / packed, in_words(packed), in_words(peer),
        note="inputs have two decimals, as measured values do; digits that are all random pack worse",
    )  # fmt: skip


def from_unpacked(scale: float) -> Outcome:
    """From the newest part of the log, not packed yet."""
    _, unpacked, peer = measured(scale)
    return Outcome(peer / unpacked, in_words(unpacked), in_words(peer), note=f"blobs of {SHIPPED:,} rows")


ROWS = [
    Row(
        "history-packed",
        "reading 1 M rows, 16 columns, from Cassandra, packed; driver's rows into pandas",
        Goal(20),
        from_packed,
    ),
    Row(
        "history-unpacked",
        "the same from the newest, unpacked part",
        Goal(5),
        from_unpacked,
    ),
]

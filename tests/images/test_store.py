"""The Cassandra image: asks for passwords, says when it speaks CQL, keeps its data, and stays small."""

from collections.abc import Callable

import pytest

from services.containers.engine.engine import Engine
from services.containers.model import ResourceLimits
from services.errors import Refused
from services.store.addresses import CassandraAddress
from services.store.cassandra.session import CassandraSession

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(400)]
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def store(start: Callable[..., str]) -> str:
    limits = ResourceLimits(memory=900 * MEGABYTE)
    return start("cassandra", seconds=180, port=9042, limits=limits, stop_seconds=30)


@pytest.fixture
def connect(store: str, published: Callable[[str], int]) -> Callable[[str, str], CassandraSession]:
    def session(user: str, password: str) -> CassandraSession:
        return CassandraSession(CassandraAddress(("127.0.0.1",), published(store), user), password)

    return session


@pytest.mark.parametrize(("user", "password"), [("", ""), ("cassandra", "wrong")])
def test_nobody_comes_in_without_a_password(
    user: str, password: str, connect: Callable[[str, str], CassandraSession]
) -> None:
    with pytest.raises(Refused):
        connect(user, password)


def test_data_outlasts_a_stop_and_memory_stays_small(
    store: str, engine: Engine, connect: Callable[[str, str], CassandraSession]
) -> None:
    session = connect("cassandra", "cassandra")
    try:
        session.define(
            "CREATE KEYSPACE kept WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
        )
        session.define(
            "CREATE TABLE kept.rows (part int, number int, text blob, PRIMARY KEY (part, number))"
        )
        rows = ((part, number, b"x" * 4000) for part in range(20) for number in range(500))
        session.write_each("INSERT INTO kept.rows (part, number, text) VALUES (?, ?, ?)", rows)
        used = engine.usage(store)
        assert used is not None
        assert used.memory < 800 * MEGABYTE
    finally:
        session.close()

    engine.stop(store, 30)
    # It ends by itself with its memory written; being killed would be 137.
    assert engine.container(store).exit_code in {0, 143}
    engine.start(store)
    engine.wait_healthy(store, 180)
    session = connect("cassandra", "cassandra")
    try:
        assert session.read("SELECT count(*) FROM kept.rows WHERE part = ?", (7,)) == [(500,)]
    finally:
        session.close()

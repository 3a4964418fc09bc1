"""Opening a cluster: unreachable, badly named, from the future, and the threads that it leaves."""

import socket
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from services.errors import InvalidInput, Refused, Unavailable
from services.store.addresses import CassandraAddress
from services.store.cassandra import CassandraStore
from services.store.cassandra.schema import SCHEMA_VERSION
from services.store.connect import open_store

pytestmark = pytest.mark.cassandra


def test_an_address_where_nothing_listens_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(Unavailable, match="cannot be reached"):
        open_store(CassandraAddress(("127.0.0.1",), port))


@pytest.mark.parametrize("prefix", ["x;", "X_", 'a"b', "1_", "a" * 40])
def test_a_prefix_that_is_no_name_is_refused(cassandra_address: CassandraAddress, prefix: str) -> None:
    with pytest.raises(InvalidInput, match="prefix"):
        open_store(replace(cassandra_address, keyspace_prefix=prefix))


def test_a_host_name_that_nobody_knows_is_told(cassandra_address: CassandraAddress) -> None:
    with pytest.raises(Unavailable, match="host name"):
        open_store(replace(cassandra_address, contact_points=("nowhere.invalid",)))


def test_a_data_centre_that_does_not_exist_is_told(cassandra_address: CassandraAddress) -> None:
    with pytest.raises(Unavailable, match="data centre"):
        open_store(replace(cassandra_address, data_centre="nowhere"))


def test_an_authority_that_is_no_certificate_is_refused(
    cassandra_address: CassandraAddress, tmp_path: Path
) -> None:
    (tmp_path / "letter.pem").write_text("dear aunt")
    for name in ("letter.pem", "absent.pem"):
        with pytest.raises(InvalidInput, match="PEM"):
            open_store(replace(cassandra_address, tls=True, authority=str(tmp_path / name)))


def test_a_server_without_tls_is_not_spoken_to_in_the_clear(cassandra_address: CassandraAddress) -> None:
    with pytest.raises(Unavailable):
        open_store(replace(cassandra_address, tls=True))


def test_closing_leaves_no_thread(cassandra_address: CassandraAddress) -> None:
    before = set(threading.enumerate())
    first, second = CassandraStore(cassandra_address), CassandraStore(cassandra_address)
    first.close()
    second.ping()
    second.close()
    second.close()
    assert set(threading.enumerate()) <= before


def test_tables_from_the_future_are_refused(cassandra_address: CassandraAddress) -> None:
    store = CassandraStore(cassandra_address)
    statement = "UPDATE historical_db.schema_version SET version = ? WHERE name = 'schema'"
    try:
        store._session.write(statement, (99,))
        with pytest.raises(Refused, match="newer Relevo"):
            CassandraStore(cassandra_address)
    finally:
        store._session.write(statement, (SCHEMA_VERSION,))
        store.close()
    CassandraStore(cassandra_address).close()


def test_a_crash_while_the_tables_are_made_is_made_good_by_the_next(
    cassandra_address: CassandraAddress,
) -> None:
    store = CassandraStore(cassandra_address)
    store._session.define("DROP TABLE live_db.log")
    store._session.write_if(
        "DELETE FROM historical_db.schema_version WHERE name = ? IF EXISTS", ("schema",)
    )
    store.close()
    again = CassandraStore(cassandra_address)
    try:
        again.open_segment("wine", "w", 0)
        assert list(again.read("wine", {})) == []
    finally:
        again.close()

"""A store whose connections go through a proxy, on keyspaces of the module's own."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from services.store.addresses import CassandraAddress
from services.store.cassandra import CassandraStore, conditional_writes
from services.store.cassandra import cluster as cluster_module
from services.store.interface import Store
from tests.services.store.cassandra.proxy import Proxy


@pytest.fixture(scope="module")
def address(cassandra_address: CassandraAddress) -> CassandraAddress:
    """Here every store is Cassandra."""
    return cassandra_address


@pytest.fixture
def proxy(cassandra_server: tuple[str, int]) -> Iterator[Proxy]:
    """A proxy before the real server."""
    started = Proxy(cassandra_server)
    yield started
    started.close()


@pytest.fixture
def behind(
    proxy: Proxy, store: Store, address: CassandraAddress, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CassandraStore]:
    """A second store on the same keyspaces that loses patience after half a second."""
    monkeypatch.setattr(cluster_module, "REQUEST_SECONDS", 0.5)
    monkeypatch.setattr(conditional_writes, "READ_AGAIN_SECONDS", 5.0)
    opened = CassandraStore(replace(address, port=proxy.port))
    yield opened
    opened.close()

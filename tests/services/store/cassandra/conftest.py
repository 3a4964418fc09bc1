"""A store whose connections go through a proxy, on keyspaces of the module's own."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from services.store.addresses import CassandraAddress
from services.store.cassandra import CassandraStore, conditional_writes
from services.store.cassandra import cluster as cluster_module
from services.store.interface import Store

if TYPE_CHECKING:
    from proxy import Proxy


def _proxy_class() -> "type[Proxy]":
    """The neighbouring module; tests are no packages, so it is loaded by its path."""
    specification = importlib.util.spec_from_file_location("proxy", Path(__file__).with_name("proxy.py"))
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["proxy"] = module
    specification.loader.exec_module(module)
    found: type[Proxy] = module.Proxy
    return found


@pytest.fixture(scope="module")
def address(cassandra_address: CassandraAddress) -> CassandraAddress:
    """Here every store is Cassandra."""
    return cassandra_address


@pytest.fixture
def proxy(cassandra_server: tuple[str, int]) -> "Iterator[Proxy]":
    """A proxy before the real server."""
    started = _proxy_class()(cassandra_server)
    yield started
    started.close()


@pytest.fixture
def behind(
    proxy: "Proxy", store: Store, address: CassandraAddress, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CassandraStore]:
    """A second store on the same keyspaces that loses patience after half a second."""
    monkeypatch.setattr(cluster_module, "REQUEST_SECONDS", 0.5)
    monkeypatch.setattr(conditional_writes, "READ_AGAIN_SECONDS", 5.0)
    opened = CassandraStore(replace(address, port=proxy.port))
    yield opened
    opened.close()

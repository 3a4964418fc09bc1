"""A store of either kind for the reader's tests."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from services.store.addresses import CassandraAddress, SqliteAddress
from services.store.cassandra import CassandraStore
from services.store.connect import open_store
from services.store.interface import Store


@pytest.fixture(scope="module", params=["sqlite", pytest.param("cassandra", marks=pytest.mark.cassandra)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The module's store, of either kind."""
    if request.param == "sqlite":
        opened = open_store(SqliteAddress(str(tmp_path_factory.mktemp("workspace"))))
        yield opened
        opened.close()
        return
    fresh: Callable[[], AbstractContextManager[CassandraAddress]] = request.getfixturevalue(
        "fresh_keyspaces"
    )
    with fresh() as address:
        opened = open_store(address)
        assert isinstance(opened, CassandraStore)
        # Both of the driver's worker threads start now, lest a test is blamed for one of them.
        together = threading.Barrier(2)
        for task in [opened._session._cluster.executor.submit(together.wait, 30) for _ in range(2)]:
            task.result()
        yield opened
        opened.close()

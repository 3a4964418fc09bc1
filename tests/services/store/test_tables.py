"""Both drivers make the tables that are listed, with the same names, columns and keys."""

from pathlib import Path

import pytest

from services.errors import InvalidInput
from services.store.cassandra import CassandraStore
from services.store.cassandra.changes import FOLLOWED
from services.store.interface import Store
from services.store.names import validate_project
from services.store.sqlite import SqliteStore
from services.store.tables import TABLES, Table

Found = dict[tuple[str, str], tuple[set[str], list[str]]]
"""Keyspace and table to columns and key."""


def _in_sqlite(store: SqliteStore) -> Found:
    connection, found = store._database.connection(), Found()
    for keyspace in ("historical_db", "live_db"):
        names = connection.execute(
            f"SELECT name FROM {keyspace}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        for (name,) in names:
            columns = connection.execute(
                "SELECT name, pk FROM pragma_table_info(?, ?)", (name, keyspace)
            ).fetchall()
            key = [column for column, place in sorted(columns, key=lambda row: row[1]) if place]
            found[keyspace, name] = ({column for column, _ in columns}, key)
    return found


def _in_cassandra(store: CassandraStore) -> Found:
    found = Found()
    real = {"historical_db": store._session.historical, "live_db": store._session.live}
    for keyspace, name in real.items():
        rows = store._session.read(
            "SELECT table_name, column_name, kind, position FROM system_schema.columns "
            "WHERE keyspace_name = ?",
            (name,),
        )
        for table in {row[0] for row in rows}:
            own = [row[1:] for row in rows if row[0] == table]
            keys = [row for row in own if row[1] in {"partition_key", "clustering"}]
            key = [
                column for column, _, _ in sorted(keys, key=lambda row: (row[1] != "partition_key", row[2]))
            ]
            found[keyspace, table] = ({column for column, _, _ in own}, key)
    return found


@pytest.fixture
def found(store: Store) -> Found:
    """What the store has made, before any project came to it."""
    if isinstance(store, SqliteStore):
        return _in_sqlite(store)
    assert isinstance(store, CassandraStore)
    return _in_cassandra(store)


def _own_columns(table: Table, kind: str) -> tuple[str, ...]:
    return table.cassandra if kind == "cassandra" else table.sqlite


def test_there_are_the_tables_that_are_listed_and_no_others(store: Store, found: Found) -> None:
    listed = [(table.keyspace, table.name) for table in TABLES if table.only in {"", store.kind}]
    assert sorted(found) == sorted(listed)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_the_columns_and_the_key_that_are_listed(
    store: Store, found: Found, table: Table
) -> None:
    if table.only not in {"", store.kind}:
        assert (table.keyspace, table.name) not in found
        return
    own = _own_columns(table, store.kind)
    columns, key = found[table.keyspace, table.name]
    assert columns == {*table.key, *table.columns, *own}
    assert [column for column in key if column not in own] == list(table.key)


def test_changes_of_the_same_tables_are_followed_in_both() -> None:
    assert set(FOLLOWED) == {table.name for table in TABLES if table.followed}


def test_sqlite_counts_every_kind_of_change_of_what_is_followed(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    rows = store._database.connection().execute(
        "SELECT tbl_name, count(*) FROM historical_db.sqlite_master WHERE type = 'trigger' "
        "GROUP BY tbl_name"
    )
    assert dict(rows.fetchall()) == {table.name: 3 for table in TABLES if table.followed}
    store.close()


HISTORICAL = [table.name for table in TABLES if table.keyspace == "historical_db"]


@pytest.mark.parametrize("name", HISTORICAL)
def test_no_project_may_have_the_name_of_a_table_beside_its_training_set(name: str) -> None:
    with pytest.raises(InvalidInput, match="Relevo itself"):
        validate_project(name)

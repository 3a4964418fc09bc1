"""The help page on the tables names each with the key that it has, on both stores."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.registry.model import Project
from services.store.batches import Column
from services.store.cassandra import CassandraStore
from services.store.interface import Store
from services.store.sqlite import SqliteStore

HELP = Path(__file__).parents[3] / "resources" / "help" / "data.md"
ROW = re.compile(r"\| `(historical_db|live_db)\.([^`]+)` \| `?([^`|]+)`? \|(.*)\|")


def described() -> list[tuple[str, str, tuple[list[str], list[str]], list[str]]]:
    """Keyspace, table, its key's columns (of the partition, of the order within), those SQLite lacks."""
    found = []
    for keyspace, table, key, text in ROW.findall(HELP.read_text(encoding="utf-8")):
        inner = re.fullmatch(r"\(\(([^)]+)\)(.*)\)|\(([^,)]+)(.*)\)|(\w+)", key.strip())
        assert inner is not None, f"{table}: {key!r} is no key"
        partition = inner[1] or inner[3] or inner[5]
        rest = inner[2] or inner[4] or ""
        found.append((
            keyspace, table, (re.findall(r"\w+", partition), re.findall(r"\w+", rest)),
            re.findall(r"no `(\w+)` in SQLite", text),
        ))  # fmt: skip
    return found


def key_in_cassandra(store: CassandraStore, keyspace: str, table: str) -> tuple[list[str], list[str]]:
    session = store._session
    name = session.historical if keyspace == "historical_db" else session.live
    columns = session.read(
        "SELECT column_name, kind, position FROM system_schema.columns "
        "WHERE keyspace_name = ? AND table_name = ?",
        (name, table),
    )
    partition, order = (
        [column for _, column in sorted((at, name) for name, of, at in columns if of == kind)]
        for kind in ("partition_key", "clustering")
    )
    return partition, order


def key_in_sqlite(store: SqliteStore, keyspace: str, table: str) -> list[str]:
    with store._database.snapshot() as connection:
        columns = connection.execute(f"PRAGMA {keyspace}.table_info({table})").fetchall()
    return [name for at, name in sorted((column[5], column[1]) for column in columns) if at]


@pytest.mark.parametrize("row", described(), ids=lambda row: row[1])
def test_the_help_names_the_key_that_a_table_has(store: Store, registered: Project, row: Any) -> None:
    keyspace, table, (partition, order), not_in_sqlite = row
    name = table.replace("<project>", registered.name).replace("<version>", "a")
    signature = registered.versions[0].signature
    store.prepare_live(registered.name, "A", signature)
    values = np.arange(3.0)
    columns: dict[str, Column] = dict.fromkeys(("id", "alcohol", "year", "quality"), values)
    store.write_training(registered.name, signature, columns)
    if isinstance(store, CassandraStore):
        assert key_in_cassandra(store, keyspace, name) == (partition, order)
    else:
        assert isinstance(store, SqliteStore)
        expected = [column for column in (*partition, *order) if column not in not_in_sqlite]
        assert key_in_sqlite(store, keyspace, name) == expected


def test_the_help_names_the_tables_that_other_programs_read() -> None:
    assert len(described()) >= 8

"""Tables whose columns a signature decides: made, widened and described."""

import sqlite3
from collections.abc import Mapping

from services.registry.model import FieldType

_AFFINITY = {
    FieldType.NUMBER: "REAL",
    FieldType.INTEGER: "INTEGER",
    FieldType.BOOLEAN: "INTEGER",
    FieldType.STRING: "TEXT",
}


def quoted(name: str) -> str:
    """A validated name as an identifier; quoting keeps keywords such as `order` harmless."""
    return f'"{name}"'


def table_types(connection: sqlite3.Connection, schema: str, table: str) -> dict[str, str]:
    """Column to affinity, in the table's order; empty if there is no such table."""
    rows = connection.execute("SELECT name, type FROM pragma_table_info(?, ?)", (table, schema))
    return dict(rows.fetchall())


def widen(
    connection: sqlite3.Connection, schema: str, table: str, columns: Mapping[str, FieldType]
) -> None:
    """Add the columns that the table lacks."""
    present = table_types(connection, schema, table)
    for column, kind in columns.items():
        if column not in present:
            connection.execute(
                f"ALTER TABLE {schema}.{quoted(table)} ADD COLUMN {quoted(column)} {_AFFINITY[kind]}"
            )


def upsert(schema: str, table: str, columns: list[str], key: int) -> str:
    """A statement that writes rows of these columns, the first `key` of which name the row."""
    names = ", ".join(quoted(column) for column in columns)
    marks = ", ".join("?" * len(columns))
    keys = ", ".join(quoted(column) for column in columns[:key])
    changes = ", ".join(f"{quoted(column)} = excluded.{quoted(column)}" for column in columns[key:])
    action = f"DO UPDATE SET {changes}" if changes else "DO NOTHING"
    return (
        f"INSERT INTO {schema}.{quoted(table)} ({names}) VALUES ({marks}) "  # noqa: S608 - validated, quoted
        f"ON CONFLICT ({keys}) {action}"
    )

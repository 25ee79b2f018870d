"""Rows of the domain in tables and back, by the names of their fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Select, Table, bindparam, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from console.protocol.codec import ROW_TYPES, Row, kind_of, kind_of_type
from console.store.tables import ROW_TABLES

#: One kind of row, the same in and out.
R = TypeVar("R", bound=Row)
_FIELDS = {kind: tuple(one.name for one in fields(type_)) for kind, type_ in ROW_TYPES.items()}


def values_of(row: Row) -> dict[str, Any]:
    """Return a row's fields by name, ready to be bound to its table's columns."""
    return {name: getattr(row, name) for name in _FIELDS[kind_of(row)]}


def row_from(kind: str, values: Mapping[Any, Any]) -> Row:
    """Return the row of ``kind`` whose fields are in ``values``; other keys are left alone."""
    return ROW_TYPES[kind](**{name: values[name] for name in _FIELDS[kind]})


def read_row(connection: Connection, row_type: type[R], row_id: str) -> R | None:
    """Return the row with this id, or ``None``."""
    table = table_of(row_type)
    found = connection.execute(_by_id(table), {"row_id": row_id}).mappings().first()
    return None if found is None else cast(R, row_from(kind_of_type(row_type), found))


def read_rows(
    connection: Connection, row_type: type[R], query: Select[Any] | None = None
) -> list[R]:
    """Return the rows that ``query`` (over the kind's own table) finds, or all of the kind."""
    asked: Any = select(table_of(row_type)) if query is None else query
    kind = kind_of_type(row_type)
    return [cast(R, row_from(kind, found)) for found in connection.execute(asked).mappings()]


def read_ids(connection: Connection, row_type: type[R]) -> set[str]:
    """Return the ids of every row of a kind."""
    return set(connection.execute(select(table_of(row_type).c.id)).scalars())


def upsert(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows by primary key, replacing those that are there already."""
    if values:
        connection.execute(upsert_of(table, connection.dialect.name), list(values))


@cache
def upsert_of(table: Table, dialect: str) -> Any:
    """Return the statement that inserts rows by primary key or replaces them."""
    keys = [column.name for column in table.primary_key]
    rest = [column.name for column in table.columns if column.name not in keys]
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import (  # noqa: PLC0415 - consoles never need it
            insert as postgresql_insert,
        )

        into_pg = postgresql_insert(table)
        return into_pg.on_conflict_do_update(
            index_elements=keys, set_={name: into_pg.excluded[name] for name in rest}
        )
    into = sqlite_insert(table)
    return into.on_conflict_do_update(
        index_elements=keys, set_={name: into.excluded[name] for name in rest}
    )


@cache
def _by_id(table: Table) -> Any:
    return select(table).where(table.c.id == bindparam("row_id"))


def put_rows(connection: Connection, rows: Iterable[Row]) -> None:
    """Write rows, new or changed, each as a whole; the last of several with one id holds."""
    by_kind: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        by_kind.setdefault(kind_of(row), {})[row.id] = values_of(row)
    for kind, values in by_kind.items():
        upsert(connection, ROW_TABLES[kind], list(values.values()))


def drop_row(connection: Connection, kind: str, row_id: str) -> None:
    """Delete a row."""
    table = ROW_TABLES[kind]
    connection.execute(delete(table).where(table.c.id == row_id))


def insert_all(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that are known to be new."""
    if values:
        connection.execute(_insert_into(table), list(values))


@cache
def _insert_into(table: Table) -> Any:
    return insert(table)


def set_value(connection: Connection, table: Table, key: str, value: str) -> None:
    """Set one entry of a key-and-value table."""
    changed = connection.execute(update(table).where(table.c.key == key).values(value=value))
    if changed.rowcount == 0:
        connection.execute(insert(table).values(key=key, value=value))


def table_of(row_type: type[R]) -> Table:
    """Return the table that holds rows of this type."""
    return ROW_TABLES[kind_of_type(row_type)]

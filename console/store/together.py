"""Statements of one transaction that go to the database together, in as few trips as it allows.

What SQLAlchemy does for each statement anew (finding it among the compiled ones, making a result)
costs a group of commands more than the database does. Here a statement is compiled once for a
table, and goes to the driver as it is; on PostgreSQL all of them go in one round trip.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    Connection,
    Dialect,
    Table,
    Text,
    any_,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError

from console.protocol.codec import Row, kind_of
from console.store.mapping import upsert_of, values_of
from console.store.tables import ROW_TABLES

_SERVER = "postgresql"


@dataclass(frozen=True, slots=True)
class Among:
    """A question: these columns of the rows whose key is one of these.

    Attributes:
        columns: What is asked for; their values come as the driver gives them.
        key: A column of text.
        keys: What it may be.
    """

    columns: tuple[Column[Any], ...]
    key: Column[Any]
    keys: Sequence[str]


def ask_together(connection: Connection, asked: Sequence[Among]) -> list[list[Any]]:
    """Return the rows that each question finds, in order of the questions."""
    server = connection.dialect.name
    texts = [_question(one.columns, one.key, server) for one in asked]
    keys = [_list_of(one.keys, server) for one in asked]
    with _at_the_driver(connection) as (driver, trip):
        with trip:
            cursors = [
                driver.execute(text, (given,)) for text, given in zip(texts, keys, strict=True)
            ]
        return [cursor.fetchall() for cursor in cursors]  # the answers are here: no trip more


class Writes:
    """Rows to be written, by table; nothing is sent before `send`."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Table, bool], list[Mapping[str, Any]]] = {}

    @property
    def tables(self) -> list[str]:
        """Names of the tables that are written."""
        return [table.name for table, _ in self._rows]

    def insert(self, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
        """Add rows that are known to be new, all with the same columns."""
        self._add(table, values, is_new=True)

    def put(self, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
        """Add rows, new or changed, each as a whole."""
        self._add(table, values, is_new=False)

    def put_rows(self, rows: Iterable[Row]) -> None:
        """Add rows of the domain; the last of several with one id holds."""
        by_kind: dict[str, dict[str, dict[str, Any]]] = {}
        for row in rows:
            by_kind.setdefault(kind_of(row), {})[row.id] = values_of(row)
        for kind, values in by_kind.items():
            self.put(ROW_TABLES[kind], list(values.values()))

    def send(self, connection: Connection) -> None:
        """Have all of them written in the open transaction, before this returns.

        Raises:
            DBAPIError: The database does not take them, or is gone.
        """
        server = connection.dialect.name
        statements = []
        for (table, is_new), rows in self._rows.items():
            writing = _writing(table, tuple(rows[0]), server, is_new=is_new)
            statements.append((writing.text, [writing.bound(row) for row in rows]))
        with _at_the_driver(connection) as (driver, trip), trip, closing(driver.cursor()) as cursor:
            for text, bound in statements:
                cursor.executemany(text, bound)

    def _add(self, table: Table, values: Sequence[Mapping[str, Any]], *, is_new: bool) -> None:
        if values:
            self._rows.setdefault((table, is_new), []).extend(values)


@dataclass(frozen=True, slots=True)
class _Writing:
    """A statement as the driver takes it, and how the values of a row are bound to it."""

    text: str
    binders: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    def bound(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(
            row[name] if binder is None else binder(row[name]) for name, binder in self.binders
        )


@cache
def _writing(table: Table, names: tuple[str, ...], server: str, *, is_new: bool) -> _Writing:
    dialect = _dialect(server)
    statement = insert(table) if is_new else upsert_of(table, server)
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
    binders = tuple(
        (one, table.c[one].type.dialect_impl(dialect).bind_processor(dialect))
        for one in compiled.positiontup
    )
    return _Writing(str(compiled), binders)


@cache
def _question(columns: tuple[Column[Any], ...], key: Column[Any], server: str) -> str:
    query = select(*columns)
    if server == _SERVER:
        query = query.where(key == any_(bindparam("keys", type_=ARRAY(Text))))
    else:
        given = func.json_each(bindparam("keys", type_=Text)).table_valued("value")
        query = query.where(key.in_(select(given.c.value)))
    return str(query.compile(dialect=_dialect(server)))


@cache
def _dialect(server: str) -> Dialect:
    """Return a dialect whose statements take their values by place."""
    if server == _SERVER:
        from sqlalchemy.dialects.postgresql.psycopg import (  # noqa: PLC0415 - consoles lack it
            PGDialect_psycopg,
        )

        return PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]
    return SQLiteDialect_pysqlite()


def _list_of(keys: Sequence[str], server: str) -> list[str] | str:
    """Return keys as a question takes them."""
    return list(keys) if server == _SERVER else json.dumps(list(keys))


@contextmanager
def _at_the_driver(connection: Connection) -> Iterator[tuple[Any, AbstractContextManager[Any]]]:
    """Give the driver's own connection; its errors come as SQLAlchemy's would.

    With it comes what makes one round trip of all that is done inside: psycopg's pipeline.
    SQLAlchemy cannot read rows while one is open (it looks for them at once), so both its ends lie
    in here; begin, commit and rollback stay SQLAlchemy's.
    """
    driver: Any = connection.connection.driver_connection
    base = connection.dialect.loaded_dbapi.Error
    try:
        yield driver, driver.pipeline() if connection.dialect.name == _SERVER else nullcontext()
    except base as error:
        is_gone = connection.dialect.is_disconnect(error, driver, None)
        if is_gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, base, hide_parameters=True, connection_invalidated=is_gone
        ) from error

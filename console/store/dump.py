"""Central's whole database as one SQLite file, and back: from SQLite or a server, into either.

The file has the tables of this version, whatever database it was taken from; so a backup also
moves a city from SQLite to PostgreSQL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    column,
    delete,
    func,
    insert,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from console.store.audit import AUDIT, AUDIT_CHECKPOINT
from console.store.engine import StoreError, as_store_error, open_engine, sqlite_url
from console.store.snapshot import as_kept, kept_type
from console.store.tables import METADATA
from console.store.upgrade import upgrade

_ROWS_AT_ONCE = 5000
#: Every table; those of the audit are defined apart.
_TABLES = tuple(
    {**METADATA.tables, AUDIT.name: AUDIT, AUDIT_CHECKPOINT.name: AUDIT_CHECKPOINT}.values()
)

#: What every new database holds; what people change there has its line in the change log.
_FILLED_ANEW = frozenset({"meta", "catalogue"})


def dump_database(engine: Engine, path: Path) -> None:
    """Write the database, as it is in one moment, into a new SQLite file; it may be in use.

    Raises:
        StoreError: It could not be read, or the file not be written.
    """
    path.unlink(missing_ok=True)
    try:
        if engine.dialect.name == "sqlite":
            copy_pages(Path(engine.url.database or ""), path)
        else:
            with _opened(path) as target:
                upgrade(target)
                _copy_all(engine, target)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise StoreError(f"The database could not be backed up: {error}.") from error


def load_database(path: Path, engine: Engine) -> None:
    """Fill an empty database, up to date, from a file that `dump_database` wrote.

    Args:
        path: It is brought up to date in its place first, so hand over a copy.
        engine: Without rows, but with the tables of this version.

    Raises:
        StoreError: The file is none of ours, the database holds something, or cannot be written.
    """
    try:
        with _opened(path) as source:
            upgrade(source)
            check_empty(engine)
            _copy_all(source, engine)
    except SQLAlchemyError as error:
        raise as_store_error(engine, error) from error


@contextmanager
def _opened(path: Path) -> Iterator[Engine]:
    engine = open_engine(sqlite_url(path))
    try:
        yield engine
    finally:
        engine.dispose()
    with closing(sqlite3.connect(path)) as connection:  # one file, nothing beside it
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()


def copy_pages(source: Path, target: Path) -> None:
    """Copy a SQLite file by its backup API: consistent, and its writer is not held up."""
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as there,
        closing(sqlite3.connect(target)) as here,
    ):
        there.backup(here)
        here.execute("PRAGMA journal_mode=DELETE").fetchall()


def check_empty(engine: Engine) -> None:
    """See that a database holds no rows of ours.

    Raises:
        StoreError: It does, or cannot be read.
    """
    try:
        with engine.connect() as connection:
            there = set(inspect(connection).get_table_names())
            for one in _TABLES:
                asked = select(func.count()).select_from(one)
                if one.name in there - _FILLED_ANEW and connection.execute(asked).scalar():
                    raise StoreError(
                        f"The database holds rows already (in {one.name}); nothing in it was "
                        "touched. Restore into an empty one."
                    )
    except SQLAlchemyError as error:
        raise as_store_error(engine, error) from error


def _copy_all(source: Engine, target: Engine) -> None:
    _check_known(source)
    reading = source.connect().execution_options(yield_per=_ROWS_AT_ONCE)
    if source.dialect.name != "sqlite":
        reading = reading.execution_options(isolation_level="REPEATABLE READ")
    with reading as there, target.begin() as here:
        for one in _TABLES:
            _copy(there, here, one)
            if here.dialect.name == "postgresql":
                _set_sequence(here, one)


def _check_known(source: Engine) -> None:
    """See that nothing would be left out."""
    there = set(inspect(source).get_table_names())
    unknown = there - {one.name for one in _TABLES} - {"alembic_version"}
    if unknown:
        raise StoreError(f"The database holds tables that are not ours: {sorted(unknown)}.")


def _copy(there: Connection, here: Connection, one: Table) -> None:
    """Copy one table; values go over as they are kept, both sides keep the same."""
    if here.execute(select(func.count()).select_from(one)).scalar():
        here.execute(delete(one))  # what a migration put there
    into = table(one.name, *(column(col.name, kept_type(col)) for col in one.columns))
    names = [col.name for col in one.columns]
    for rows in there.execute(select(*(as_kept(col) for col in one.columns))).partitions():
        here.execute(insert(into), [dict(zip(names, row, strict=True)) for row in rows])


def _set_sequence(here: Connection, one: Table) -> None:
    """Let numbers that the server gives go on after those that were brought in."""
    for col in one.primary_key.columns:
        asked = text("SELECT pg_get_serial_sequence(:name, :column)")
        found: Any = here.execute(asked, {"name": one.name, "column": col.name}).scalar()
        if found is not None:
            last = here.execute(select(func.max(col))).scalar()
            if last is not None:
                here.execute(text("SELECT setval(:sequence, :last)"),
                             {"sequence": found, "last": last})  # fmt: skip

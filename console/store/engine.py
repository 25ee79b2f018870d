"""Opening central's database: the embedded SQLite file, or a server's by its address."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, SQLAlchemyError

from console.domain.errors import ZhihuiError

#: "ZHHC" in the file's header: the file is a database of ours.
APPLICATION_ID = 0x5A484843
_BUSY_TIMEOUT_MS = 10_000
#: Larger files are not read through at every start; their pages are checked as they are used.
_CHECKED_WHOLE_BYTES = 64 << 20
_OLDEST_POSTGRESQL = 15
#: A server that cannot be reached is found out in seconds, not when the network gives up.
_POSTGRESQL_LINK = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "zhihui central",
}


class StoreError(ZhihuiError):
    """The database cannot be used; the sentence says why, and nothing was changed."""


def sqlite_url(path: Path) -> str:
    """Return the address of a SQLite file."""
    return f"sqlite:///{quote(str(path))}"


def open_engine(url: str) -> Engine:
    """Return an engine on a database that was looked at and can be used.

    SQLite runs in WAL mode with ``synchronous=FULL``, PostgreSQL with ``synchronous_commit``: what
    was committed survives a power cut. Checkpoints of SQLite are left to the writer.

    Raises:
        StoreError: The file is damaged, no database of ours, or cannot be opened; the server
            cannot be reached or is too old; the address is none that we know.
    """
    engine = _engine(_known_url(url))
    try:
        if engine.dialect.name == "sqlite":
            _check_file(engine)
        else:
            _check_server(engine)
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, sqlite3.Error) as error:
        engine.dispose()
        raise as_store_error(engine, error) from error
    except StoreError:
        engine.dispose()
        raise
    return engine


def as_store_error(engine: Engine, error: Exception) -> StoreError:
    """Return a failure of the database in a sentence."""
    return StoreError(_sentence(engine, error))


def _known_url(text_: str) -> URL:
    try:
        url = make_url(text_)
    except ArgumentError as error:
        raise StoreError(
            "The address of the database cannot be read; write it like "
            "postgresql+psycopg://USER@HOST/NAME (the password in ~/.pgpass)."
        ) from error
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise StoreError(
            f"Central keeps its records in SQLite or PostgreSQL, not in {url.drivername}; write "
            "the address like postgresql+psycopg://USER@HOST/NAME."
        )
    return url


def _engine(url: URL) -> Engine:
    if url.drivername == "sqlite":
        engine = create_engine(url, hide_parameters=True)
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
        return engine
    engine = create_engine(
        url, connect_args=_POSTGRESQL_LINK, pool_pre_ping=True, hide_parameters=True
    )
    event.listen(engine, "connect", _set_postgresql)
    return engine


def _set_postgresql(connection: Any, _record: Any) -> None:
    connection.execute("SET synchronous_commit = on")
    connection.execute("SET client_encoding = 'UTF8'")
    connection.commit()


def _check_server(engine: Engine) -> None:
    with engine.connect() as connection:
        version = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        tables = set(inspect(connection).get_table_names())
    if version < _OLDEST_POSTGRESQL:
        raise StoreError(
            f"The database server is PostgreSQL {version}; central needs "
            f"{_OLDEST_POSTGRESQL} or later."
        )
    if encoding != "UTF8":
        raise StoreError(
            f"The database {engine.url.database} keeps text as {encoding}, which cannot hold "
            "Chinese and everything else: create it with ENCODING 'UTF8'."
        )
    if tables and "alembic_version" not in tables:
        raise StoreError(
            f"The database {engine.url.database} holds tables of another program; nothing in it "
            "was touched. Create an empty database for central and name that one."
        )


def checkpoint(engine: Engine, *, everything: bool = False) -> None:
    """Move what the write-ahead log holds into the file; nothing to do elsewhere than in SQLite.

    Args:
        engine: The writer's engine, no transaction being open in this thread.
        everything: Wait for readers and empty the log, as when closing.
    """
    if engine.dialect.name != "sqlite":
        return
    mode = "TRUNCATE" if everything else "PASSIVE"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"PRAGMA wal_checkpoint({mode})").fetchall()


def _set_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA wal_autocheckpoint=0")
    cursor.execute("PRAGMA cache_size=-32768")
    cursor.close()


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


def _check_file(engine: Engine) -> None:
    path = Path(engine.url.database or "")
    if not path.exists() or path.stat().st_size == 0:
        return
    with engine.connect() as connection:
        ours = connection.exec_driver_sql("PRAGMA application_id").scalar()
        tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
        if ours != APPLICATION_ID and tables:
            raise StoreError(
                f"{path} is a database of another program; nothing in it was touched. "
                "Start with another --home, or move that file away."
            )
        if path.stat().st_size <= _CHECKED_WHOLE_BYTES:
            told = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if told != "ok":
                raise StoreError(_damaged(path, str(told)))


def _sentence(engine: Engine, error: Exception) -> str:
    if engine.dialect.name != "sqlite":
        where = engine.url.host or "this machine"
        return (
            f"The database {engine.url.database} on {where} cannot be reached or used: "
            f"{_cause(error)}. Start its server, or put --database right."
        )
    path = Path(engine.url.database or "")
    if isinstance(error, DatabaseError) and not path.parent.is_dir():
        return f"The folder {path.parent} for the database does not exist or cannot be read."
    return _damaged(path, _cause(error))


def _damaged(path: Path, cause: str) -> str:
    return (
        f"The database {path} is damaged or cannot be read ({cause}); nothing in it was touched. "
        "Put a backup in its place, or move it away to start an empty one."
    )


def _cause(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]

"""Opening central's database: the embedded SQLite file, or a server's by its address."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from console.domain.errors import ZhihuiError

#: "ZHHC" in the file's header: the file is a database of ours.
APPLICATION_ID = 0x5A484843
_BUSY_TIMEOUT_MS = 10_000
#: Larger files are not read through at every start; their pages are checked as they are used.
_CHECKED_WHOLE_BYTES = 64 << 20


class StoreError(ZhihuiError):
    """The database cannot be used; the sentence says why, and nothing was changed."""


def sqlite_url(path: Path) -> str:
    """Return the address of a SQLite file."""
    return f"sqlite:///{path}"


def open_engine(url: str) -> Engine:
    """Return an engine on a database that was looked at and can be used.

    SQLite runs in WAL mode with ``synchronous=FULL``: what was committed survives a power cut.
    Checkpoints are left to the writer.

    Raises:
        StoreError: The file is damaged, no database of ours, or cannot be opened.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    try:
        if engine.dialect.name == "sqlite":
            _check_file(engine)
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, sqlite3.Error) as error:
        engine.dispose()
        raise StoreError(_sentence(engine, error)) from error
    except StoreError:
        engine.dispose()
        raise
    return engine


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
        return f"The database at {engine.url.host} cannot be reached or used: {_cause(error)}."
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

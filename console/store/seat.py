"""The writer's seat: the one connection that may write, and on a server the lock that says so."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from console.store.engine import StoreError, as_store_error

#: "zhihui" as a number: the advisory lock of a central on a database.
_LOCK = 0x7A6869687569
_log = logging.getLogger("zhihui.store")


class Seat:
    """The one connection that writes; nobody else holds it as long as this one is open.

    On PostgreSQL an advisory lock goes with the connection: when the server or the way to it
    breaks, both are gone, and both are taken again before anything more is written. SQLite's file
    is guarded by the lock on central's folder.
    """

    def __init__(self, engine: Engine) -> None:
        """Args are set once; the seat is taken with the first transaction, or by `take`."""
        self.engine = engine
        self._connection: Connection | None = None

    def take(self) -> None:
        """Take the seat now.

        Raises:
            StoreError: Another central has it, or the database cannot be reached.
        """
        try:
            self._taken()
        except SQLAlchemyError as error:
            raise as_store_error(self.engine, error) from error

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Give a transaction on the seat's connection, committed at the end.

        Raises:
            StoreError: Another central has taken the seat meanwhile.
            SQLAlchemyError: The database cannot be reached, or does not take it.
        """
        connection = self._taken()
        with connection.begin():
            yield connection

    def close(self) -> None:
        """Leave the seat to others."""
        held, self._connection = self._connection, None
        if held is not None:
            with contextlib.suppress(SQLAlchemyError):  # the lock goes with the connection
                if not held.invalidated:
                    held.detach()  # back in the pool it would keep the lock
                held.close()

    def _taken(self) -> Connection:
        held = self._connection
        if held is not None and not held.invalidated and not held.closed:
            return held
        if held is not None:
            _log.warning("the writer's connection was lost; it is made anew")
            self.close()
        connection = self.engine.connect()
        try:
            self._lock(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _lock(self, connection: Connection) -> None:
        if self.engine.dialect.name != "postgresql":
            return
        asked = text("SELECT pg_try_advisory_lock(:key)")
        is_ours = connection.execute(asked, {"key": _LOCK}).scalar()
        connection.commit()
        if not is_ours:
            raise StoreError(
                f"Another central works on the database {self.engine.url.database}; two at once "
                "would spoil its records. Stop that one, or give this one another --database."
            )

"""The last positions in the console's cache: one packed piece, for a start without central.

They are no rows: never in the change log, never in a snapshot, the newest wins. They lie in the
cache's file so that they are kept as it is kept.
"""

from __future__ import annotations

from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, select

from console.store.mapping import upsert

POSITIONS = Table(
    "last_positions",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("fixes", LargeBinary, nullable=False),
)


def prepare_positions(connection: Connection) -> None:
    """Make room for them, once."""
    POSITIONS.create(connection, checkfirst=True)


def write_positions(connection: Connection, fixes: bytes) -> None:
    """Keep packed fixes (`positions.INGEST`) in the place of those that were kept."""
    upsert(connection, POSITIONS, [{"id": 0, "fixes": fixes}])


def read_positions(connection: Connection) -> bytes:
    """Return the packed fixes that are kept, empty for none."""
    found = connection.execute(select(POSITIONS.c.fixes)).scalar()
    return b"" if found is None else bytes(found)

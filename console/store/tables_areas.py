"""Tables of areas drawn on the map, what happened at them, and what their watch has to keep."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from console.domain.areas import AreaKind, FenceRule
from console.store.tablebase import METADATA, id_column, version_column
from console.store.types import Instant, Members, Outline, Word, Words


def area_table(metadata: MetaData) -> Table:
    """Return the table, made part of ``metadata``."""
    return Table(
        "area",
        metadata,
        Column("id", String(80), primary_key=True),
        Column("name", Text, nullable=False),
        Column("kind", Word(AreaKind), nullable=False),
        Column("outline", Outline, nullable=False),
        Column("rules", Members(FenceRule), nullable=False),
        Column("dwell_s", Integer),
        Column("absence_s", Integer),
        Column("units", Words, nullable=False),
        Column("starts_at", Instant),
        Column("ends_at", Instant),
        Column("plan", String(80)),
        Column("need", Integer),
        Column("retired", Boolean, nullable=False),
        Column("response", Text),
        Column("districts", Words, nullable=False, server_default="[]"),
        Column("version", Integer, nullable=False),
    )


AREA_EVENT = Table(
    "area_event",
    METADATA,
    id_column(),
    Column("area", String(80), nullable=False),
    Column("rule", Word(FenceRule), nullable=False),
    Column("at", Instant, nullable=False),
    Column("unit", String(80)),
    Column("district", String(80)),
    version_column(),
    Index("area_event_by_area", "area", "at"),
    Index("area_event_by_time", "at"),
)

#: Who is inside each watched area; the row without an area's id keeps how far the watch came and
#: what it has not yet told.
FENCE_STATE = Table(
    "fence_state",
    METADATA,
    Column("area", String(80), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

"""The table of areas drawn on the map."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, Text

from console.domain.areas import AreaKind, FenceRule
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
        Column("version", Integer, nullable=False),
    )

"""The table of officers' PINs."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, String, Table, Text

from console.store.tablebase import METADATA
from console.store.types import Instant

#: PINs of officers' handhelds; a unit without a row has its first one still.
OFFICER_PIN = Table(
    "officer_pin",
    METADATA,
    Column("unit", String(80), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", String(80), nullable=False),
)

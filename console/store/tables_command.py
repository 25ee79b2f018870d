"""Tables of command across districts and of big incidents."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, Index, Integer, String, Table, Text, false

from console.domain.command import HelpSide, HelpState
from console.domain.levels import Level
from console.store.tablebase import METADATA, id_column, version_column
from console.store.types import Instant, Rank, Word, Words

HELP_REQUEST = Table(
    "help_request",
    METADATA,
    Column("id", String(100), primary_key=True),
    Column("help", String(80), nullable=False),
    Column("side", Word(HelpSide), nullable=False),
    Column("district", String(80)),
    Column("other", String(80)),
    Column("incident", String(80), nullable=False),
    Column("number", Text),
    Column("form", String(80), nullable=False),
    Column("level", Rank(Level), nullable=False),
    Column("place", Text, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", String(80)),
    Column("asked_at", Instant, nullable=False),
    Column("state", Word(HelpState), nullable=False),
    Column("lat", Double),
    Column("lon", Double),
    Column("answered_by", String(80)),
    Column("answered_at", Instant),
    Column("answer", Text),
    Column("units", Words, nullable=False),
    Column("call_signs", Words, nullable=False),
    version_column(),
    Index("help_request_by_incident", "incident"),
)

SECTOR = Table(
    "sector",
    METADATA,
    id_column(),
    Column("incident", String(80), nullable=False),
    Column("name", Text, nullable=False),
    Column("lead", String(80)),
    Column("task", Text),
    Column("retired", Boolean, nullable=False, server_default=false()),
    version_column(),
    Index("sector_by_incident", "incident"),
)

COMMAND_POST = Table(
    "command_post",
    METADATA,
    id_column(),
    Column("incident", String(80), nullable=False),
    Column("place", Text, nullable=False),
    Column("lat", Double),
    Column("lon", Double),
    Column("commander", Text),
    Column("set_up_at", Instant),
    Column("since", Instant),
    Column("retired", Boolean, nullable=False, server_default=false()),
    version_column(),
)

COMMAND_TABLES: dict[str, Table] = {
    "help_request": HELP_REQUEST, "sector": SECTOR, "command_post": COMMAND_POST,
}  # fmt: skip

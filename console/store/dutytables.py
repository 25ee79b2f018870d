"""Tables of messages, receipts, rosters, standing instructions and hand-over packets."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from console.domain.shifts import HandoverItem
from console.domain.telling import MessageKind
from console.store.streettables import STREET_WINDOWS
from console.store.tablebase import METADATA, id_column, version_column
from console.store.tables_areas import AREA_EVENT
from console.store.types import Instant, Numbers, Outline, Structs, Word

MESSAGE = Table(
    "message",
    METADATA,
    id_column(),
    Column("kind", Word(MessageKind), nullable=False),
    Column("text", Text, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("sent_by", String(80)),
    Column("addressed", Text, nullable=False),
    Column("units", Integer, nullable=False),
    Column("incident", String(80)),
    Column("district", String(80)),
    Column("outline", Outline, nullable=False),
    Column("from_unit", String(80)),
    Column("reply_to", String(80)),
    Column("ended_at", Instant),
    Column("ended_by", String(80)),
    Column("seen_at", Instant),
    Column("seen_by", String(80)),
    version_column(),
    Index("message_by_time", "sent_at"),
)

RECEIPT = Table(
    "receipt",
    METADATA,
    Column("id", String(120), primary_key=True),
    Column("message", String(80), nullable=False),
    Column("unit", String(80), nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("delivered_at", Instant),
    Column("read_at", Instant),
    Column("answered_at", Instant),
    Column("answered_by", String(80)),
    version_column(),
    Index("receipt_by_unit", "unit", "sent_at"),
    Index("receipt_by_time", "sent_at"),
)

ROSTER = Table(
    "roster",
    METADATA,
    id_column(),
    Column("unit", String(80), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("post", Text),
    Column("beat", String(80)),
    Column("note", Text),
    Column("retired", Boolean, nullable=False),
    version_column(),
    Index("roster_by_unit", "unit", "ends_at"),
    Index("roster_by_end", "ends_at"),
)

INSTRUCTION = Table(
    "instruction",
    METADATA,
    id_column(),
    Column("text", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("by", String(80)),
    Column("district", String(80)),
    Column("until", Instant),
    Column("retired", Boolean, nullable=False),
    version_column(),
)

HANDOVER = Table(
    "handover",
    METADATA,
    id_column(),
    Column("since", Instant, nullable=False),
    Column("prepared_at", Instant, nullable=False),
    Column("given_by", String(80)),
    Column("items", Structs(HandoverItem), nullable=False),
    Column("district", String(80)),
    Column("rev", Integer, nullable=False),
    Column("read_back", Numbers, nullable=False),
    Column("taken_by", String(80)),
    Column("given_at", Instant),
    Column("taken_at", Instant),
    version_column(),
    Index("handover_by_time", "prepared_at"),
)

DUTY_TABLES: dict[str, Table] = {
    "message": MESSAGE,
    "receipt": RECEIPT,
    "roster": ROSTER,
    "instruction": INSTRUCTION,
    "handover": HANDOVER,
}
#: Tables of which only the newest rows are held by consoles, with the column that tells how old.
WINDOWS: dict[str, Column[object]] = {
    "message": MESSAGE.c.sent_at,
    "receipt": RECEIPT.c.sent_at,
    "roster": ROSTER.c.ends_at,
    "handover": HANDOVER.c.prepared_at,
    "area_event": AREA_EVENT.c.at,
    **STREET_WINDOWS,
}

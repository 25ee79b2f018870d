"""Tables of officers' records: inspections and documents."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, String, Table, Text

from console.domain.streetwork import PaperKind, SubjectKind
from console.store.tablebase import METADATA, id_column, version_column
from console.store.types import Instant, Word

INSPECTION = Table(
    "inspection",
    METADATA,
    id_column(),
    Column("unit", String(80), nullable=False),
    Column("kind", Word(SubjectKind), nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("place", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("second", String(80), nullable=False),
    Column("incident", String(80)),
    Column("lat", Double),
    Column("lon", Double),
    Column("district", String(80)),
    Column("confirmed_at", Instant),
    version_column(),
    Index("inspection_by_key", "kind", "key"),
    Index("inspection_by_second", "second", "confirmed_at"),
    Index("inspection_by_time", "at"),
)

PAPER = Table(
    "paper",
    METADATA,
    id_column(),
    Column("kind", Word(PaperKind), nullable=False),
    Column("incident", String(80), nullable=False),
    Column("form", Text, nullable=False),
    Column("party_kind", Word(SubjectKind), nullable=False),
    Column("party", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("law", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("party_key", Text, nullable=False),
    Column("amount_fen", BigInteger),
    Column("signature", Text, nullable=False),
    Column("unit", String(80)),
    Column("issued_by", String(80)),
    Column("district", String(80)),
    Column("year", Integer),
    Column("running", Integer),
    Column("number", String(120), unique=True),
    Column("code", String(40), unique=True),
    Column("paid_at", Instant),
    Column("receipt_no", String(60)),
    Column("voided_at", Instant),
    Column("void_reason", Text),
    version_column(),
    Index("paper_by_series", "kind", "district", "year", "running"),
    Index("paper_by_party", "party_kind", "party_key"),
    Index("paper_by_incident", "incident"),
    Index("paper_by_receipt", "receipt_no"),
    Index("paper_by_time", "issued_at"),
)

STREET_TABLES: dict[str, Table] = {"inspection": INSPECTION, "paper": PAPER}
#: The columns that tell how old a row is.
STREET_WINDOWS: dict[str, Column[object]] = {
    "inspection": INSPECTION.c.at,
    "paper": PAPER.c.issued_at,
}

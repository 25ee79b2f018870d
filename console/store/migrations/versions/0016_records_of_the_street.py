"""Inspections and documents of officers; laws, checklists and documents as tables of the site.

Revision: 0016
Revises: 0015
"""

from __future__ import annotations

import json
from dataclasses import asdict

import sqlalchemy as sa
from alembic import op

from console.domain.catalogue_seed_street import street_rows

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def _word(name: str, *, needed: bool = False, size: int = 80) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=size), nullable=not needed)


def _text(name: str, *, needed: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=not needed)


def _wide(name: str, *, needed: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=not needed)


def upgrade() -> None:
    op.create_table(
        "inspection",
        _word("id", needed=True), _word("unit", needed=True), _text("kind"), _text("key"),
        _text("name"), _wide("at", needed=True), _text("place"), _text("findings"),
        _word("second", needed=True), _word("incident"), sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()), _word("district"), _wide("confirmed_at"),
        sa.Column("version", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("inspection_by_key", "inspection", ["kind", "key"])
    op.create_index("inspection_by_second", "inspection", ["second", "confirmed_at"])
    op.create_index("inspection_by_time", "inspection", ["at"])
    op.create_table(
        "paper",
        _word("id", needed=True), _text("kind"), _word("incident", needed=True), _text("form"),
        _text("party_kind"), _text("party"), _text("place"), _text("facts"), _text("law"),
        _wide("issued_at", needed=True), _text("party_key"), _wide("amount_fen"),
        _text("signature"), _word("unit"), _word("issued_by"), _word("district"),
        sa.Column("year", sa.Integer()), sa.Column("running", sa.Integer()),
        _word("number", size=120), _word("code", size=40), _wide("paid_at"),
        _word("receipt_no", size=60), _wide("voided_at"), _text("void_reason", needed=False),
        sa.Column("version", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"), sa.UniqueConstraint("code"),
    )  # fmt: skip
    op.create_index("paper_by_series", "paper", ["kind", "district", "year", "running"])
    op.create_index("paper_by_party", "paper", ["party_kind", "party_key"])
    op.create_index("paper_by_incident", "paper", ["incident"])
    op.create_index("paper_by_receipt", "paper", ["receipt_no"])
    op.create_index("paper_by_time", "paper", ["issued_at"])
    _enter_site_rows()


def _enter_site_rows() -> None:
    """Enter what a central that was made before the tables has not yet."""
    names = [one.name for one in CATALOGUE.columns]
    there = set(op.get_bind().execute(sa.select(CATALOGUE.c.id)).scalars())
    rows = [asdict(one) for one in street_rows() if one.id not in there]
    for row in rows:
        row["catalogue"] = row["catalogue"].value
        row["details"] = json.dumps(row["details"], ensure_ascii=False, sort_keys=True)
    op.bulk_insert(CATALOGUE, [{name: row[name] for name in names} for row in rows])


CATALOGUE = sa.table(
    "catalogue",
    sa.column("id", sa.String), sa.column("catalogue", sa.Text), sa.column("code", sa.String),
    sa.column("name_zh", sa.Text), sa.column("name_en", sa.Text), sa.column("parent", sa.String),
    sa.column("district", sa.String), sa.column("valid_from", sa.String),
    sa.column("valid_until", sa.String), sa.column("details", sa.Text),
    sa.column("retired", sa.Boolean), sa.column("version", sa.Integer),
)  # fmt: skip


def downgrade() -> None:
    op.drop_table("paper")
    op.drop_table("inspection")

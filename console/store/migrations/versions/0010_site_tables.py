"""The site's own tables and grids, with what they hold at first; units and jurisdictions retire.

Revision: 0010
Revises: 0009
"""

from __future__ import annotations

import json
from dataclasses import asdict

import sqlalchemy as sa
from alembic import op

from console.domain.catalogue_seed import seeded

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("unit", "jurisdiction"):
        op.add_column(
            table, sa.Column("retired", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    catalogue = op.create_table(
        "catalogue",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("catalogue", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("parent", sa.String(length=60)),
        sa.Column("district", sa.String(length=80)),
        sa.Column("valid_from", sa.String(length=10)),
        sa.Column("valid_until", sa.String(length=10)),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "grid",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("authority", sa.String(length=60), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("district", sa.String(length=80)),
        sa.Column("street", sa.String(length=80)),
        sa.Column("holder", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("unit", sa.String(length=80)),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    rows = [{**asdict(item), "catalogue": item.catalogue.value} for item in seeded()]
    for row in rows:
        row["details"] = json.dumps(row["details"], ensure_ascii=False, sort_keys=True)
    op.bulk_insert(catalogue, rows)

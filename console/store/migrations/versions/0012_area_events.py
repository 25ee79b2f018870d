"""What happened at areas, what their watch keeps, what is to be done, where they lie.

Revision: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("area", sa.Column("response", sa.Text()))
    op.add_column("area", sa.Column("districts", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "area_event",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=80)),
        sa.Column("district", sa.String(length=80)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("area_event_by_area", "area_event", ["area", "at"])
    op.create_index("area_event_by_time", "area_event", ["at"])
    op.create_table(
        "fence_state",
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("area"),
    )

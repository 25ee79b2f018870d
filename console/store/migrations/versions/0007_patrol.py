"""Patrol: looks at points, what people looked at, plans.

Revision: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "point_look",
        sa.Column("point", sa.String(length=80), nullable=False),
        sa.Column("sweep_ms", sa.BigInteger()),
        sa.Column("person_ms", sa.BigInteger()),
        sa.Column("person", sa.String(length=80)),
        sa.Column("entered_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("point"),
    )
    op.create_index("point_look_by_entry", "point_look", ["entered_ms"])
    op.create_table(
        "person_look",
        sa.Column("point", sa.String(length=80), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("console", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("point", "at_ms", "person"),
    )
    op.create_index("person_look_by_time", "person_look", ["at_ms"])
    op.create_table(
        "patrol_plan",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("changed_by", sa.String(length=80)),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("patrol_plan")
    op.drop_index("person_look_by_time", "person_look")
    op.drop_table("person_look")
    op.drop_index("point_look_by_entry", "point_look")
    op.drop_table("point_look")

"""Limits of stages, held clocks, opened again, joined; tables of limits and calendar days.

Revision: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NEW = ("limit", "stage_at", "stage_due_at", "paused_at", "pause_reason", "reopened", "rating",
        "joined_to", "parent", "is_major")  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table("incident") as table:
        table.add_column(sa.Column("limit", sa.String(length=16)))
        table.add_column(sa.Column("stage_at", sa.BigInteger()))
        table.add_column(sa.Column("stage_due_at", sa.BigInteger()))
        table.add_column(sa.Column("paused_at", sa.BigInteger()))
        table.add_column(sa.Column("pause_reason", sa.Text()))
        table.add_column(sa.Column("reopened", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("rating", sa.SmallInteger()))
        table.add_column(sa.Column("joined_to", sa.String(length=80)))
        table.add_column(sa.Column("parent", sa.String(length=80)))
        table.add_column(
            sa.Column("is_major", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("report") as table:
        table.add_column(sa.Column("joined_from", sa.String(length=80)))
    op.create_table(
        "limit_rule",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("limit", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.Text()),
        sa.Column("form", sa.String(length=80)),
        sa.Column("district", sa.String(length=80)),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "calendar_day",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("works", sa.Boolean()),
        sa.Column("note", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("calendar_day")
    op.drop_table("limit_rule")
    with op.batch_alter_table("report") as table:
        table.drop_column("joined_from")
    with op.batch_alter_table("incident") as table:
        for name in reversed(_NEW):
            table.drop_column(name)

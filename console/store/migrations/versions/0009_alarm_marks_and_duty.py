"""What was said of alarms; how units reported for duty.

Revision: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarm_mark",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("raised_at", sa.BigInteger()),
        sa.Column("unit", sa.String(length=80)),
        sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()),
        sa.Column("acknowledged_by", sa.String(length=80)),
        sa.Column("acknowledged_at", sa.BigInteger()),
        sa.Column("shelved_until", sa.BigInteger()),
        sa.Column("cleared_at", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "duty_report",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("vehicle", sa.Text()),
        sa.Column("radio", sa.Text()),
        sa.Column("handheld", sa.Text()),
        sa.Column("body_camera", sa.Text()),
        sa.Column("post", sa.Text()),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("duty_report")
    op.drop_table("alarm_mark")

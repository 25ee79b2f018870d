"""Sessions that are renewed, devices that are admitted; everybody logs on once more.

Revision: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("session")
    op.create_table(
        "session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("refresh_hash", sa.String(length=64), nullable=False),
        sa.Column("past_hash", sa.String(length=64)),
        sa.Column("renewed_at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=80)),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("districts", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("refresh_hash"),
    )
    op.add_column("device", sa.Column("first_seen_at", sa.BigInteger()))
    op.add_column("device", sa.Column("address", sa.Text()))
    op.add_column(
        "device",
        sa.Column("state", sa.String(length=16), nullable=False, server_default="admitted"),
    )
    op.add_column("device", sa.Column("secret_hash", sa.String(length=64)))
    op.add_column("device", sa.Column("decided_by", sa.String(length=80)))
    op.add_column("device", sa.Column("decided_at", sa.BigInteger()))
    op.create_table(
        "enrolment",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code_hash"),
    )


def downgrade() -> None:
    op.drop_table("enrolment")
    for name in ("decided_at", "decided_by", "secret_hash", "state", "address", "first_seen_at"):
        op.drop_column("device", name)
    op.drop_table("session")
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=80)),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("districts", sa.Text()),
        sa.PrimaryKeyConstraint("token_hash"),
    )

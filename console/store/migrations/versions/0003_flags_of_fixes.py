"""Flags of a fix have sixteen bits without a sign: more than PostgreSQL's smallest integer.

Revision: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("last_fix") as table:
        table.alter_column(
            "flags",
            type_=sa.Integer(),
            existing_type=sa.SmallInteger(),
            existing_nullable=False,
        )

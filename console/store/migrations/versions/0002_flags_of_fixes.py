"""Flags of a fix have sixteen bits without a sign: more than PostgreSQL's smallest integer.

Revision: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
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

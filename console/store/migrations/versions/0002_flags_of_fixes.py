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
    if op.get_bind().dialect.name != "sqlite":  # SQLite's integers have one size
        op.alter_column("last_fix", "flags", type_=sa.Integer(), existing_nullable=False)

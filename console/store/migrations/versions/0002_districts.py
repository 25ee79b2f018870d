"""Where people work, and where a change took place.

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
    op.add_column("change_log", sa.Column("district_before", sa.String(length=80)))
    op.add_column("change_log", sa.Column("district_after", sa.String(length=80)))
    op.add_column("person", sa.Column("districts", sa.Text()))
    op.add_column("session", sa.Column("districts", sa.Text()))


def downgrade() -> None:
    op.drop_column("session", "districts")
    op.drop_column("person", "districts")
    op.drop_column("change_log", "district_after")
    op.drop_column("change_log", "district_before")

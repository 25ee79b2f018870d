"""Evidence that is a marked copy names what it is a copy of and what was done to it.

Revision: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("original", sa.String(length=80)))
    op.add_column("evidence", sa.Column("derived_from", sa.String(length=64)))
    op.add_column("evidence", sa.Column("done", sa.Text()))


def downgrade() -> None:
    for name in ("done", "derived_from", "original"):
        op.drop_column("evidence", name)

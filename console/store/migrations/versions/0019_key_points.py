"""Camera points that must never be blind.

Revision: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no point is one yet."""
    op.add_column(
        "camera", sa.Column("is_key", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    """Take the column away."""
    op.drop_column("camera", "is_key")

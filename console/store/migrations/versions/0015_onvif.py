"""Where a camera's ONVIF service is.

Revision: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no camera has one yet."""
    op.add_column("camera", sa.Column("onvif_url", sa.Text()))


def downgrade() -> None:
    """Take the column away."""
    op.drop_column("camera", "onvif_url")

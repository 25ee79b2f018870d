"""Classes of noise meters; who is told of an order nobody accepts stands in one table alone.

Revision: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_CATALOGUE = sa.table("catalogue", sa.column("id", sa.String), sa.column("retired", sa.Boolean))
#: Said what the table of escalations says, and nobody ever read it.
_TWICE = "alarm_rule:not-accepted@2026-01-01"


def upgrade() -> None:
    """Add the column, and retire the line that was there twice."""
    op.add_column("sensor", sa.Column("noise_class", sa.String(length=60), nullable=True))
    op.execute(_CATALOGUE.update().where(_CATALOGUE.c.id == _TWICE).values(retired=True))


def downgrade() -> None:
    """Take the column away, and let the line hold again."""
    op.execute(_CATALOGUE.update().where(_CATALOGUE.c.id == _TWICE).values(retired=False))
    op.drop_column("sensor", "noise_class")

"""Lower limits of sensors, and when what they read is an alarm.

Revision: 0020
Revises: 0019
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_COLUMNS: tuple[tuple[str, sa.types.TypeEngine[Any]], ...] = (
    ("low_limit", sa.Double()),
    ("alarm_after_s", sa.Integer()),
    ("alarm_silent_s", sa.Integer()),
    ("alarm_from", sa.String(length=5)),
    ("alarm_until", sa.String(length=5)),
    ("alarm_priority", sa.Integer()),
    ("response", sa.Text()),
)


def upgrade() -> None:
    """Add the columns; no sensor raises an alarm yet."""
    for name, kind in _COLUMNS:
        op.add_column("sensor", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Take the columns away."""
    for name, _ in reversed(_COLUMNS):
        op.drop_column("sensor", name)

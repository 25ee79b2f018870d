"""A PIN for each officer in the place of the one they shared.

Revision: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; end the shared account and what was logged on with it."""
    op.create_table(
        "officer_pin",
        sa.Column("unit", sa.String(80), primary_key=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(80), nullable=False),
    )
    op.execute("DELETE FROM session WHERE role = 'officer'")
    op.execute("DELETE FROM person WHERE login = 'officers'")


def downgrade() -> None:
    """Take the table away; the program before makes its shared account anew at its start."""
    op.drop_table("officer_pin")

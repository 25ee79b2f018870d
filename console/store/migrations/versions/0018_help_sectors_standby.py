"""Help across districts, sectors of big incidents, tasks in stand-by and taken over.

Revision: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "assignment", sa.Column("standby", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("assignment", sa.Column("takes_over", sa.String(length=80)))
    op.add_column("assignment", sa.Column("sector", sa.String(length=80)))
    op.add_column("assignment", sa.Column("instead_of", sa.Text()))
    op.add_column("assignment", sa.Column("because", sa.Text()))
    op.create_table(
        "help_request",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("help", sa.String(length=80), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("district", sa.String(length=80)),
        sa.Column("other", sa.String(length=80)),
        sa.Column("incident", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Text()),
        sa.Column("form", sa.String(length=80), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=80)),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()),
        sa.Column("answered_by", sa.String(length=80)),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("answer", sa.Text()),
        sa.Column("units", sa.Text(), nullable=False),
        sa.Column("call_signs", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("help_request_by_incident", "help_request", ["incident"])
    op.create_table(
        "sector",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("incident", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lead", sa.String(length=80)),
        sa.Column("task", sa.Text()),
        sa.Column("retired", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sector_by_incident", "sector", ["incident"])

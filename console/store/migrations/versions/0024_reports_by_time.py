"""The newest reports are found without looking at all of them.

Revision: 0024
Revises: 0023
"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("report_by_time", "report", ["received_at"])

"""Run cards, intake templates, escalation and event plans as rows; callers and places by index.

Revision: 0013
Revises: 0012
"""

from __future__ import annotations

import json
from dataclasses import asdict

import sqlalchemy as sa
from alembic import op

from console.domain.catalogue_seed_desk import seeded_desk

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("report_by_phone", "report", ["phone", "received_at"])
    op.create_index("incident_by_place", "incident", ["lat", "lon"])
    catalogue = sa.table(
        "catalogue",
        *(
            sa.column(name)
            for name in (
                "id", "catalogue", "code", "name_zh", "name_en", "parent", "district",
                "valid_from", "valid_until", "details", "retired", "version",
            )
        ),
    )  # fmt: skip
    rows = [{**asdict(item), "catalogue": item.catalogue.value} for item in seeded_desk()]
    for row in rows:
        row["details"] = json.dumps(row["details"], ensure_ascii=False, sort_keys=True)
    op.bulk_insert(catalogue, rows)

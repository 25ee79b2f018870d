"""A central made before the classes of GB 3096 and the program's alarm rules has them too.

Revision: 0025
Revises: 0024
"""

from __future__ import annotations

import json
from dataclasses import asdict

import sqlalchemy as sa
from alembic import op

from console.domain.catalogue import CatalogueName
from console.domain.catalogue_seed import seeded

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_TABLES = frozenset({CatalogueName.NOISE_LIMIT, CatalogueName.ALARM_RULE})
_CATALOGUE = sa.table(
    "catalogue",
    sa.column("id", sa.String), sa.column("catalogue", sa.Text), sa.column("code", sa.String),
    sa.column("name_zh", sa.Text), sa.column("name_en", sa.Text), sa.column("parent", sa.String),
    sa.column("district", sa.String), sa.column("valid_from", sa.String),
    sa.column("valid_until", sa.String), sa.column("details", sa.Text),
    sa.column("retired", sa.Boolean), sa.column("version", sa.Integer),
)  # fmt: skip


def upgrade() -> None:
    """Enter what no row is about; what a site has changed or retired stays as it is."""
    query = sa.select(_CATALOGUE.c.catalogue, _CATALOGUE.c.code)
    there = {(table, code) for table, code in op.get_bind().execute(query)}
    rows = [
        {**asdict(one), "catalogue": one.catalogue.value}
        for one in seeded()
        if one.catalogue in _TABLES and (one.catalogue.value, one.code) not in there
    ]
    for row in rows:
        row["details"] = json.dumps(row["details"], ensure_ascii=False, sort_keys=True)
    names = [one.name for one in _CATALOGUE.columns]
    op.bulk_insert(_CATALOGUE, [{name: row[name] for name in names} for row in rows])


def downgrade() -> None:
    """Leave the rows: they are the site's since they were entered."""

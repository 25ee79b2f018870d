"""What every table is made of: one catalogue of tables, ids, versions."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, String

METADATA = MetaData()


def id_column() -> Column[str]:
    """Return a row's id, its table's key."""
    return Column("id", String(80), primary_key=True)


def version_column() -> Column[int]:
    """Return a row's version."""
    return Column("version", Integer, nullable=False)

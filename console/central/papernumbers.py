"""The numbers of documents, "东城区当罚〔2026〕00012号", and the codes in their QR codes."""

from __future__ import annotations

import secrets
from dataclasses import replace

from sqlalchemy import Connection, or_, select

from console.central.ledger import Numbers
from console.central.rows import LiveRows
from console.domain.catalogue import CatalogueItem, CatalogueName, item_id
from console.domain.streetwork import Paper
from console.store.tables import JURISDICTION

_CODE_BYTES = 15


def numbered_paper(paper: Paper, rows: LiveRows, numbers: Numbers, connection: Connection) -> Paper:
    """Return a new document with the next number of its kind, district and year."""
    year, running = numbers.next_paper(connection, paper.kind, paper.district, paper.issued_at)
    where = _where(paper.district, rows, connection)
    item = rows.get(CatalogueItem, item_id(CatalogueName.PAPER, paper.kind))
    sign = str(paper.kind if item is None else item.details.get("sign") or paper.kind)
    return replace(
        paper,
        year=year,
        running=running,
        number=f"{where}{sign}〔{year}〕{running:05d}号",
        code=secrets.token_urlsafe(_CODE_BYTES),
    )


def _where(district: str | None, rows: LiveRows, connection: Connection) -> str:
    """Return what a district is called in numbers; where two are called alike, with its id."""
    if district is None:
        return "市"
    held = rows.jurisdiction(district)
    name = "" if held is None else held.name_zh or held.name_en
    named = or_(JURISDICTION.c.name_zh == name, JURISDICTION.c.name_en == name)
    twins = select(JURISDICTION.c.id).where(named, JURISDICTION.c.id != district).limit(1)
    if not name:
        return district
    return f"{name}({district})" if connection.execute(twins).first() else name

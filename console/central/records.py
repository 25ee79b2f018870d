"""What central's records say: past checks and documents of somebody or something, fines by form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from console.domain.incidents import Incident
from console.domain.permissions import Remit
from console.domain.streetwork import FINES, Inspection, Paper, SubjectKind
from console.store.mapping import read_rows
from console.store.streettables import INSPECTION, PAPER
from console.store.tables import INCIDENT

MOST_RECORDS = 30
FEWEST_CHARACTERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What was found, the newest first."""

    inspections: Sequence[Inspection]
    papers: Sequence[Paper]
    cases: Sequence[Incident]


@dataclass(frozen=True, slots=True, kw_only=True)
class FineFigures:
    """Documents and fines of one form in one district; amounts in fen.

    Attributes:
        orders: Orders to put something right.
        penalties: Decided on the spot.
        decisions: Decided after a case.
        fined_fen: Sum of the fines.
        paid: How many fines are paid.
        paid_fen: Sum of those.
        voided: Documents that do not hold any more; they count nowhere else.
    """

    form: str
    district: str | None
    orders: int
    penalties: int
    decisions: int
    fined_fen: int
    paid: int
    paid_fen: int
    voided: int


def find_records(connection: Connection, kind: SubjectKind, text: str, remit: Remit) -> Records:
    """Return what is known of a person, vehicle, shop or site, by number or by a part of the name.

    Args:
        connection: To central's database.
        kind: What is looked for.
        text: Number, or words of the name; cases of shops and sites are found by their place.
        remit: Whose records are seen.
    """
    plain = "".join(text.split()).upper()
    words = f"%{_escaped(text.strip())}%"
    checked = and_(
        INSPECTION.c.kind == kind,
        or_(INSPECTION.c.key == plain, INSPECTION.c.name.ilike(words, escape="\\")),
    )
    made_out = and_(
        PAPER.c.party_kind == kind,
        or_(PAPER.c.party_key == plain, PAPER.c.party.ilike(words, escape="\\")),
    )
    by_place = INCIDENT.c.place.ilike(words, escape="\\")
    has_place = kind in {SubjectKind.SHOP, SubjectKind.SITE}
    return Records(
        inspections=read_rows(
            connection, Inspection, _newest(select(INSPECTION).where(checked), INSPECTION, remit)
        ),
        papers=read_rows(
            connection, Paper, _newest(select(PAPER).where(made_out), PAPER, remit)
        ),
        cases=read_rows(
            connection, Incident, _newest(select(INCIDENT).where(by_place), INCIDENT, remit)
        )
        if has_place
        else (),
    )  # fmt: skip


def inspections_waiting(connection: Connection, unit: str) -> list[Inspection]:
    """Return the checks that a unit is to confirm as the second, the oldest first."""
    query = select(INSPECTION).where(
        INSPECTION.c.second == unit, INSPECTION.c.confirmed_at.is_(None)
    )
    return read_rows(connection, Inspection, query.order_by(INSPECTION.c.at).limit(MOST_RECORDS))


def papers_of(connection: Connection, incident: str, unit: str) -> list[Paper]:
    """Return the documents that a unit has made out on a case, the newest first."""
    query = select(PAPER).where(PAPER.c.incident == incident, PAPER.c.unit == unit)
    return read_rows(connection, Paper, query.order_by(PAPER.c.issued_at.desc()))


def paper_by_code(connection: Connection, code: str) -> Paper | None:
    """Return the document a QR code leads to."""
    return next(iter(read_rows(connection, Paper, select(PAPER).where(PAPER.c.code == code))), None)


def fine_figures(
    connection: Connection, remit: Remit, *, since: datetime, until: datetime
) -> list[FineFigures]:
    """Return documents and fines by form and district, of those issued in [since, until)."""
    holds, paid = PAPER.c.voided_at.is_(None), PAPER.c.paid_at.is_not(None)
    fined = and_(holds, PAPER.c.kind.in_(FINES))
    query = (
        select(
            PAPER.c.form,
            PAPER.c.district,
            *(func.count().filter(and_(holds, PAPER.c.kind == kind)).label(kind)
              for kind in ("order", "penalty", "decision")),
            func.coalesce(func.sum(PAPER.c.amount_fen).filter(fined), 0).label("fined_fen"),
            func.count().filter(and_(fined, paid)).label("paid"),
            func.coalesce(func.sum(PAPER.c.amount_fen).filter(and_(fined, paid)), 0)
            .label("paid_fen"),
            func.count().filter(~holds).label("voided"),
        )
        .where(PAPER.c.issued_at >= since, PAPER.c.issued_at < until, _seen(PAPER, remit))
        .group_by(PAPER.c.form, PAPER.c.district)
        .order_by(PAPER.c.form, PAPER.c.district)
    )  # fmt: skip
    return [
        FineFigures(
            form=row.form,
            district=row.district,
            orders=row.order,
            penalties=row.penalty,
            decisions=row.decision,
            fined_fen=int(row.fined_fen),
            paid=row.paid,
            paid_fen=int(row.paid_fen),
            voided=row.voided,
        )
        for row in connection.execute(query)
    ]


def _newest(query: Select[Any], table: Any, remit: Remit) -> Select[Any]:
    times = {"inspection": "at", "paper": "issued_at", "incident": "opened_at"}
    newest = table.c[times[table.name]].desc()
    return query.where(_seen(table, remit)).order_by(newest, table.c.id.desc()).limit(MOST_RECORDS)


def _seen(table: Any, remit: Remit) -> ColumnElement[bool]:
    if remit.districts is None:
        return table.c.id.is_not(None)  # type: ignore[no-any-return]
    return table.c.district.in_(sorted(remit.districts))  # type: ignore[no-any-return]


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

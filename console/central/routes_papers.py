"""Routes of officers' records: look-ups, inspections to confirm, documents, their public check."""

from __future__ import annotations

import csv
import html
import io
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from console.central.acts import act_by, actor_of
from console.central.auditdesk import AuditDesk
from console.central.door import Door
from console.central.evidence import EvidenceStore
from console.central.loop import WriterLink
from console.central.paperoffice import PDF_TYPE, PaperOffice
from console.central.records import (
    FEWEST_CHARACTERS,
    FineFigures,
    find_records,
    fine_figures,
    inspections_waiting,
    paper_by_code,
    papers_of,
)
from console.central.routes_street import unit_of
from console.central.street import remit_of
from console.central.units import Register
from console.central.web import AnswerError, host_of, permitted
from console.dispatch.forms import form_in
from console.domain.catalogue import CatalogueItem, CatalogueName, item_id
from console.domain.errors import ZhihuiError
from console.domain.places import Jurisdiction
from console.domain.streetwork import Paper, SubjectKind

_json = msgspec.json.Encoder()
_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>文书核验 · Zhihui</title><style>
body {{ margin: 0 auto; max-width: 32rem; padding: 1.2rem; font: 17px/1.6 system-ui, sans-serif;
  color: #16202b; background: #f4f6f8; }}
h1 {{ font-size: 1.2rem; }} dt {{ color: #4d5a69; font-size: .85rem; }} dd {{ margin: 0 0 .7rem;
  overflow-wrap: anywhere; }}
</style><h1>{title}</h1><dl>{facts}</dl></html>"""
_COLUMNS = (
    "form", "form_zh", "form_en", "district", "district_zh", "orders", "penalties", "decisions",
    "fined_yuan", "paid", "paid_yuan", "voided",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRoutes:
    """Records of the street, for officers, desks and whoever holds a document in hand."""

    door: Door
    link: WriterLink
    register: Register
    evidence: EvidenceStore
    office: PaperOffice
    audit: AuditDesk

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["records"])
        for path, endpoint in (
            ("/v1/handheld/records", self.records),
            ("/v1/handheld/inspections", self.inspections),
            ("/v1/handheld/papers", self.papers),
            ("/v1/handheld/papers/{paper}/pdf", self.pdf),
            ("/v1/papers/figures", self.figures),
            ("/papers/{code}", self.check),
        ):
            router.add_api_route(path, endpoint, methods=["GET"], response_model=None)
        return router

    async def records(self, request: Request, kind: str, text: str) -> Response:
        """Give what is known of a person, vehicle, shop or site in the own district; audited.

        Args:
            request: Who asks.
            kind: "person", "vehicle", "shop" or "site".
            text: Its number, or words of its name.
        """
        session = permitted(self.door, request, "handheld")
        unit = unit_of(session, self.register)
        if kind not in set(SubjectKind):
            raise AnswerError(422, f"Look for one of {', '.join(SubjectKind)}, not {kind[:20]!r}.")
        if len(text.strip()) < FEWEST_CHARACTERS:
            raise AnswerError(422, f"Write {FEWEST_CHARACTERS} characters at least to look for.")
        actor = actor_of(session, host_of(request))
        details = {"kind": kind, "text": text.strip()[:80]}
        act = act_by(
            actor, "read:records", at=datetime.now(UTC), subject=("record", kind), details=details
        )
        self.audit.note(act)
        remit = remit_of(unit)
        found = await self.link.reading(
            lambda connection: find_records(connection, SubjectKind(kind), text, remit)
        )
        told = {
            "inspections": [_plain(one) for one in found.inspections],
            "papers": [_without_secret(one) for one in found.papers],
            "cases": [
                {
                    "number": one.number, "form": one.form, "place": one.place,
                    "stage": one.stage, "opened_at": one.opened_at, "outcome": one.outcome,
                }
                for one in found.cases
            ],
        }  # fmt: skip
        return Response(_json.encode(told), media_type="application/json")

    async def inspections(self, request: Request) -> Response:
        """Give the checks that this unit is to confirm as the second officer."""
        unit = unit_of(permitted(self.door, request, "handheld"), self.register)
        waiting = await self.link.reading(
            lambda connection: inspections_waiting(connection, unit.id)
        )
        signs = [self.register.unit(one.unit) for one in waiting]
        told = [
            {**_plain(one), "call_sign": one.unit if by is None else by.call_sign}
            for one, by in zip(waiting, signs, strict=True)
        ]
        return Response(_json.encode({"inspections": told}), media_type="application/json")

    async def papers(self, request: Request, incident: str) -> Response:
        """Give the documents that this unit has made out on a case."""
        unit = unit_of(permitted(self.door, request, "handheld"), self.register)
        found = await self.link.reading(lambda connection: papers_of(connection, incident, unit.id))
        told = {"papers": [_without_secret(one) for one in found]}
        return Response(_json.encode(told), media_type="application/json")

    async def pdf(self, paper: str, request: Request) -> Response:
        """Give the PDF of a document that this unit has made out."""
        unit = unit_of(permitted(self.door, request, "handheld"), self.register)
        held = await self.link.in_writer(lambda _, rows: rows.get(Paper, paper))
        if held is None or held.unit != unit.id:
            raise AnswerError(404, "This is no document of yours.")
        try:
            sha256 = await self.office.file_of(held)
        except (ZhihuiError, OSError) as error:
            raise AnswerError(503, f"The document has no file yet: {error}") from error
        return FileResponse(self.evidence.path_of(sha256), media_type=PDF_TYPE)

    async def figures(
        self, request: Request, since: datetime, until: datetime, form: str = "json"
    ) -> Response:
        """Give documents and fines by form and district, of those issued in a time.

        Args:
            request: Who asks.
            since: From then on, with its zone.
            until: Before then, with its zone.
            form: "json", or "csv" for a table.
        """
        session = permitted(self.door, request, "read:papers")
        if since.tzinfo is None or until.tzinfo is None or until <= since:
            raise AnswerError(
                422, "Say from when to when, with zones, the end after the beginning."
            )
        remit = session.person.remit
        found = await self.link.reading(
            lambda connection: fine_figures(connection, remit, since=since, until=until)
        )
        rows = await self.link.in_writer(lambda _, held: [_named(held, one) for one in found])
        if form != "csv":
            return Response(_json.encode({"figures": rows}), media_type="application/json")
        out = io.StringIO()
        writer = csv.DictWriter(out, _COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8")

    async def check(self, code: str) -> Response:
        """Say to whoever holds a document whether it is real, and what it says."""
        paper = await self.link.reading(lambda connection: paper_by_code(connection, code))
        if paper is None:
            facts = _fact("结果 Result", "没有这份文书，请当心假冒。There is no such document.")
            page = _PAGE.format(title="核验未通过 · not genuine", facts=facts)
            return HTMLResponse(page, status_code=404)
        item = await self.link.in_writer(
            lambda _, rows: rows.get(CatalogueItem, item_id(CatalogueName.PAPER, paper.kind))
        )
        return HTMLResponse(_PAGE.format(title="核验通过 · genuine", facts=_facts(paper, item)))


def _facts(paper: Paper, item: CatalogueItem | None) -> str:
    fen = paper.amount_fen
    paid = (
        "—"
        if fen is None
        else f"已缴 paid {paper.paid_at:%Y-%m-%d}"
        if paper.paid_at
        else "未缴 due"
    )
    told = [
        ("文书 Document", paper.kind if item is None else f"{item.name_zh} {item.name_en}"),
        ("文号 Number", paper.number or ""),
        ("当事人 Party", _masked(paper.party)),
        ("地点 Place", paper.place),
        ("日期 Date", f"{paper.issued_at:%Y-%m-%d}"),
        ("罚款 Fine", "—" if fen is None else f"¥{fen / 100:.2f}"),
        ("缴纳 Payment", paid),
    ]
    if paper.voided_at is not None:
        told.append(("状态 State", f"已撤销 void {paper.voided_at:%Y-%m-%d}"))
    return "".join(_fact(name, value) for name, value in told)


def _fact(name: str, value: str) -> str:
    return f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>"


def _masked(name: str) -> str:
    """Return a name of which passers-by learn no more than who holds the document knows."""
    return name[:1] + "＊" * max(1, len(name) - 1)


def _plain(row: Any) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(asdict(row))
    return told


def _without_secret(paper: Paper) -> dict[str, Any]:
    told = _plain(paper)
    for name in ("code", "signature"):
        told.pop(name)
    return told


def _named(rows: Any, one: FineFigures) -> dict[str, Any]:
    form = form_in(rows, one.form)
    held: Jurisdiction | None = None if one.district is None else rows.jurisdiction(one.district)
    return {
        "form": one.form, "form_zh": form.name_zh, "form_en": form.name_en,
        "district": one.district or "", "district_zh": held.name_zh if held is not None else "",
        "orders": one.orders, "penalties": one.penalties, "decisions": one.decisions,
        "fined_yuan": one.fined_fen / 100, "paid": one.paid, "paid_yuan": one.paid_fen / 100,
        "voided": one.voided,
    }  # fmt: skip

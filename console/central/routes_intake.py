"""Route of the intake: who called before, and what happened at a place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import msgspec
from fastapi import APIRouter
from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response

from console.central.acts import act_by, actor_of
from console.central.auditdesk import AuditDesk
from console.central.door import Door
from console.central.loop import WriterLink
from console.central.web import AnswerError, host_of, permitted
from console.dispatch.intake import (
    PLACE_RADIUS_M,
    History,
    PastCase,
    PastReport,
    case_of,
    masked_number,
    metres_from,
    plain_number,
)
from console.domain.incidents import Incident
from console.domain.permissions import Remit
from console.store.mapping import read_rows
from console.store.tables import INCIDENT, REPORT

#: So many of each are told; a number that calls more often is known by name.
_TOLD = 20
_LOOKED_AT = 400
_METRES_PER_DEGREE = 111_195.0
_json = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRoutes:
    """Histories for a seat that takes a call."""

    door: Door
    link: WriterLink
    audit: AuditDesk

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["intake"])
        router.add_api_route(
            "/v1/intake/history", self.history, methods=["GET"], response_model=None
        )
        return router

    async def history(
        self,
        request: Request,
        phone: str = "",
        lat: float | None = None,
        lon: float | None = None,
    ) -> Response:
        """Give what a number told before, and what happened within 200 m of a place.

        Args:
            request: Who asks.
            phone: The caller's number as it was typed; empty asks for no caller.
            lat: WGS-84 degrees.
            lon: WGS-84 degrees.
        """
        session = permitted(self.door, request, "read:callers")
        at = None if lat is None or lon is None else (lat, lon)
        if at is not None and not _on_globe(*at):
            raise AnswerError(422, f"{lat}, {lon} is no place on the globe (latitude, longitude).")
        number, remit = plain_number(phone[:60]), session.person.remit
        found = await self.link.reading(partial(history_of, number=number, at=at, remit=remit))
        if number:
            actor = actor_of(session, host_of(request))
            told = {"phone": masked_number(number), "found": len(found.caller)}
            self.audit.note(act_by(actor, "read:callers", at=datetime.now(UTC), details=told))
        return Response(_json.encode(found), media_type="application/json")


def history_of(
    connection: Connection, *, number: str, at: tuple[float, float] | None, remit: Remit
) -> History:
    """Return what a caller told before and what happened near a place, of these districts only."""
    caller = _caller(connection, number, remit) if number else ()
    place = () if at is None else _place(connection, *at, remit)
    return History(caller=caller, place=place, is_whole=True)


def _caller(connection: Connection, number: str, remit: Remit) -> tuple[PastReport, ...]:
    columns = (
        REPORT.c.received_at, REPORT.c.channel, REPORT.c.form, REPORT.c.place, REPORT.c.text,
        REPORT.c.incident, INCIDENT.c.number, INCIDENT.c.stage, INCIDENT.c.rating,
        INCIDENT.c.district, INCIDENT.c.form.label("case_form"),
    )  # fmt: skip
    query = (
        select(*columns)
        .outerjoin(INCIDENT, INCIDENT.c.id == REPORT.c.incident)
        .where(REPORT.c.phone == number)
        .order_by(REPORT.c.received_at.desc())
        .limit(_LOOKED_AT)
    )
    seen = (row for row in connection.execute(query) if remit.covers(row.district))
    return tuple(
        PastReport(
            received_at=row.received_at,
            channel=row.channel,
            form=row.case_form or row.form,
            place=row.place,
            text=row.text,
            incident=row.incident,
            number=row.number,
            stage=row.stage.value if row.stage is not None else None,
            rating=row.rating,
        )
        for row, _ in zip(seen, range(_TOLD), strict=False)
    )


def _place(connection: Connection, lat: float, lon: float, remit: Remit) -> tuple[PastCase, ...]:
    north = PLACE_RADIUS_M / _METRES_PER_DEGREE
    east = north / max(math.cos(math.radians(lat)), 0.01)
    query = (
        select(INCIDENT)
        .where(
            INCIDENT.c.lat.between(lat - north, lat + north),
            INCIDENT.c.lon.between(lon - east, lon + east),
        )
        .order_by(INCIDENT.c.opened_at.desc())
        .limit(_LOOKED_AT)
    )
    found = []
    for incident in read_rows(connection, Incident, query):
        metres = metres_from(lat, lon, incident.lat or 0.0, incident.lon or 0.0)
        if metres <= PLACE_RADIUS_M and remit.covers(incident.district):
            found.append(case_of(incident, metres))
    return tuple(found[:_TOLD])


def _on_globe(lat: float, lon: float) -> bool:
    return math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180

"""Routes of the officers' page: the way to a task, what is near, the site's forms."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from console.central.accounts import Session
from console.central.acts import act_by, actor_of
from console.central.auditdesk import AuditDesk
from console.central.door import Door
from console.central.livelook import LiveWindow
from console.central.looking import CameraWindow, NoPictureError
from console.central.loop import WriterLink
from console.central.rows import LiveRows
from console.central.street import (
    NEAR_M,
    GridIndex,
    NoRoadsError,
    Ways,
    cameras_near,
    open_near,
    remit_of,
)
from console.central.units import Register
from console.central.web import AnswerError, host_of, permitted
from console.dispatch.forms import form_in
from console.domain.catalogue import CatalogueItem, CatalogueName, Grid
from console.domain.incidents import Incident
from console.domain.permissions import Remit
from console.domain.places import Camera
from console.domain.units import Unit
from console.roads import NoRouteError, RoadColumnsError
from console.store.cameraseal import CameraKey, opened_or_bare
from console.store.citypack import CityPackError
from console.store.mapping import read_row

_json = msgspec.json.Encoder()
#: Tables of the site that the page keeps, to be had without a network too.
_KEPT = (
    CatalogueName.FORM_CLASS, CatalogueName.FORM, CatalogueName.LAW, CatalogueName.CHECK,
    CatalogueName.PAPER,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetRoutes:
    """What the officers' page asks besides its tasks; everything within the unit's district."""

    door: Door
    link: WriterLink
    register: Register
    ways: Ways
    window: CameraWindow
    films: LiveWindow
    camera_key: CameraKey
    audit: AuditDesk
    grids: GridIndex = field(default_factory=GridIndex)

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["handheld"])
        for path, endpoint in (
            ("/v1/handheld/route", self.route),
            ("/v1/handheld/near", self.near),
            ("/v1/handheld/site", self.site),
            ("/v1/handheld/cameras/{camera}/picture", self.picture),
            ("/v1/handheld/cameras/{camera}/live", self.live),
        ):
            router.add_api_route(path, endpoint, methods=["GET"], response_model=None)
        return router

    async def route(self, request: Request, assignment: str, lat: float, lon: float) -> Response:
        """Give the fastest way by road from a place to a task of one's own.

        Args:
            request: Who asks.
            assignment: Id of the task.
            lat: Where one is, WGS-84 degrees.
            lon: Where one is, WGS-84 degrees.
        """
        unit = unit_of(permitted(self.door, request, "handheld"), self.register)
        check_place(lat, lon)
        place = _place_in(
            await self.link.in_writer(lambda _, rows: _incident_of(rows, assignment, unit))
        )
        try:
            way = await self.ways.way(unit, (lat, lon), place)
        except (NoRouteError, NoRoadsError) as error:
            raise AnswerError(404, str(error)) from error
        except (CityPackError, RoadColumnsError) as error:
            raise AnswerError(503, str(error)) from error
        told = {
            "points": [[round(y, 6), round(x, 6)] for y, x in way.points.tolist()],
            "seconds": round(way.seconds),
            "metres": round(way.metres),
            "mode": way.mode,
        }
        return _told(told)

    async def near(self, request: Request, lat: float, lon: float) -> Response:
        """Give the open cases, camera points and responsibility grids around a place.

        Args:
            request: Who asks.
            lat: Where one is, WGS-84 degrees.
            lon: Where one is, WGS-84 degrees.
        """
        unit = unit_of(permitted(self.door, request, "handheld"), self.register)
        check_place(lat, lon)
        remit = remit_of(unit)
        told = await self.link.in_writer(lambda _, rows: self._near(rows, lat, lon, remit))
        told["cameras"] = await self.link.reading(
            lambda connection: _cameras(connection, lat, lon, remit)
        )
        return _told(told)

    async def site(self, request: Request) -> Response:
        """Give the site's tables that the page shows: forms, laws, checklists, documents."""
        permitted(self.door, request, "handheld")
        items = await self.link.in_writer(lambda _, rows: rows.every(CatalogueItem))
        kept = [one for one in items if one.catalogue in _KEPT and not one.retired]
        return _told({"items": sorted(kept, key=lambda one: one.id)})

    async def picture(self, camera: str, request: Request) -> Response:
        """Give a picture of a camera point of the own district, as it looks now; audited.

        Args:
            camera: Id of the point.
            request: Who asks.
        """
        held = await self._opened(camera, request, "read:camera_picture")
        try:
            seen = await self.window.picture(held)
        except NoPictureError as error:
            raise AnswerError(503, str(error)) from error
        taken = seen.taken_at.isoformat()
        headers = {"X-Zhihui-Taken-At": taken, "Cache-Control": "no-store"}
        return Response(seen.jpeg, media_type="image/jpeg", headers=headers)

    async def live(self, camera: str, request: Request) -> Response:
        """Give the live pictures of a camera point of the own district; audited.

        Fragmented MP4 with the camera's own H.264, to be fed to a browser as it comes; the type
        with the codec is the answer's. It ends by itself, when another is opened, and with the
        session. 503 with a sentence where there is none to be had: then there are pictures.

        Args:
            camera: Id of the point.
            request: Who asks.
        """
        held = await self._opened(camera, request, "read:camera_live")
        session = permitted(self.door, request, "handheld")
        try:
            return await self.films.film(held, session, lambda: _gone(request))
        except NoPictureError as error:
            raise AnswerError(503, str(error)) from error

    async def _opened(self, camera: str, request: Request, action: str) -> Camera:
        """Return a point of the own district with its credentials in clear; looking is audited."""
        session = permitted(self.door, request, "handheld")
        unit = unit_of(session, self.register)
        held = await self.link.reading(lambda connection: read_row(connection, Camera, camera))
        if held is None or held.retired or not remit_of(unit).covers(held.district):
            raise AnswerError(404, "There is no such camera point in your district.")
        act = act_by(
            actor_of(session, host_of(request)),
            action,
            at=datetime.now(UTC),
            subject=("camera", held.id),
        )
        self.audit.note(act)
        return opened_or_bare(held, self.camera_key)

    def _near(self, rows: LiveRows, lat: float, lon: float, remit: Remit) -> dict[str, Any]:
        found = open_near(rows, lat, lon, remit)
        return {
            "radius_m": NEAR_M,
            "cases": [_case(rows, away, one) for away, one in found],
            "grids": [
                {
                    "code": one.code, "name_zh": one.name_zh, "name_en": one.name_en,
                    "holder": one.holder, "phone": one.phone,
                }
                for one in self.grids.at(rows.every(Grid), lat, lon)
            ],
        }  # fmt: skip


async def _gone(request: Request) -> None:
    """Return when who asked has hung up; what else comes of a body is of no account."""
    while (await request.receive())["type"] != "http.disconnect":
        continue


def unit_of(session: Session, register: Register) -> Unit:
    """Return the unit whose handheld asks.

    Raises:
        AnswerError: 422, whoever asks speaks for no unit or for many.
    """
    own = session.person.unit
    unit = None if own is None else register.unit(own)
    if unit is None:
        raise AnswerError(422, "Only the handheld of one unit may ask this; log on as a unit.")
    return unit


def check_place(lat: float, lon: float) -> None:
    """Check that two numbers are a place.

    Raises:
        AnswerError: 422, they are none.
    """
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        raise AnswerError(422, f"{lat}, {lon} is no place on the globe (latitude, longitude).")


def _incident_of(rows: LiveRows, assignment: str, unit: Unit) -> Incident | None:
    """Return what an assignment of this unit is to."""
    held = rows.assignment(assignment)
    return None if held is None or held.unit != unit.id else rows.incident(held.incident)


def _place_in(incident: Incident | None) -> tuple[float, float]:
    if incident is None:
        raise AnswerError(404, "This is no task of yours.")
    if incident.lat is None or incident.lon is None:
        raise AnswerError(404, "Nobody knows yet where this task is; go by its words.")
    return incident.lat, incident.lon


def _case(rows: LiveRows, away_m: float, incident: Incident) -> dict[str, Any]:
    form = form_in(rows, incident.form)
    return {
        "incident": incident.id, "number": incident.number or "", "form": incident.form,
        "form_zh": form.name_zh, "form_en": form.name_en, "level": int(incident.level),
        "stage": incident.stage, "place": incident.place, "summary": incident.summary,
        "lat": incident.lat, "lon": incident.lon, "metres": round(away_m),
        "opened_at": incident.opened_at, "due_at": incident.due_at,
    }  # fmt: skip


def _cameras(connection: Connection, lat: float, lon: float, remit: Remit) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id, "name": one.name, "lat": one.lat, "lon": one.lon,
            "bearing_deg": one.bearing_deg, "metres": round(away),
        }
        for away, one in cameras_near(connection, lat, lon, remit)
    ]  # fmt: skip


def _told(told: dict[str, Any]) -> Response:
    return Response(_json.encode(told), media_type="application/json")

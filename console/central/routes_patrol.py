"""Routes of patrol: one sweeper a point, looks of all consoles in one book, plans."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import msgspec
from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from console.central.door import Door
from console.central.loop import WriterLink
from console.central.patrolbook import (
    MAX_POINTS,
    looks_since,
    note_looks,
    person_looks,
    plans,
    plans_version,
    put_plan,
    retire_plan,
)
from console.central.rows import LiveRows
from console.central.web import AnswerError, body_of, permitted
from console.domain.errors import RejectedError
from console.domain.permissions import Remit
from console.patrol.leases import LEASE_S, Leases
from console.protocol.patrol import PatrolTurn, PatrolTurnAnswer, PlanSent

_MAX_BYTES = 4 << 20
_MAX_LOOKS = 20_000
_T = TypeVar("_T")
_json = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolRoutes:
    """Leases, looks, plans.

    Attributes:
        leases: Who sweeps which point; a restart of central forgets them, and they are asked for
            again within seconds.
    """

    door: Door
    link: WriterLink
    leases: Leases = field(default_factory=Leases)

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["patrol"])
        for path, method, endpoint in (
            ("/v1/patrol/turn", "POST", self.turn),
            ("/v1/patrol/plans", "GET", self.all_plans),
            ("/v1/patrol/plans/{plan}", "PUT", self.put),
            ("/v1/patrol/plans/{plan}", "DELETE", self.retire),
            ("/v1/patrol/looks", "GET", self.looks),
        ):
            router.add_api_route(path, endpoint, methods=[method], response_model=None)
        return router

    async def turn(self, request: Request) -> Response:
        """Renew a console's leases, take its looks, give it those of others."""
        session = permitted(self.door, request, "patrol")
        turn = await _body(request, PatrolTurn)
        if len(turn.points) > MAX_POINTS or len(turn.looks) > _MAX_LOOKS:
            raise AnswerError(
                413, f"At most {MAX_POINTS} points and {_MAX_LOOKS} looks go in one turn."
            )
        now_ms = round(time.time() * 1000)
        remit = session.person.remit

        def enter(connection: Connection, rows: LiveRows) -> tuple[tuple[str, ...], int]:
            if turn.looks:
                note_looks(connection, turn.looks, console=turn.console, now_ms=now_ms)
            return _within(rows, turn.points, remit), plans_version(connection)

        points, version = await self.link.in_writer(enter)
        looks = await self.link.reading(lambda connection: looks_since(connection, turn.since_ms))
        if turn.leaving:
            self.leases.leave(turn.console)
            granted: list[str] = []
        else:
            granted = self.leases.renew(turn.console, points, time.monotonic())
        answer = PatrolTurnAnswer(
            granted=tuple(granted),
            lease_s=LEASE_S,
            looks=looks,
            now_ms=now_ms,
            plans_version=version,
        )
        return Response(_json.encode(answer), media_type="application/json")

    async def all_plans(self, request: Request) -> Response:
        """Give the patrol plans."""
        permitted(self.door, request, "patrol")
        found = await self.link.reading(plans)
        return Response(_json.encode(found), media_type="application/json")

    async def put(self, plan: str, request: Request) -> Response:
        """Enter or change a plan."""
        session = permitted(self.door, request, "write:patrol")
        sent = msgspec.structs.replace(await _body(request, PlanSent), id=plan)
        person = session.person.id

        def enter(connection: Connection, _rows: LiveRows) -> PlanSent | RejectedError:
            try:
                return put_plan(connection, sent, person=person)
            except RejectedError as error:
                return error  # the sender's doing, no fault of the writer's

        kept = await self.link.in_writer(enter)
        if isinstance(kept, RejectedError):
            raise AnswerError(409, str(kept)) from kept
        return Response(_json.encode(kept), media_type="application/json")

    async def retire(self, plan: str, request: Request) -> Response:
        """Take a plan away."""
        session = permitted(self.door, request, "write:patrol")
        gone = partial(retire_plan, plan_id=plan, person=session.person.id)
        await self.link.in_writer(lambda connection, _: gone(connection))
        return JSONResponse({"retired": plan})

    async def looks(self, request: Request, since_ms: int = 0, limit: int = 10_000) -> Response:
        """Give what people have looked at, one row a look: the proof of coverage."""
        permitted(self.door, request, "patrol")
        most = max(1, min(limit, _MAX_LOOKS))
        found = await self.link.reading(lambda connection: person_looks(connection, since_ms, most))
        return Response(_json.encode(found), media_type="application/json")


def _within(rows: LiveRows, points: tuple[str, ...], remit: Remit) -> tuple[str, ...]:
    """Return the points that a person may see: all of them for who has no limit."""
    if remit.is_whole:
        return points
    cameras = [(point, rows.camera(point)) for point in points]
    return tuple(
        point for point, camera in cameras if camera is not None and remit.covers(camera.district)
    )


async def _body(request: Request, kind: type[_T]) -> _T:
    body = await body_of(request, limit=_MAX_BYTES)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerError(422, f"The body cannot be read: {error}.") from error

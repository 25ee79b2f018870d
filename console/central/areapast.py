"""What happened at areas, as far back as central keeps it, page by page."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from sqlalchemy import Connection, and_, or_, select
from starlette.requests import Request
from starlette.responses import Response

from console.central.door import Door
from console.central.loop import WriterLink
from console.central.web import AnswerError, permitted
from console.domain.areas import AreaEvent
from console.domain.permissions import Remit
from console.store.mapping import read_rows
from console.store.tables_areas import AREA_EVENT

#: So many are given at once, unless fewer are asked for.
PAGE = 100
_json = msgspec.json.Encoder()


class AreaPastRoutes:
    """What happened at one area."""

    def __init__(self, door: Door, link: WriterLink) -> None:
        self._door, self._link = door, link

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["areas"])
        router.add_api_route(
            "/v1/areas/{area}/events", self.events, methods=["GET"], response_model=None
        )
        return router

    async def events(
        self, request: Request, area: str, before: str = "", limit: int = PAGE
    ) -> Response:
        """Give what happened at an area, the newest first.

        Args:
            request: Who asks; what lies outside their districts is left out.
            area: Its id.
            before: Id of an event: only what was before it.
            limit: At most so many, 1 to 100.
        """
        remit = permitted(self._door, request, "read:snapshot").person.remit
        if not 1 <= limit <= PAGE:
            raise AnswerError(422, f"Ask for 1 to {PAGE} events at a time.")
        found = await self._link.reading(lambda one: _read(one, area, before, limit, remit))
        if found is None:
            raise AnswerError(404, f"The event {before[:80]!r} is not kept at this area any more.")
        return Response(_json.encode(found), media_type="application/json")


def _read(
    connection: Connection, area: str, before: str, limit: int, remit: Remit
) -> list[AreaEvent] | None:
    own = AREA_EVENT.c
    where = [own.area == area]
    if remit.districts is not None:
        where.append(own.district.in_(sorted(remit.districts)))
    if before:
        known = select(own.at).where(own.id == before, *where)
        at = connection.execute(known).scalar()
        if at is None:
            return None
        where.append(or_(own.at < at, and_(own.at == at, own.id < before)))
    query = select(AREA_EVENT).where(*where).order_by(own.at.desc(), own.id.desc()).limit(limit)
    return read_rows(connection, AreaEvent, query)

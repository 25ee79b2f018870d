"""What is usual: incidents of districts and streets in the same hours of earlier days."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from fastapi import APIRouter
from sqlalchemy import BigInteger, Connection, func, select, type_coerce
from starlette.requests import Request
from starlette.responses import Response

from console.analysis.situation import DAYS_BACK, WINDOW
from console.central.door import Door
from console.central.loop import WriterLink
from console.central.web import permitted
from console.domain.incidents import Stage
from console.domain.permissions import Remit
from console.protocol.situation import UsualLoad
from console.store.tables import INCIDENT
from console.store.types import to_microseconds

#: Counted anew so often, whoever asks; what is usual does not change by the minute.
KEPT = timedelta(minutes=5)
_DAY = timedelta(days=1)
_json = msgspec.json.Encoder()


class SituationRoutes:
    """What is usual where."""

    def __init__(self, door: Door, link: WriterLink, clock: Callable[[], datetime]) -> None:
        self._door, self._link, self._clock = door, link, clock
        self._counted: tuple[datetime, UsualLoad, dict[str, str | None]] | None = None
        self._counting = asyncio.Lock()

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["situation"])
        router.add_api_route("/v1/situation", self.usual, methods=["GET"], response_model=None)
        return router

    async def usual(self, request: Request) -> Response:
        """Give how many incidents each area had in the last six hours of the day, 28 days back."""
        session = permitted(self._door, request, "read:snapshot")
        async with self._counting:
            now = self._clock()
            if self._counted is None or now - self._counted[0] > KEPT:
                load, districts = await self._link.reading(lambda one: counted(one, now))
                self._counted = (now, load, districts)
            _, load, districts = self._counted
        return Response(
            _json.encode(_within(load, districts, session.person.remit)),
            media_type="application/json",
        )


def counted(connection: Connection, at: datetime) -> tuple[UsualLoad, dict[str, str | None]]:
    """Count incidents by area and day; also return the district of each area.

    Args:
        connection: Of the database.
        at: The end of today's window, aware UTC.
    """
    day_us = _DAY // timedelta(microseconds=1)
    opened = type_coerce(INCIDENT.c.opened_at, BigInteger)
    since_us = to_microseconds(at) - opened
    window_us = WINDOW // timedelta(microseconds=1)
    each = (
        select(INCIDENT.c.district, INCIDENT.c.street, (since_us // day_us).label("ago"))
        .where(
            INCIDENT.c.opened_at > at - (DAYS_BACK + 1) * _DAY,
            INCIDENT.c.opened_at <= at,
            INCIDENT.c.stage != Stage.CANCELLED,
            since_us % day_us < window_us,
        )
        .subquery()
    )
    columns = (each.c.district, each.c.street, each.c.ago)
    query = select(*columns, func.count()).group_by(*columns)
    sums: Counter[tuple[str, int]] = Counter()
    districts: dict[str, str | None] = {}
    for district, street, days_ago, count in connection.execute(query):
        for area in (district, street):
            if area is not None and days_ago > 0:
                sums[area, int(days_ago)] += count
                districts[area] = district
    first = connection.execute(select(func.min(INCIDENT.c.opened_at))).scalar()
    known = 0 if first is None else min(DAYS_BACK, (at - WINDOW - first) // _DAY)
    load = UsualLoad(
        at_ms=round(at.timestamp() * 1000),
        hours=WINDOW / timedelta(hours=1),
        days=max(0, known),
        counts=[(area, days_ago, count) for (area, days_ago), count in sorted(sums.items())],
    )
    return load, districts


def _within(load: UsualLoad, districts: dict[str, str | None], remit: Remit) -> UsualLoad:
    if remit.is_whole:
        return load
    seen = [row for row in load.counts if remit.covers(districts.get(row[0]))]
    return msgspec.structs.replace(load, counts=seen)

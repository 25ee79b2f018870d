"""Central's readings of sensors: the newest of each, taken in, given out, kept over a restart."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Iterable, Sequence
from functools import partial

import msgspec
from fastapi import APIRouter
from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response

from console.central.door import Door
from console.central.loop import WriterLink
from console.central.rows import LiveRows
from console.central.settings import CentralError
from console.central.web import AnswerError, body_of, permitted
from console.protocol.readings import MOST_READINGS, ReadingSent, ReadingsTaken, ReadingsTold
from console.store.mapping import upsert
from console.store.tables import LAST_READING, ROW_TABLES

_log = logging.getLogger("zhihui.central")
#: A reading from further ahead than this is of a clock that is wrong.
AHEAD_MS = 120_000
#: Readings are written at most this often; a sensor that is not known is looked for as often.
SAVE_S = 5.0
_MOST_BYTES = 2 << 20
_rows: msgspec.json.Decoder[list[ReadingSent]] = msgspec.json.Decoder(list[ReadingSent])
_json = msgspec.json.Encoder()


class ReadingBook:
    """The newest reading of each sensor; belongs to the event loop."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, float, int]] = {}
        self._unsaved: set[str] = set()
        self._known: set[str] = set()
        self.mark = 0

    def know(self, sensors: Iterable[str]) -> None:
        """Take which sensors there are."""
        self._known = set(sensors)

    def knows(self, rows: Sequence[ReadingSent]) -> bool:
        """Whether every sensor in readings is known."""
        return all(row[0] in self._known for row in rows)

    def load(self, rows: Iterable[ReadingSent]) -> None:
        """Start from what was kept."""
        for sensor, t_ms, value in rows:
            self._held.setdefault(sensor, (t_ms, value, 0))

    def take(self, rows: Sequence[ReadingSent], *, now_ms: int) -> ReadingsTaken:
        """Take readings; of each sensor only newer ones."""
        accepted = late = unknown = 0
        self.mark += 1
        for sensor, t_ms, value in rows:
            if sensor not in self._known:
                unknown += 1
                continue
            at = min(t_ms, now_ms) if t_ms <= now_ms + AHEAD_MS else -1
            if at <= self._held.get(sensor, (0, 0.0, 0))[0] or not math.isfinite(value):
                late += 1
                continue
            self._held[sensor] = (at, value, self.mark)
            self._unsaved.add(sensor)
            accepted += 1
        return ReadingsTaken(accepted=accepted, late=late, unknown=unknown)

    def newer(self, mark: int) -> ReadingsTold:
        """Return what came after a mark; everything for 0 or a mark of another run."""
        after = mark if 0 < mark <= self.mark else -1
        rows = [
            (sensor, t_ms, value)
            for sensor, (t_ms, value, at) in self._held.items()
            if at > after and sensor in self._known
        ]
        return ReadingsTold(mark=self.mark, rows=rows)

    def unsaved(self) -> list[ReadingSent]:
        """Return what has to be written since the last call."""
        changed, self._unsaved = self._unsaved, set()
        return [(sensor, *self._held[sensor][:2]) for sensor in changed]


class ReadingRoutes:
    """Readings in and out."""

    def __init__(self, door: Door, link: WriterLink) -> None:
        self._door, self._link = door, link
        self._book = ReadingBook()
        self._looked_at = self._saved_at = -math.inf
        self._loading = asyncio.Lock()

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["readings"])
        for method, endpoint in (("POST", self.take), ("GET", self.give)):
            router.add_api_route("/v1/readings", endpoint, methods=[method], response_model=None)
        return router

    async def take(self, request: Request) -> Response:
        """Take readings, a list of [sensor, Unix milliseconds, value]."""
        permitted(self._door, request, "write:readings")
        body = await body_of(request, limit=_MOST_BYTES)
        try:
            rows = _rows.decode(body)
        except msgspec.MsgspecError as error:
            raise AnswerError(422, f"These are no readings: {error}.") from error
        if len(rows) > MOST_READINGS:
            raise AnswerError(413, f"{len(rows)} readings at once; send at most {MOST_READINGS}.")
        await self._learn(rows)
        taken = self._book.take(rows, now_ms=time.time_ns() // 1_000_000)
        await self._save()
        return Response(_json.encode(taken), media_type="application/json")

    async def give(self, request: Request, after: int = 0) -> Response:
        """Give the newest reading of each sensor that has a newer one than ``after`` tells.

        Args:
            request: Who asks.
            after: Mark of the last answer.
        """
        permitted(self._door, request, "read:snapshot")
        await self._learn(())
        told = _json.encode(self._book.newer(after))
        return Response(told, media_type="application/json")

    async def _learn(self, rows: Sequence[ReadingSent]) -> None:
        """Look for sensors that were entered since, and first for what was kept."""
        async with self._loading:
            now, is_first = time.monotonic(), self._looked_at == -math.inf
            if not is_first and (self._book.knows(rows) or now - self._looked_at < SAVE_S):
                return
            sensors, kept = await self._link.reading(_read)
            self._looked_at = now
            self._book.know(sensors)
            if is_first:
                self._book.load(kept)

    async def _save(self) -> None:
        now = time.monotonic()
        if now - self._saved_at < SAVE_S:
            return
        self._saved_at = now
        try:
            await self._link.in_writer(partial(_keep, self._book.unsaved()))
        except CentralError as error:
            _log.warning("readings were not kept: %s", error)


def _read(connection: Connection) -> tuple[list[str], list[ReadingSent]]:
    sensor = ROW_TABLES["sensor"]
    known = connection.execute(select(sensor.c.id).where(sensor.c.retired.is_(False)))
    kept = connection.execute(
        select(LAST_READING.c.sensor, LAST_READING.c.t_ms, LAST_READING.c.value)
    )
    return [row[0] for row in known], [(row[0], row[1], row[2]) for row in kept]


def _keep(rows: list[ReadingSent], connection: Connection, _: LiveRows) -> None:
    names = ("sensor", "t_ms", "value")
    upsert(connection, LAST_READING, [dict(zip(names, row, strict=True)) for row in rows])

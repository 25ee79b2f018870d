"""Central's readings of sensors: the newest of each, taken in, given out, kept over a restart."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response

from console.central.door import Door
from console.central.loop import WriterLink
from console.central.pastreadings import ReadingPast
from console.central.rows import LiveRows
from console.central.settings import CentralError
from console.central.web import AnswerError, body_of, permitted
from console.protocol.readings import (
    MOST_READINGS,
    MOST_SENSOR_DAYS,
    MOST_SENSORS,
    MOST_VALUE,
    ReadingSent,
    ReadingsTaken,
    ReadingsTold,
)
from console.store.mapping import upsert
from console.store.readingstore import KEPT_DAYS, ReadingStoreError
from console.store.tables import LAST_READING, ROW_TABLES

_log = logging.getLogger("zhihui.central")
#: A reading from further ahead than this is of a clock that is wrong.
AHEAD_MS = 120_000
#: Readings are written at most this often; a sensor that is not known is looked for as often.
SAVE_S = 5.0
#: A reading older than the past is kept is of a clock that is wrong.
_OLDEST_MS = KEPT_DAYS * 86_400_000
_MOST_BYTES = 2 << 20
#: Later than this no day has a name of four digits for its year, and no file.
_LAST_MS = 253_000_000_000_000
_rows: msgspec.json.Decoder[list[ReadingSent]] = msgspec.json.Decoder(list[ReadingSent])
_json = msgspec.json.Encoder()


class ReadingBook:
    """The newest reading of each sensor; belongs to the event loop.

    Args:
        note: Takes each reading that is one, newest or late, for the past.
    """

    def __init__(self, note: Callable[[str, int, float], None]) -> None:
        self._note = note
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
        """Take readings; of each sensor only newer ones count, older ones are of the past."""
        accepted = late = unknown = 0
        self.mark += 1
        for sensor, t_ms, value in rows:
            if sensor not in self._known:
                unknown += 1
                continue
            at = min(t_ms, now_ms) if t_ms <= now_ms + AHEAD_MS else -1
            is_reading = at > max(0, now_ms - _OLDEST_MS) and abs(value) <= MOST_VALUE
            if is_reading:
                self._note(sensor, at, value)
            if not is_reading or at <= self._held.get(sensor, (0, 0.0, 0))[0]:
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

    def not_saved(self, rows: Iterable[ReadingSent]) -> None:
        """Take note that what `unsaved` gave was not written after all."""
        self._unsaved.update(row[0] for row in rows)


class ReadingRoutes:
    """Readings in and out."""

    def __init__(self, door: Door, link: WriterLink, past: ReadingPast) -> None:
        self._door, self._link, self._past = door, link, past
        self._book = ReadingBook(past.note)
        self._looked_at = self._saved_at = -math.inf
        self._loading = asyncio.Lock()

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["readings"])
        for method, path, endpoint in (
            ("POST", "/v1/readings", self.take),
            ("GET", "/v1/readings", self.give),
            ("GET", "/v1/readings/past", self.past),
        ):
            router.add_api_route(path, endpoint, methods=[method], response_model=None)
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

    async def past(
        self,
        request: Request,
        sensor: Annotated[list[str], Query()],
        from_ms: int,
        to_ms: int,
    ) -> Response:
        """Give what sensors read between two times.

        Args:
            request: Who asks.
            sensor: Ids, at most 50.
            from_ms: Unix milliseconds.
            to_ms: Unix milliseconds, included; at most 31 days later, for several sensors less.
        """
        permitted(self._door, request, "read:snapshot")
        days = len(sensor) * (to_ms - from_ms) / 86_400_000
        is_time = 0 <= from_ms <= to_ms <= _LAST_MS
        if not is_time or len(sensor) > MOST_SENSORS or days > MOST_SENSOR_DAYS:
            raise AnswerError(
                422,
                f"Past readings are given of {MOST_SENSORS} sensors and {MOST_SENSOR_DAYS:.0f} "
                "days of sensors at a time; ask for less, and for an end after the beginning.",
            )
        try:
            found = await self._past.read(sensor, from_ms, to_ms)
        except ReadingStoreError as error:
            raise AnswerError(503, str(error)) from error
        return Response(_json.encode(found), media_type="application/json")

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
        rows = self._book.unsaved()
        try:
            await self._link.in_writer(partial(_keep, rows))
        except CentralError as error:
            # A sensor that sends no more would otherwise be kept as it was before.
            self._book.not_saved(rows)
            _log.warning("readings are not kept yet: %s", error)


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

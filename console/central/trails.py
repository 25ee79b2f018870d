"""Central's trails: thinned as positions come, kept by the minute, given out by the hour."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from console.central.again import again
from console.central.disk import DiskGuard
from console.central.door import Door
from console.central.positions import PositionHub
from console.central.web import AnswerError, permitted
from console.domain.permissions import Remit
from console.geo.bounds import Bounds
from console.store.trailstore import KEPT_DAYS, TrailStore, TrailStoreError
from console.tracking.trails import SLOT_MS, Thinner, Trail, joined, pack_trail

_log = logging.getLogger("zhihui.central")
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
#: Later than this no day has a name of four digits for its year, and no file.
_LAST_MS = 253_000_000_000_000
#: Positions are looked at this often, and kept this often: a crash loses so much of the trails.
LOOK_S, KEEP_S = 5.0, 60.0
#: The longest that is given at once, for everybody and for one unit.
MOST_FOR_ALL_MS, MOST_FOR_ONE_MS = 3 * _HOUR_MS, 3 * _DAY_MS
#: Fixes held while they cannot be written: of 7,400 units on the move about two hours.
MOST_HELD = 2_000_000
#: Fixes of one unit in one packed chunk.
_CHUNK = 60_000


class TrailKeeper:
    """Thins positions and keeps them; `take` belongs to the event loop.

    On a full disk nothing is written: what little room is left is for commands. Fixes are held
    meanwhile, at most ``most_held``; then the oldest are lost.

    Attributes:
        lost: Fixes that were lost so.
        paused_since: Since when nothing is written, aware UTC; ``None`` while all is well.
    """

    def __init__(
        self,
        folder: Path,
        positions: PositionHub,
        guard: DiskGuard,
        *,
        most_held: int = MOST_HELD,
    ) -> None:
        self.store = TrailStore(folder)
        self.lost = 0
        self.paused_since: datetime | None = None
        self._positions, self._guard, self._most_held = positions, guard, most_held
        self._thinner = Thinner()
        self._mark = positions.mark
        self._keeping = asyncio.Lock()

    def take(self) -> None:
        """Look at what has moved since the last call; called every few seconds."""
        columns = self._positions.columns()
        nos = columns.changed_since(self._mark)
        self._mark = columns.newest_mark
        self._thinner.take(nos, columns.t_ms[nos], columns.lat[nos], columns.lon[nos])

    async def run(self) -> None:
        """Look at what moves, and keep it, until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(again(self.take, LOOK_S))
            both.create_task(again(self.keep, KEEP_S))

    async def keep(self) -> None:
        """Write what has grown; what cannot be written is logged, and tried with the next."""
        now_ms = time.time_ns() // 1_000_000
        self.take()
        async with self._keeping:
            if self._guard.is_full:
                self._pause("central's disk is full")
                return
            try:
                await self._put_grown()
            except TrailStoreError as error:
                self._guard.failed(error.__cause__ or error)
                self._pause(str(error))
                return
            self._go_on()
            self._thinner.forget_before(now_ms - SLOT_MS)
            try:
                await asyncio.to_thread(self.store.forget_before, now_ms - KEPT_DAYS * _DAY_MS)
            except TrailStoreError as error:
                _log.warning("trails older than %d days are not deleted: %s", KEPT_DAYS, error)

    async def _put_grown(self) -> None:
        """Write what has grown; what was not written, whatever came between, is due again."""
        grown = self._thinner.changed()
        is_kept = False
        try:
            await asyncio.to_thread(self.store.put, grown)
            is_kept = True
        finally:
            if not is_kept:
                self._thinner.again(grown)

    def _pause(self, why: str) -> None:
        """Say once that nothing is written, and hold a bounded lot."""
        if self.paused_since is None:
            self.paused_since = datetime.now(UTC)
            _log.error(
                "trails are not written (%s); live positions go on, and the newest %d fixes are "
                "held until they can be",
                why, self._most_held,
            )  # fmt: skip
        lost = self._thinner.drop_oldest(self._most_held)
        if lost:
            self.lost += lost
            _log.error("%d fixes of trails, the oldest that could not be written, are lost", lost)

    def _go_on(self) -> None:
        if self.paused_since is not None:
            self.paused_since = None
            _log.warning("trails are written again, with what was held meanwhile")

    @property
    def is_paused(self) -> bool:
        """Whether nothing is written now."""
        return self.paused_since is not None or self._guard.is_full

    @property
    def counters(self) -> dict[str, float]:
        """Return the figures of trails by name."""
        return {
            "trails_paused": int(self.is_paused),
            "trail_fixes_held": self._thinner.held,
            "trail_fixes_lost": self.lost,
        }

    async def read(
        self, from_ms: int, to_ms: int, units: list[int] | None, area: Bounds | None
    ) -> list[Trail]:
        """Return trails, up to the newest fix.

        Raises:
            TrailStoreError: They cannot be read.
        """
        kept = await asyncio.to_thread(self.store.read, from_ms, to_ms, units=units, area=area)
        by_unit = {trail.unit_no: [trail] for trail in kept}
        for trail in self._thinner.open_since(from_ms, units):
            held = by_unit.get(trail.unit_no)
            newest = int(held[-1].t_ms[-1]) + 1 if held else from_ms
            more = trail.between(max(newest, from_ms), to_ms)
            if len(more) and (held or _is_in(more, area)):
                by_unit.setdefault(trail.unit_no, []).append(more)
        return [joined(unit, parts) for unit, parts in sorted(by_unit.items())]


class TrailRoutes:
    """Where units were."""

    def __init__(self, door: Door, keeper: TrailKeeper, positions: PositionHub) -> None:
        self._door, self._keeper, self._positions = door, keeper, positions

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["trails"])
        router.add_api_route("/v1/trails", self.trails, methods=["GET"], response_model=None)
        return router

    async def trails(
        self, request: Request, from_ms: int, to_ms: int, unit: int | None = None, box: str = ""
    ) -> Response:
        """Give trails as msgpack: a list of unit number and packed chunk.

        Args:
            request: Who asks.
            from_ms: Unix milliseconds.
            to_ms: Unix milliseconds, at most three hours later (three days for one unit).
            unit: A unit's number; without it, all units.
            box: South, west, north and east, WGS-84 degrees with commas: only who was there.
        """
        session = permitted(self._door, request, "read:trails")
        most = MOST_FOR_ALL_MS if unit is None else MOST_FOR_ONE_MS
        if not (0 <= from_ms <= _LAST_MS and 0 <= to_ms - from_ms <= most):
            raise AnswerError(
                422,
                "Trails are given for three hours at a time, of one unit for three days; ask for "
                "less, and for an end after the beginning.",
            )
        try:
            found = await self._keeper.read(
                from_ms, to_ms, None if unit is None else [unit], _box_of(box)
            )
        except TrailStoreError as error:
            raise AnswerError(503, str(error)) from error
        body = await asyncio.to_thread(_packed, self._seen(found, session.person.remit))
        return Response(body, media_type="application/msgpack")

    def _seen(self, trails: Iterable[Trail], remit: Remit) -> list[Trail]:
        return [one for one in trails if self._positions.lies_within(one.unit_no, remit)]


def _packed(trails: list[Trail]) -> bytes:
    rows = []
    for trail in trails:
        for first in range(0, len(trail), _CHUNK):
            last = min(first + _CHUNK, len(trail)) - 1
            part = trail.between(int(trail.t_ms[first]), int(trail.t_ms[last]))
            rows.append((trail.unit_no, pack_trail(part)))
    return msgspec.msgpack.encode(rows)


def _is_in(trail: Trail, area: Bounds | None) -> bool:
    return area is None or bool(area.mask(trail.lat, trail.lon).any())


def _box_of(text: str) -> Bounds | None:
    if not text:
        return None
    try:
        south, west, north, east = (float(part) for part in text.split(","))
    except ValueError as error:
        raise AnswerError(422, "A box is four numbers: south,west,north,east.") from error
    return Bounds(west=west, south=south, east=east, north=north)

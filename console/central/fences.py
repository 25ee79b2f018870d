"""Central watches the areas: what happens at them becomes rows, once, over any restart.

Who is inside is kept together with what is not yet told, in one transaction; what is told bears an
id that follows from it. A crash at any point leaves either both, or neither, or a thing to be told
again that is known by its id.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2s

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select

from console.central.loop import WriterLink
from console.central.operations import ITSELF
from console.central.positions import PositionHub
from console.central.rows import LiveRows
from console.central.settings import CentralError
from console.domain.areas import Area, AreaEvent, AreaId
from console.domain.ids import new_id
from console.domain.units import Unit, UnitStatus
from console.protocol.commands import TellAreaEvents
from console.protocol.messages import Command, Verdict
from console.store.mapping import read_rows, upsert
from console.store.tables_areas import FENCE_STATE
from console.tracking.fences import FenceEvent, FenceWatch, FixRows
from console.tracking.fencestate import AreaState, FenceStateError
from console.tracking.force import MAX_AHEAD_MS, MAX_UNIT_NO
from console.tracking.frames import from_ingest

LOOK_S = 1.0
#: Fixes may come so late: nobody is said to have stayed or to be absent before.
LATE_MS = 30_000
#: After a longer time without central, how long somebody stays is counted anew.
LONGEST_GAP_MS = 120_000
#: How far the watch came is kept this often where nothing happens.
_KEPT_EVERY_MS = 5_000
_AT_ONCE = 500
#: The row of `FENCE_STATE` that is of no area.
_WHOLE = ""
_log = logging.getLogger("zhihui.central")


class _Whole(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of the watch as a whole."""

    known: bytes
    pending: list[AreaEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was kept of the watch before a restart.

    Attributes:
        at_ms: When, Unix milliseconds; 0 if nothing was.
        known: Numbers of the units that had been seen.
        pending: What may not have been told.
    """

    at_ms: int
    states: dict[AreaId, AreaState]
    known: NDArray[np.int64]
    pending: list[AreaEvent]


class FenceKeeper:
    """Watches areas with rules; belongs to the event loop."""

    def __init__(
        self,
        link: WriterLink,
        positions: PositionHub,
        *,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """Nothing is watched before `open`.

        Args:
            link: To the writer.
            positions: Where units were last.
            clock_ms: Gives now, Unix milliseconds.
        """
        self._link, self._positions, self._clock_ms = link, positions, clock_ms
        self._watch = FenceWatch()
        self._areas: dict[AreaId, Area] = {}
        self._units: dict[int, Unit] = {}
        self._on_duty = np.zeros(1024, bool)
        self._came: list[NDArray[np.void]] = []
        self._pending: dict[str, AreaEvent] = {}
        self._dropped: set[AreaId] = set()
        self._ruled: frozenset[AreaId] = frozenset()
        self._begun_ms = clock_ms()
        self._kept_ms = 0
        self._is_kept = True
        self._beating = asyncio.Lock()
        self.told = 0
        positions.on_taken = self.take

    def open(self, areas: Iterable[Area], units: Iterable[Unit], kept: Kept) -> None:
        """Go on from what was kept; what had come since the last look at positions is looked at."""
        self._know(units)
        self._areas = {area.id: area for area in areas}
        self._use_areas(seen=None)
        seen = self._seen()
        self._watch.restore(kept.states, kept_ms=kept.at_ms, known=kept.known, seen=seen)
        self._pending = {event.id: event for event in kept.pending}
        self._note(self._watch.take(seen.no, seen.t_ms, seen.lat, seen.lon))
        if self._begun_ms - kept.at_ms > LONGEST_GAP_MS:
            self._watch.begin_again(self._begun_ms)

    def follow(self, rows: Iterable[object]) -> None:
        """Take note of areas and units that changed."""
        units = [row for row in rows if isinstance(row, Unit)]
        areas = [row for row in rows if isinstance(row, Area)]
        are_new = any(unit.no not in self._units for unit in units)
        self._know(units)
        self._areas.update({area.id: area for area in areas})
        if areas or are_new:
            self._look()
            self._use_areas(seen=self._seen())

    def take(self, fixes: NDArray[np.void]) -> None:
        """Take what devices sent, an array of `INGEST`; it is looked at with the next beat."""
        if self._ruled:
            self._came.append(fixes)

    async def run(self) -> None:
        """Look at what has come every second, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.beat()
            except CentralError as error:
                _log.warning("what happened at areas is told later: %s", error)
            except Exception:  # noqa: BLE001 - the watch goes on, whatever one beat met
                _log.exception("looking at areas failed")

    async def beat(self) -> None:
        """Look at what has come, keep who is inside, tell what happened.

        Raises:
            CentralError: Something was not kept; the next beat does it.
        """
        async with self._beating:
            at_ms = self._clock_ms()
            self._look()
            if at_ms >= self._begun_ms + LATE_MS:
                self._note(self._watch.tick(at_ms - LATE_MS))
            await self._keep(at_ms)
            await self._tell(at_ms)

    async def close(self) -> None:
        """Look at what has come last; what is not told now is told after the next start."""
        try:
            await self.beat()
        except CentralError as error:
            _log.warning("what happened at areas is told after the next start: %s", error)

    def _look(self) -> None:
        came, self._came = self._came, []
        if not came:
            return
        batch = from_ingest(np.concatenate(came))
        usable = (batch.unit < MAX_UNIT_NO) & (batch.t_ms > 0)
        usable &= batch.t_ms <= self._clock_ms() + MAX_AHEAD_MS
        usable &= (np.abs(batch.lat) <= 90.0) & (np.abs(batch.lon) <= 180.0)
        within = batch.unit < len(self._on_duty)
        usable &= within & self._on_duty[np.where(within, batch.unit, 0)]
        self._note(
            self._watch.take(
                batch.unit[usable], batch.t_ms[usable], batch.lat[usable], batch.lon[usable]
            )
        )

    def _seen(self) -> FixRows:
        """Return where the units on duty were last."""
        columns = self._positions.columns()
        nos = columns.nos()
        nos = nos[nos < len(self._on_duty)]
        nos = nos[self._on_duty[nos]]
        return FixRows(no=nos, t_ms=columns.t_ms[nos], lat=columns.lat[nos], lon=columns.lon[nos])

    def _know(self, units: Iterable[Unit]) -> None:
        gone = []
        for unit in units:
            if not 0 <= unit.no < MAX_UNIT_NO:
                continue
            while unit.no >= len(self._on_duty):
                self._on_duty = np.concatenate([self._on_duty, np.zeros_like(self._on_duty)])
            is_on = unit.status is not UnitStatus.OFF_DUTY and not unit.retired
            if self._on_duty[unit.no] and not is_on:
                gone.append(unit.no)
            self._on_duty[unit.no] = is_on
            self._units[unit.no] = unit
        if gone:
            self._look()
            self._watch.forget(np.array(gone, np.int64), self._clock_ms())

    def _use_areas(self, seen: FixRows | None) -> None:
        ruled = [area for area in self._areas.values() if area.rules and not area.retired]
        numbers = {}
        if any(area.units for area in ruled):
            numbers = {str(unit.id): no for no, unit in self._units.items()}
        self._watch.set_areas(ruled, numbers, now_ms=self._clock_ms(), seen=seen)
        now = frozenset(area.id for area in ruled)
        self._dropped = (self._dropped | self._ruled) - now
        self._ruled = now

    def _note(self, found: Sequence[FenceEvent]) -> None:
        for one in found:
            event = self._event(one)
            self._pending[event.id] = event

    def _event(self, found: FenceEvent) -> AreaEvent:
        unit = None if found.unit_no is None else self._units[found.unit_no]
        districts = self._areas[found.area].districts
        shared = districts[0] if len(districts) == 1 else None
        said = f"{found.area}|{found.rule}|{found.unit_no}|{found.at_ms}"
        return AreaEvent(
            id=blake2s(said.encode(), digest_size=16).hexdigest(),
            area=found.area,
            rule=found.rule,
            at=datetime.fromtimestamp(found.at_ms / 1000, UTC),
            unit=None if unit is None else unit.id,
            district=shared if unit is None else unit.district,
        )

    async def _keep(self, at_ms: int) -> None:
        if not self._ruled and not self._dropped and not self._pending:
            return
        states = self._watch.changed()
        if not states and self._is_kept and at_ms - self._kept_ms < _KEPT_EVERY_MS:
            return
        whole = _Whole(known=_bits(self._watch.known()), pending=list(self._pending.values()))
        rows = [(area_id, state.pack()) for area_id, state in states.items()]
        rows.append((AreaId(_WHOLE), msgspec.msgpack.encode(whole)))
        self._is_kept, dropped = False, frozenset(self._dropped)
        try:
            await self._link.in_writer(partial(_write, at_ms, rows, dropped))
        except CentralError:
            self._watch.mark_changed(states)
            raise
        self._dropped -= dropped
        self._kept_ms, self._is_kept = at_ms, True

    async def _tell(self, at_ms: int) -> None:
        waiting = list(self._pending.values())
        for first in range(0, len(waiting), _AT_ONCE):
            some = tuple(waiting[first : first + _AT_ONCE])
            body = TellAreaEvents(events=some)
            command_id = new_id(datetime.fromtimestamp(at_ms / 1000, UTC))
            command = Command(
                command_id=command_id,
                console_id="central",
                seq=0,
                made_at=datetime.fromtimestamp(at_ms / 1000, UTC),
                body=body,
            )
            (result,) = await self._link.submit([command], ITSELF)
            if result.verdict is Verdict.REJECTED:
                _log.error("what happened at areas was refused: %s", result.reason)
            self.told += len(some)
            self._is_kept = False
            for event in some:
                self._pending.pop(event.id, None)


def read_kept(connection: Connection) -> Kept:
    """Return what was kept of the watch; an area of which it is damaged begins anew."""
    states: dict[AreaId, AreaState] = {}
    at_ms, known, pending = 0, np.zeros(0, np.int64), list[AreaEvent]()
    for area, kept_ms, body in connection.execute(select(FENCE_STATE)):
        try:
            if area == _WHOLE:
                whole = msgspec.msgpack.decode(body, type=_Whole)
                at_ms, pending = int(kept_ms), whole.pending
                known = np.flatnonzero(np.unpackbits(np.frombuffer(whole.known, np.uint8)))
            else:
                states[AreaId(area)] = AreaState.unpack(body)
        except (msgspec.MsgspecError, FenceStateError) as error:
            _log.error("the watch of an area begins anew: %s", error)
    return Kept(at_ms=at_ms, states=states, known=known, pending=pending)


def read_areas(connection: Connection) -> list[Area]:
    """Return every area."""
    return read_rows(connection, Area)


def _write(
    at_ms: int,
    rows: Sequence[tuple[AreaId, bytes]],
    dropped: frozenset[AreaId],
    connection: Connection,
    _rows: LiveRows,
) -> None:
    if dropped:
        connection.execute(delete(FENCE_STATE).where(FENCE_STATE.c.area.in_(sorted(dropped))))
    upsert(
        connection,
        FENCE_STATE,
        [{"area": area, "at_ms": at_ms, "body": body} for area, body in rows],
    )


def _bits(nos: NDArray[np.int64]) -> bytes:
    flags = np.zeros(int(nos.max()) + 1 if len(nos) else 0, bool)
    flags[nos] = True
    return np.packbits(flags).tobytes()

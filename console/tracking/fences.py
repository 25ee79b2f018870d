"""Who enters, leaves, stays in or stays away from areas, found in the stream of positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.domain.areas import Area, AreaId, FenceRule
from console.geo.polygons import in_ring

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, kw_only=True)
class FenceEvent:
    """Something that happened at an area.

    Attributes:
        unit_no: The unit's number; ``None`` where nobody was there.
        at_ms: When, Unix milliseconds: of the fix that showed it, or when the time was up.
    """

    area: AreaId
    rule: FenceRule
    unit_no: int | None
    at_ms: int


class _Watched:
    """One area with who is inside, by unit number."""

    def __init__(self, area: Area, size: int, now_ms: int) -> None:
        self.area = area
        self.ring = np.array(area.outline, float)
        self.inside: NDArray[np.bool_] = np.zeros(size, bool)
        self.known: NDArray[np.bool_] = np.zeros(size, bool)
        self.since: Longs = np.full(size, _NEVER, np.int64)
        self.stayed: NDArray[np.bool_] = np.zeros(size, bool)  # staying was told of
        starts_ms = _ms(area.starts_at)
        self.empty_since = now_ms if starts_ms is None else max(now_ms, starts_ms)
        self.absence_told = False

    def grow(self, size: int) -> None:
        """Make room for more unit numbers."""
        more = size - len(self.inside)
        if more > 0:
            for name in ("inside", "known", "stayed"):
                column = getattr(self, name)
                setattr(self, name, np.concatenate([column, np.zeros(more, bool)]))
            self.since = np.concatenate([self.since, np.full(more, _NEVER, np.int64)])


class FenceWatch:
    """Follows all areas; one thread uses it.

    Somebody first seen inside has not entered: the watch may have begun later than the visit. What
    is between two fixes is not guessed.
    """

    def __init__(self) -> None:
        self._watched: dict[AreaId, _Watched] = {}
        self._size = 0
        self._units: dict[AreaId, NDArray[np.bool_] | None] = {}

    def set_areas(self, areas: Iterable[Area], numbers: Mapping[str, int], *, now_ms: int) -> None:
        """Watch these areas and no others; one that stays as it was keeps who is inside.

        Args:
            areas: Retired ones are left out.
            numbers: Unit numbers by id, for areas of certain units.
            now_ms: Unix milliseconds.
        """
        wanted = {area.id: area for area in areas if not area.retired and len(area.outline) >= 3}
        for area_id in [one for one in self._watched if one not in wanted]:
            del self._watched[area_id]
        for area_id, area in wanted.items():
            held = self._watched.get(area_id)
            if held is None or held.area.outline != area.outline:
                self._watched[area_id] = _Watched(area, self._size, now_ms)
            else:
                held.area = area
            self._units[area_id] = self._mask(area, numbers)

    def take(self, no: Longs, t_ms: Longs, lat: Floats, lon: Floats) -> list[FenceEvent]:
        """Take new fixes, at most one a unit; return what they show, in the order of areas.

        Args:
            no: Unit numbers, shape (n,).
            t_ms: Unix milliseconds of the fixes.
            lat: WGS-84 degrees.
            lon: WGS-84 degrees.
        """
        events: list[FenceEvent] = []
        if not len(no):
            return events
        self._size = max(self._size, int(no.max()) + 1)
        for watched in self._watched.values():
            watched.grow(self._size)
            mine = self._mine(watched.area.id, no) & _while_held(watched.area, t_ms)
            rows = np.flatnonzero(mine)
            if len(rows):
                events += self._moved(watched, no[rows], t_ms[rows], lat[rows], lon[rows])
        return events

    def tick(self, now_ms: int) -> list[FenceEvent]:
        """Return whose time is up: who has stayed too long, where nobody has been for too long."""
        events: list[FenceEvent] = []
        for watched in self._watched.values():
            if _while_held(watched.area, np.array([now_ms]))[0]:
                events += _stayed(watched, now_ms) + _absent(watched, now_ms)
        return events

    def inside(self, area: AreaId) -> list[int]:
        """Return the numbers of the units last seen inside an area, rising."""
        watched = self._watched.get(area)
        return [] if watched is None else np.flatnonzero(watched.inside).tolist()

    def _moved(
        self, watched: _Watched, no: Longs, t_ms: Longs, lat: Floats, lon: Floats
    ) -> list[FenceEvent]:
        area = watched.area
        now_in = in_ring(lat, lon, watched.ring)
        was_in, known = watched.inside[no], watched.known[no]
        entered, left = now_in & ~was_in & known, ~now_in & was_in
        events = []
        if FenceRule.DWELL in area.rules:
            # Somebody may have left between two beats of the clock, after staying too long.
            for row in np.flatnonzero(left | (now_in & was_in)).tolist():
                events += _stayed(watched, int(t_ms[row]), only=int(no[row]))
        for rule, rows in ((FenceRule.ENTER, entered), (FenceRule.LEAVE, left)):
            if rule in area.rules:
                events += [
                    FenceEvent(area=area.id, rule=rule, unit_no=int(no[r]), at_ms=int(t_ms[r]))
                    for r in np.flatnonzero(rows).tolist()
                ]
        begins = now_in & ~was_in
        if FenceRule.ABSENCE in area.rules and begins.any():
            events += _absent(watched, int(t_ms[begins].min()))
        watched.inside[no], watched.known[no] = now_in, True
        watched.since[no[begins]] = t_ms[begins]
        watched.stayed[no[begins | left]] = False
        if watched.inside.any():
            watched.absence_told = False
            watched.empty_since = int(t_ms.max())
        elif left.any():
            watched.empty_since = int(t_ms[left].max())
        return events

    def _mine(self, area: AreaId, no: Longs) -> NDArray[np.bool_]:
        mask = self._units.get(area)
        if mask is None:
            return np.ones(len(no), bool)
        within = no < len(mask)
        return within & mask[np.where(within, no, 0)]

    @staticmethod
    def _mask(area: Area, numbers: Mapping[str, int]) -> NDArray[np.bool_] | None:
        if not area.units:
            return None
        known = [numbers[unit] for unit in area.units if unit in numbers]
        mask = np.zeros(max(known, default=0) + 1, bool)
        mask[known] = True
        return mask


def _ms(at: object) -> int | None:
    stamp = getattr(at, "timestamp", None)
    return None if stamp is None else round(stamp() * 1000)


def _while_held(area: Area, t_ms: Longs) -> NDArray[np.bool_]:
    held = np.ones(len(t_ms), bool)
    starts, ends = _ms(area.starts_at), _ms(area.ends_at)
    if starts is not None:
        held &= t_ms >= starts
    if ends is not None:
        held &= t_ms < ends
    return held


def _stayed(watched: _Watched, now_ms: int, *, only: int | None = None) -> list[FenceEvent]:
    area = watched.area
    if FenceRule.DWELL not in area.rules or area.dwell_s is None:
        return []
    due = watched.since + area.dwell_s * 1000
    told = watched.inside & ~watched.stayed & (due <= now_ms)
    rows = np.flatnonzero(told) if only is None else [only] if told[only] else []
    events = []
    for no in rows:
        watched.stayed[no] = True
        events.append(
            FenceEvent(area=area.id, rule=FenceRule.DWELL, unit_no=int(no), at_ms=int(due[no]))
        )
    return events


def _absent(watched: _Watched, now_ms: int) -> list[FenceEvent]:
    area = watched.area
    if FenceRule.ABSENCE not in area.rules or area.absence_s is None:
        return []
    due = watched.empty_since + area.absence_s * 1000
    if watched.absence_told or watched.inside.any() or now_ms < due:
        return []
    watched.absence_told = True
    return [FenceEvent(area=area.id, rule=FenceRule.ABSENCE, unit_no=None, at_ms=due)]

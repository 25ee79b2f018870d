"""Who enters, leaves, stays in or stays away from areas, found in the stream of positions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.domain.areas import Area, AreaId, FenceRule
from console.tracking.fencestate import AreaState, Watched

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
#: Who is known from before a restart bears this time of a last fix: some time, not known which.
_ONCE = 1


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FixRows:
    """Fixes in columns, each of shape (n,).

    Attributes:
        no: Unit numbers.
        t_ms: Unix milliseconds.
        lat: WGS-84 degrees.
        lon: WGS-84 degrees.
    """

    no: Longs
    t_ms: Longs
    lat: Floats
    lon: Floats

    def at(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> FixRows:
        """Return some of them."""
        return FixRows(
            no=self.no[rows], t_ms=self.t_ms[rows], lat=self.lat[rows], lon=self.lon[rows]
        )


class FenceWatch:
    """Follows all areas; one thread uses it.

    Somebody first seen inside has not entered: the watch may have begun later than the visit. What
    is between two fixes is not guessed.
    """

    def __init__(self) -> None:
        self._watched: dict[AreaId, Watched] = {}
        self._size = 0
        self._at: Longs = np.zeros(0, np.int64)
        self._masks: dict[AreaId, NDArray[np.bool_] | None] = {}
        self._kept_ms = 0

    def set_areas(
        self,
        areas: Iterable[Area],
        numbers: Mapping[str, int],
        *,
        now_ms: int,
        seen: FixRows | None = None,
    ) -> None:
        """Watch these areas and no others; one that stays as it was keeps who is inside.

        Args:
            areas: Retired ones are left out.
            numbers: Unit numbers by id, for areas of certain units.
            now_ms: Unix milliseconds.
            seen: Where units were last: who is in a new area now has not entered it.
        """
        wanted = {area.id: area for area in areas if not area.retired and len(area.outline) >= 3}
        for area_id in [one for one in self._watched if one not in wanted]:
            del self._watched[area_id]
        for area_id, area in wanted.items():
            self._masks[area_id] = _mask(area, numbers)
            held = self._watched.get(area_id)
            if held is not None and held.area.outline == area.outline:
                held.use(area)
                continue
            fresh = self._watched[area_id] = Watched(area, self._size, now_ms)
            if seen is not None:
                self._look_round(fresh, seen)
                self._at[seen.no] = np.maximum(self._at[seen.no], seen.t_ms)

    def restore(
        self, states: Mapping[AreaId, AreaState], *, kept_ms: int, known: Longs, seen: FixRows
    ) -> None:
        """Go on from what was kept before a restart; call it after `set_areas`.

        Args:
            states: Of areas whose outline is the same; the others begin anew.
            kept_ms: When it was kept, Unix milliseconds.
            known: Numbers of the units that had been seen.
            seen: Where units were last, for areas that begin anew.
        """
        self._kept_ms = kept_ms
        self._grow(known)
        self._at[known] = np.maximum(self._at[known], _ONCE)
        for area_id, watched in self._watched.items():
            state = states.get(area_id)
            if state is not None and state.outline_crc == watched.outline_crc:
                self._grow(state.no)
                watched.restore(state)
            else:
                self._look_round(watched, seen)

    def begin_again(self, now_ms: int) -> None:
        """Count how long units stay and areas are empty from now: nobody has watched meanwhile."""
        for watched in self._watched.values():
            watched.begin_again(now_ms)

    def take(self, no: Longs, t_ms: Longs, lat: Floats, lon: Floats) -> list[FenceEvent]:
        """Take new fixes, in any order; return what they show, in the order of areas.

        Those that are not newer than what was taken of a unit are passed over.

        Args:
            no: Unit numbers, shape (n,).
            t_ms: Unix milliseconds of the fixes.
            lat: WGS-84 degrees.
            lon: WGS-84 degrees.
        """
        if not len(no):
            return []
        self._grow(no)
        events: dict[AreaId, list[FenceEvent]] = {}
        moves: dict[AreaId, list[tuple[int, int]]] = {}
        counts = {area_id: int(one.count) for area_id, one in self._watched.items()}
        for fixes in _one_by_one(FixRows(no=no, t_ms=t_ms, lat=lat, lon=lon)):
            newer = fixes.at(fixes.t_ms > self._at[fixes.no])
            before = self._at[newer.no]
            for area_id, watched in self._watched.items():
                found, moved = self._pass(watched, newer, before)
                if found:
                    events.setdefault(area_id, []).extend(found)
                if moved:
                    moves.setdefault(area_id, []).extend(moved)
            self._at[newer.no] = newer.t_ms
        for area_id, moved in moves.items():
            absences = _walk(self._watched[area_id], counts[area_id], sorted(moved))
            events.setdefault(area_id, []).extend(absences)
        return [event for area_id in self._watched for event in events.get(area_id, ())]

    def tick(self, now_ms: int) -> list[FenceEvent]:
        """Return whose time is up: who has stayed too long, where nobody has been for too long."""
        events: list[FenceEvent] = []
        for watched in self._watched.values():
            if now_ms >= watched.starts_ms:
                upto_ms = min(now_ms, watched.ends_ms)
                events += _stayed(watched, upto_ms) + _absent(watched, upto_ms)
        return events

    def forget(self, nos: Longs, now_ms: int) -> None:
        """Take out units that went off duty: they are nowhere, and have not left."""
        nos = nos[nos < self._size]
        self._at[nos] = 0
        for watched in self._watched.values():
            watched.take_out(nos, now_ms)

    def inside(self, area: AreaId) -> list[int]:
        """Return the numbers of the units last seen inside an area, rising."""
        watched = self._watched.get(area)
        return [] if watched is None else np.flatnonzero(watched.inside).tolist()

    def known(self) -> Longs:
        """Return the numbers of the units that were seen, rising."""
        return np.flatnonzero(self._at > 0)

    def changed(self) -> dict[AreaId, AreaState]:
        """Return the state of areas where it differs from the last call."""
        found = {}
        for area_id, watched in self._watched.items():
            if watched.differs:
                watched.differs = False
                found[area_id] = watched.state()
        return found

    def mark_changed(self, areas: Iterable[AreaId]) -> None:
        """Have the state of areas told again: it could not be kept."""
        for area_id in areas:
            if area_id in self._watched:
                self._watched[area_id].differs = True

    def _look_round(self, fresh: Watched, seen: FixRows) -> None:
        """Take note of who is in an area that is new here; nobody has come."""
        self._grow(seen.no)
        self._pass(fresh, seen, np.zeros(len(seen.no), np.int64))

    def _grow(self, nos: Longs) -> None:
        size = int(nos.max()) + 1 if len(nos) else 0
        if size > self._size:
            self._at = np.concatenate([self._at, np.zeros(size - self._size, np.int64)])
            self._size = size
            for watched in self._watched.values():
                watched.grow(size)

    def _pass(
        self, watched: Watched, fixes: FixRows, before_ms: Longs
    ) -> tuple[list[FenceEvent], list[tuple[int, int]]]:
        """Take at most one fix a unit at one area; return events, and times of coming and going."""
        rows = watched.concerned(fixes.no, fixes.lat, fixes.lon)
        mask = self._masks.get(watched.area.id)
        if mask is not None and len(rows):
            nos = fixes.no[rows]
            within = nos < len(mask)
            rows = rows[within & mask[np.where(within, nos, 0)]]
        if len(rows):
            rows = rows[watched.takes(fixes.no[rows], fixes.t_ms[rows])]
        if not len(rows):
            return [], []
        before = np.where(before_ms[rows] == _ONCE, self._kept_ms, before_ms[rows])
        known = (before > 0) & (before >= watched.starts_ms)
        return _moved(watched, fixes.at(rows), known)


def _moved(
    watched: Watched, fixes: FixRows, known: NDArray[np.bool_]
) -> tuple[list[FenceEvent], list[tuple[int, int]]]:
    area, no, t_ms = watched.area, fixes.no, fixes.t_ms
    now_in, was_in = watched.holds(fixes.lat, fixes.lon), watched.inside[no]
    left, begins = ~now_in & was_in, now_in & ~was_in
    events: list[FenceEvent] = []
    if area.dwell_s is not None and FenceRule.DWELL in area.rules and was_in.any():
        events += _stayed_at(watched, no[was_in], t_ms[was_in])
    for rule, rows in ((FenceRule.ENTER, begins & known), (FenceRule.LEAVE, left)):
        if rule in area.rules:
            events += [
                FenceEvent(area=area.id, rule=rule, unit_no=int(no[r]), at_ms=int(t_ms[r]))
                for r in np.flatnonzero(rows).tolist()
            ]
    watched.come(no[begins], t_ms[begins])
    watched.go(no[left], t_ms[left])
    moves = [(at, 1) for at in t_ms[begins].tolist()] + [(at, -1) for at in t_ms[left].tolist()]
    return events, moves


def _walk(watched: Watched, count: int, moves: list[tuple[int, int]]) -> list[FenceEvent]:
    """Follow how many were inside through comings and goings; return when nobody was too long."""
    events: list[FenceEvent] = []
    for at_ms, change in moves:
        if change > 0:
            if count == 0:
                events += _absent(watched, at_ms, is_empty=True)
            watched.absence_told = False
        count += change
        watched.empty_since = max(watched.empty_since, at_ms)  # somebody was there then
    return events


def _stayed_at(watched: Watched, no: Longs, t_ms: Longs) -> list[FenceEvent]:
    """Return who had stayed too long by the time of a fix."""
    due = watched.since[no] + (watched.area.dwell_s or 0) * 1000
    return _told(watched, no, due, ~watched.stayed[no] & (due <= t_ms))


def _stayed(watched: Watched, now_ms: int) -> list[FenceEvent]:
    area = watched.area
    if FenceRule.DWELL not in area.rules or area.dwell_s is None or not watched.count:
        return []
    no = np.flatnonzero(watched.inside & ~watched.stayed)
    due = watched.since[no] + area.dwell_s * 1000
    return _told(watched, no, due, due <= now_ms)


def _told(watched: Watched, no: Longs, due: Longs, rows: NDArray[np.bool_]) -> list[FenceEvent]:
    watched.stayed[no[rows]] = True
    watched.differs |= bool(rows.any())
    return [
        FenceEvent(
            area=watched.area.id, rule=FenceRule.DWELL, unit_no=int(no[r]), at_ms=int(due[r])
        )
        for r in np.flatnonzero(rows).tolist()
    ]


def _absent(watched: Watched, now_ms: int, *, is_empty: bool = False) -> list[FenceEvent]:
    area = watched.area
    if FenceRule.ABSENCE not in area.rules or area.absence_s is None:
        return []
    due = watched.empty_since + area.absence_s * 1000
    if watched.absence_told or now_ms < due or (watched.count and not is_empty):
        return []
    watched.absence_told = watched.differs = True
    return [FenceEvent(area=area.id, rule=FenceRule.ABSENCE, unit_no=None, at_ms=due)]


def _mask(area: Area, numbers: Mapping[str, int]) -> NDArray[np.bool_] | None:
    if not area.units:
        return None
    known = [numbers[unit] for unit in area.units if unit in numbers]
    mask = np.zeros(max(known, default=0) + 1, bool)
    mask[known] = True
    return mask


def _one_by_one(fixes: FixRows) -> Iterator[FixRows]:
    """Give fixes so that each time there is one of a unit at most, each unit's in order of time."""
    if int(np.bincount(fixes.no).max()) == 1:
        yield fixes
        return
    order = np.lexsort((fixes.t_ms, fixes.no))
    sorted_ = fixes.at(order)
    first = np.append(True, sorted_.no[1:] != sorted_.no[:-1])
    starts = np.flatnonzero(first)
    turn = np.arange(len(order)) - starts[np.cumsum(first) - 1]
    for number in range(int(turn.max()) + 1):
        yield sorted_.at(turn == number)

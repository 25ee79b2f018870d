"""Who is near: units ranked by their road time to a place, all in one pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import overload

import numpy as np
from numpy.typing import NDArray

from console.dispatch.roster import MODES, Roster
from console.dispatch.streetsnow import StreetsNow
from console.domain.ids import UnitId
from console.domain.units import Unit, UnitStatus
from console.geo.arrays import Floats, Ints
from console.geo.distance import flat_distance_m
from console.roads.columns import Mode
from console.roads.graph import BIKE_MPS, FOOT_MPS, RoadGraph
from console.tracking.columns import ForceColumns
from console.tracking.fresh import Freshness, classify


class FixNote(StrEnum):
    """What is to be known about the fix a time was reckoned from."""

    LATE_FIX = "late_fix"
    NO_FIX = "no_fix"
    ASLEEP = "asleep"


_NOTES: dict[int, FixNote | None] = {
    int(Freshness.NO_FIX): FixNote.NO_FIX,
    int(Freshness.FRESH): None,
    int(Freshness.LATE): FixNote.LATE_FIX,
    int(Freshness.STALE): FixNote.LATE_FIX,
    int(Freshness.ASLEEP): FixNote.ASLEEP,
}
_FIRST_LIMIT_S = 300.0
_LIMIT_GROWTH = 3.0
_LAST_LIMIT_S = 10_000.0
#: This close by air everybody walks, and streets wind by about this factor.
_WALKED_M = 150.0
_WINDING = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class NearUnit:
    """One unit with its way to a place.

    Attributes:
        unit: Which.
        mode: How it would travel.
        is_free: Whether it is on duty with nothing to do.
        seconds: Road time from its last fix; ``None`` without a fix or a way.
        metres_by_air: Straight distance; ``None`` without a fix.
        age_s: Age of the fix; ``None`` without one.
        note: What is wrong with the fix; ``None`` if nothing.
        jam_s: Part of the road time that is there because roads on the way are slower now than
            the city's are altogether.
    """

    unit: UnitId
    mode: Mode
    is_free: bool
    seconds: float | None
    metres_by_air: float | None
    age_s: float | None
    note: FixNote | None
    jam_s: float = 0.0


def rank(
    units: Sequence[Unit],
    force: ForceColumns,
    graph: RoadGraph,
    lat: float,
    lon: float,
    at: datetime,
    *,
    k: int | None = None,
    include_busy: bool = False,
) -> list[NearUnit]:
    """Return the units nearest to a place by road time, the nearest first, as `Ranker.rank`."""
    ranker, roster = Ranker(graph), Roster.of(units)
    return list(ranker.rank(roster, force, lat, lon, at, k=k, include_busy=include_busy))


def free_within(
    units: Sequence[Unit],
    force: ForceColumns,
    graph: RoadGraph,
    lat: float,
    lon: float,
    at: datetime,
    *,
    limit_s: float,
) -> list[NearUnit]:
    """Return the free units known to be within ``limit_s`` seconds by road, the nearest first."""
    found = Ranker(graph).free_within(Roster.of(units), force, lat, lon, at, limit_s=limit_s)
    return list(found)


@dataclass(frozen=True, slots=True, eq=False)
class Ranking(Sequence[NearUnit]):
    """Units in order of arrival, held in columns; a `NearUnit` is made when it is looked at.

    Attributes:
        rows: Rows of the roster, the nearest first.
        seconds: Road time, infinite without a way or a fix.
        air_m: Straight distance, NaN without a fix.
        age_s: Age of the fix, NaN without one.
        jam_s: Part of the road time that slow roads add.
    """

    roster: Roster
    rows: NDArray[np.int64]
    seconds: Floats
    air_m: Floats
    age_s: Floats
    freshness: NDArray[np.uint8]
    jam_s: Floats

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> NearUnit: ...
    @overload
    def __getitem__(self, at: slice) -> list[NearUnit]: ...
    def __getitem__(self, at: int | slice) -> NearUnit | list[NearUnit]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self.rows)))]
        row = int(self.rows[at])
        unit = self.roster.units[row]
        return NearUnit(
            unit=unit.id,
            mode=MODES[self.roster.mode[row]],
            is_free=unit.status is UnitStatus.AVAILABLE,
            seconds=_known(self.seconds[at]),
            metres_by_air=_known(self.air_m[at]),
            age_s=_known(self.age_s[at]),
            note=_NOTES[int(self.freshness[at])],
            jam_s=float(self.jam_s[at]),
        )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


class _Places:
    """Which node each unit stands at; looked up again only for those that have moved."""

    def __init__(self, graph: RoadGraph, mode: Mode) -> None:
        self._graph, self._mode = graph, mode
        self._grow(0)

    def _grow(self, size: int) -> None:
        self._lat, self._lon = np.full(size, np.nan), np.full(size, np.nan)
        self._node, self._gap_m = np.zeros(size, np.int32), np.zeros(size)

    def find(self, no: NDArray[np.int64], lat: Floats, lon: Floats) -> tuple[Ints, Floats]:
        """Return each unit's nearest node and the metres to it."""
        if len(no) and no.max() >= len(self._lat):
            self._grow(2 * int(no.max()) + 1)
        moved = np.flatnonzero((self._lat[no] != lat) | (self._lon[no] != lon))
        if len(moved):
            nodes, gaps = self._graph.nearest_nodes(lat[moved], lon[moved], self._mode)
            which = no[moved]
            self._lat[which], self._lon[which] = lat[moved], lon[moved]
            self._node[which], self._gap_m[which] = nodes, gaps
        return self._node[no], self._gap_m[no]


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """Rows of a roster that might be sent, with their fixes, in columns of the same length."""

    rows: NDArray[np.int64]
    no: NDArray[np.int64]
    mode: NDArray[np.uint8]
    lat: Floats
    lon: Floats
    air_m: Floats  # NaN without a fix
    age_s: Floats
    freshness: NDArray[np.uint8]


class Ranker:
    """Ranks units on one road graph; used by one thread at a time."""

    def __init__(self, graph: RoadGraph) -> None:
        self.graph = self._usual = graph
        self._now: StreetsNow | None = None
        drives, walks = _Places(graph, Mode.CAR), _Places(graph, Mode.FOOT)
        self._places = {Mode.CAR: drives, Mode.FOOT: walks, Mode.BIKE: walks}

    def use(self, now: StreetsNow | None) -> None:
        """Reckon with roads and units as they are now; ``None``: with free roads.

        Args:
            now: Its graph is the ranker's own at other speeds.
        """
        self._now, self.graph = now, self._usual if now is None else now.graph

    def rank(
        self,
        roster: Roster,
        force: ForceColumns,
        lat: float,
        lon: float,
        at: datetime,
        *,
        k: int | None = None,
        include_busy: bool = False,
    ) -> Ranking:
        """Return the units nearest to a place by road time, the nearest first.

        Units without a fix, or without a way, come last: they may be near, nobody knows.

        Args:
            roster: The force; those off duty are left out.
            force: Last fixes, a row a unit number.
            lat: Latitude of the place, WGS-84.
            lon: Longitude of the place.
            at: Now, aware UTC; ages are reckoned from it.
            k: How many are wanted, ``None`` for all. A small ``k`` is found without
                looking over the whole city.
            include_busy: Whether units with running work are ranked too.
        """
        usable = np.flatnonzero(roster.is_on_duty if include_busy else roster.is_free)
        found = _candidates(roster, usable, force, (lat, lon), at)
        wanted = len(usable) if k is None else min(k, len(usable))
        seconds = self._road_seconds(found, (lat, lon), wanted)
        return self._in_order(roster, found, seconds, wanted, (lat, lon))

    def free_within(
        self,
        roster: Roster,
        force: ForceColumns,
        lat: float,
        lon: float,
        at: datetime,
        *,
        limit_s: float,
    ) -> Ranking:
        """Return the free units known to be within ``limit_s`` by road, the nearest first."""
        found = _candidates(roster, np.flatnonzero(roster.is_free), force, (lat, lon), at)
        seconds = self._seconds_within(found, (lat, lon), limit_s)
        count = int(np.count_nonzero(seconds <= limit_s))
        return self._in_order(roster, found, seconds, count, (lat, lon))

    def _road_seconds(self, found: _Candidates, place: tuple[float, float], wanted: int) -> Floats:
        """Return each one's road time, infinite where it is none of the ``wanted`` nearest."""
        limit_s = _FIRST_LIMIT_S if wanted < len(found.rows) else math.inf
        while True:
            seconds = self._seconds_within(found, place, limit_s)
            if math.isinf(limit_s) or np.count_nonzero(seconds <= limit_s) >= wanted:
                return seconds
            limit_s = limit_s * _LIMIT_GROWTH if limit_s < _LAST_LIMIT_S else math.inf

    def _seconds_within(
        self, found: _Candidates, place: tuple[float, float], limit_s: float
    ) -> Floats:
        """Return each candidate's road time, infinite beyond a limit."""
        graph, now = self.graph, self._now
        seconds = np.full(len(found.rows), np.inf)
        own = np.ones(len(found.rows)) if now is None else now.own_of(found.no)
        reach_s = limit_s if now is None else limit_s / now.quickest
        wheels = None  # times by bicycle; on foot they are the same but slower
        for number, mode in enumerate(MODES):
            fastest_mps = graph.fastest_mps if mode is Mode.CAR else graph.off_road_mps(mode)
            near = found.air_m <= reach_s * fastest_mps
            rows = np.flatnonzero((found.mode == number) & near)
            if not len(rows):
                continue
            if mode is Mode.CAR:
                to_place = graph.seconds_to(*place, _limit(reach_s), mode=mode)
            else:
                if wheels is None:
                    wheels = graph.seconds_to(*place, _limit(reach_s), mode=Mode.BIKE)
                to_place = wheels
            pace = 1.0 if mode is Mode.CAR else BIKE_MPS / graph.off_road_mps(mode)
            nodes, gap_m = self._places[mode].find(found.no[rows], found.lat[rows], found.lon[rows])
            times = (to_place[nodes] * pace + gap_m / graph.off_road_mps(mode)) * own[rows]
            seconds[rows] = np.where(times <= limit_s, times, np.inf)
        walked = found.air_m <= _WALKED_M
        on_foot = found.air_m[walked] * _WINDING / FOOT_MPS * own[walked]
        seconds[walked] = np.minimum(seconds[walked], on_foot)
        return seconds

    def _in_order(
        self,
        roster: Roster,
        found: _Candidates,
        seconds: Floats,
        wanted: int,
        place: tuple[float, float],
    ) -> Ranking:
        order = np.lexsort((found.air_m, seconds))[:wanted]  # NaN and infinity sort last
        return Ranking(
            roster=roster,
            rows=found.rows[order],
            seconds=seconds[order],
            air_m=found.air_m[order],
            age_s=found.age_s[order],
            freshness=found.freshness[order],
            jam_s=self._jams(found, order, seconds, place),
        )

    def _jams(
        self,
        found: _Candidates,
        order: NDArray[np.intp],
        seconds: Floats,
        place: tuple[float, float],
    ) -> Floats:
        """Return what roads slower than the city's add to the times of those who drive."""
        jams = np.zeros(len(order))
        drives = found.mode[order] == MODES.index(Mode.CAR)
        on_road = np.flatnonzero(drives & np.isfinite(seconds[order]))
        if self._now is None or not len(on_road):
            return jams
        rows = order[on_road]
        own = self._now.own_of(found.no[rows])
        usual = self._usual.seconds_to(*place, float((seconds[rows] / own).max()), mode=Mode.CAR)
        nodes, gap_m = self._places[Mode.CAR].find(found.no[rows], found.lat[rows], found.lon[rows])
        expected = usual[nodes] * self._now.level + gap_m / self.graph.off_road_mps(Mode.CAR)
        jams[on_road] = np.maximum(seconds[rows] - expected * own, 0.0)
        return jams


def _candidates(
    roster: Roster,
    rows: NDArray[np.int64],
    force: ForceColumns,
    place: tuple[float, float],
    at: datetime,
) -> _Candidates:
    number, count = roster.no[rows], len(rows)
    held = number < len(force)
    row = np.where(held, number, 0)
    lats, lons, age_s = np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)
    flags = np.zeros(count, np.uint16)
    if len(force):
        t_ms = force.t_ms[row]
        held &= t_ms > 0
        ages = np.maximum(at.timestamp() - t_ms / 1000.0, 0.0)
        lats, lons, age_s = (
            np.where(held, values, np.nan) for values in (force.lat[row], force.lon[row], ages)
        )
        flags = force.flags[row]
    return _Candidates(
        rows=rows,
        no=number,
        mode=roster.mode[rows],
        lat=lats,
        lon=lons,
        air_m=flat_distance_m(lats, lons, *place),
        age_s=age_s,
        freshness=classify(age_s, roster.kind_no[rows], flags),
    )


def _limit(limit_s: float) -> float | None:
    return None if math.isinf(limit_s) else limit_s
